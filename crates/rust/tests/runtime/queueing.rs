//! Queues, workers and replies: what waits for a short handler must not wait for a long one.

use crate::event_loop::Loop;
use crate::provider::{ECHO, HOLD, Serving, list, scratch};
use hms_ffi::runtime::Outcome;

/// Many short calls, so that the server takes its handlers for short.
fn warm_up(caller: &Loop) {
    let calls: Vec<_> = (0..100u8).map(|i| (ECHO, list(&[i]))).collect();
    caller.start_all(&calls, 1000);
    for (token, i) in (1000..).zip(0..100u8) {
        assert_eq!(caller.wait_for(token), Outcome::Ok(list(&[i])));
    }
}

#[test]
fn replies_are_sent_although_the_next_handler_takes_long() {
    let (settings, dir) = scratch("put-off");
    let serving = Serving::start(&settings, 1, 1000);
    let caller = Loop::connect(&settings);
    warm_up(&caller);
    let mut calls: Vec<_> = (0..10u8).map(|i| (ECHO, list(&[i]))).collect();
    calls.push((HOLD, vec![]));
    caller.start_all(&calls, 0);
    for (token, i) in (0..10).zip(0..10u8) {
        assert_eq!(caller.wait_for(token), Outcome::Ok(list(&[i])));
    }
    serving.gate.wait_for(1);
    serving.gate.open();
    assert_eq!(caller.wait_for(10), Outcome::Ok(vec![]));
    drop(serving);
    std::fs::remove_dir_all(dir).expect("clean up");
}

#[test]
fn a_free_worker_takes_what_waits_behind_a_handler_that_takes_long() {
    let (settings, dir) = scratch("behind");
    let serving = Serving::start(&settings, 3, 1000);
    let caller = Loop::connect(&settings);
    warm_up(&caller);
    // Two handlers hold two workers, whatever the server expects of them.
    let mut calls = vec![(HOLD, vec![]), (HOLD, vec![])];
    calls.extend((0..10u8).map(|i| (ECHO, list(&[i]))));
    caller.start_all(&calls, 0);
    for (token, i) in (2..).zip(0..10u8) {
        assert_eq!(caller.wait_for(token), Outcome::Ok(list(&[i])));
    }
    serving.gate.wait_for(2);
    serving.gate.open();
    assert_eq!(caller.wait_for(0), Outcome::Ok(vec![]));
    assert_eq!(caller.wait_for(1), Outcome::Ok(vec![]));
    drop(serving);
    std::fs::remove_dir_all(dir).expect("clean up");
}

#[test]
fn a_thousand_queued_calls_end_in_their_order() {
    let (settings, dir) = scratch("thousand");
    let serving = Serving::start(&settings, 1, 2000);
    let caller = Loop::connect(&settings);
    let mut calls = vec![(HOLD, vec![])];
    calls.extend((0..1000u32).map(|i| (ECHO, list(&i.to_le_bytes()))));
    caller.start_all(&calls, 0);
    serving.gate.wait_for(1);
    // Some of those that wait are given up.
    for token in (1..1000).step_by(7) {
        caller.give_up(token);
    }
    serving.gate.open();
    for (token, i) in (1..=1000u64).zip(0..1000u32) {
        if token % 7 != 1 {
            assert_eq!(caller.wait_for(token), Outcome::Ok(list(&i.to_le_bytes())));
        }
    }
    let counts = serving.server.metrics(0, ECHO as usize);
    assert_eq!(counts.ok + counts.cancelled, 1000);
    drop(serving);
    std::fs::remove_dir_all(dir).expect("clean up");
}
