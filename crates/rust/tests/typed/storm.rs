//! Threads and tasks that call, cancel, give up and come too late, at random: every reply is the one to its call.

use crate::tasks::{Provided, block_on, poll_once};
use futures_util::future::join_all;
use hms_ffi::{Cancel, Client, Code, Result};
use std::task::Poll;
use std::time::Duration;

const THREADS: u32 = 16;

/// Calls of each thread; `HMS_STORM_CALLS` says how many there are in all.
fn rounds() -> u32 {
    let calls = std::env::var("HMS_STORM_CALLS");
    calls.map_or(1500, |calls| calls.parse::<u32>().unwrap() / THREADS)
}

/// Small and repeatable: xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// A call ends with its own value, or with what was done to it.
fn check(value: u32, result: Result<u32>) {
    match result {
        Ok(echoed) => assert_eq!(echoed, value),
        Err(error) => assert!(
            matches!(error.code(), Some(Code::Cancelled | Code::DeadlineExceeded)),
            "{error:?}"
        ),
    }
}

fn call_at_random(client: &Client, thread: u32, rounds: u32) {
    let mut random = Random(0x9E37_79B9_7F4A_7C15 ^ u64::from(thread));
    let mut cancel = Cancel::new();
    let mut round = 0;
    while round < rounds {
        let value = thread << 24 | round;
        round += 1;
        match random.below(8) {
            0 => {
                // Cancelled from another place while it is under way, or before, or after.
                let call = client
                    .with()
                    .cancelled_by(&cancel)
                    .call_async("echo", (value,));
                let mut call = Box::pin(call);
                let first = poll_once(call.as_mut());
                cancel.cancel();
                match first {
                    Poll::Ready(result) => check(value, result),
                    Poll::Pending => check(value, block_on(call)),
                }
                cancel = Cancel::new();
            }
            1 => {
                let mut call = Box::pin(client.call_async::<u32>("echo", (value,)));
                let _ = poll_once(call.as_mut());
            }
            2 => {
                let limit = Duration::from_micros(random.below(300));
                check(value, client.with().timeout(limit).call("echo", (value,)));
            }
            3 => {
                let calls = random.below(20) as u32;
                let mut batch = client.batch();
                for i in 0..calls {
                    batch.add::<u32>("echo", (value ^ i << 16,));
                }
                round += calls;
                for (i, result) in (0..).zip(batch.call().into_all()) {
                    assert_eq!(result.ok(), Some(value ^ i << 16));
                }
            }
            4 => {
                let calls = random.below(20) as u32;
                round += calls;
                let calls =
                    (0..calls).map(|i| client.call_async::<u32>("echo", (value ^ i << 16,)));
                for (i, result) in (0..).zip(block_on(join_all(calls))) {
                    assert_eq!(result.ok(), Some(value ^ i << 16));
                }
            }
            _ => assert_eq!(client.call::<u32>("echo", (value,)).ok(), Some(value)),
        }
    }
}

#[test]
fn every_reply_is_the_one_to_its_call() {
    let provided = Provided::there("storm");
    let rounds = rounds();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let client = &provided.client;
            scope.spawn(move || call_at_random(client, thread, rounds));
        }
    });
    // Nothing is left of what was given up: the whole quota is there.
    let calls = (0..1000).map(|value| provided.client.call_async::<u32>("echo", (value,)));
    for (value, result) in (0..).zip(block_on(join_all(calls))) {
        assert_eq!(result.unwrap(), value);
    }
}
