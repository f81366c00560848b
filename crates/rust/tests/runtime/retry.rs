//! Further attempts: which calls get them, how many, and where they go.

use crate::event_loop::Loop;
use crate::provider::{ECHO, FLAKY, HOLD, ONCE, Process, STAY, call, connect, list, scratch};
use hms_ffi::runtime::{BatchCall, CallOptions, Outcome, Timeout};
use hms_ffi_core::error::{Code, Error, Sent};
use std::time::{Duration, Instant};

fn error(outcome: Outcome) -> Error {
    match outcome {
        Outcome::System(error) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn idempotent_calls_are_tried_again_and_others_are_not() {
    let (settings, dir) = scratch("retry");
    let _provider = Process::start(&dir, "plain");
    let client = connect(&settings).expect("connected");
    // Three refusals by the handler, then the fourth attempt.
    assert_eq!(
        call(&client, FLAKY, &3u32.to_le_bytes()),
        Outcome::Ok(4u32.to_le_bytes().to_vec())
    );
    assert_eq!(client.metrics().retries, 3);
    assert_eq!(client.metrics().failovers, 0);
    let once = error(call(&client, ONCE, &5u32.to_le_bytes()));
    assert_eq!(
        (once.code(), once.sent()),
        (Code::Unavailable, Sent::MaybeExecuted)
    );
    // It was called once, as the fifth.
    assert_eq!(
        call(&client, ONCE, &0u32.to_le_bytes()),
        Outcome::Ok(6u32.to_le_bytes().to_vec())
    );
    // More failures than attempts: five in all.
    let given_up = error(call(&client, FLAKY, &1000u32.to_le_bytes()));
    assert_eq!(given_up.code(), Code::Unavailable);
    assert!(given_up.message().contains("tried 5 times"), "{given_up}");
    assert_eq!(client.metrics().retries, 7);
    std::fs::remove_dir_all(dir).expect("clean up");
}

#[test]
fn calls_within_the_process_are_tried_again_too() {
    let (settings, dir) = scratch("retry-local");
    let serving = crate::provider::Serving::start(&settings, 1, 4);
    let client = connect(&settings).expect("connected");
    assert_eq!(
        call(&client, FLAKY, &2u32.to_le_bytes()),
        Outcome::Ok(3u32.to_le_bytes().to_vec())
    );
    let once = error(call(&client, ONCE, &9u32.to_le_bytes()));
    assert_eq!(once.code(), Code::Unavailable);
    assert_eq!(client.metrics().retries, 2);
    drop(serving);
    std::fs::remove_dir_all(dir).expect("clean up");
}

#[test]
fn no_attempt_is_made_beyond_the_deadline_or_where_it_is_unwanted() {
    let (settings, dir) = scratch("retry-not");
    let _provider = Process::start(&dir, "plain");
    let client = connect(&settings).expect("connected");
    let with = |options: CallOptions| {
        let args = 1000u32.to_le_bytes().to_vec();
        error(client.call(FLAKY, args, &options, &mut || false))
    };
    let unwanted = with(CallOptions {
        no_retry: true,
        ..CallOptions::default()
    });
    assert_eq!(unwanted.code(), Code::Unavailable);
    assert_eq!(client.metrics().retries, 0);
    let start = Instant::now();
    let late = with(CallOptions {
        timeout: Timeout::After(Duration::from_millis(5)),
        ..CallOptions::default()
    });
    assert!(matches!(
        late.code(),
        Code::Unavailable | Code::DeadlineExceeded
    ));
    assert!(start.elapsed() < Duration::from_secs(1));
    std::fs::remove_dir_all(dir).expect("clean up");
}

#[test]
fn refusals_use_up_a_budget() {
    let (settings, dir) = scratch("retry-budget");
    let _provider = Process::start(&dir, "plain");
    let client = connect(&settings).expect("connected");
    let calls: Vec<_> = (0..40)
        .map(|_| BatchCall {
            function: FLAKY,
            args: 1_000_000u32.to_le_bytes().to_vec(),
            options: CallOptions::default(),
        })
        .collect();
    for outcome in client.batch(calls, &mut || false) {
        assert_eq!(error(outcome).code(), Code::Unavailable);
    }
    let metrics = client.metrics();
    // 10 and a tenth of 40 may be spent; 40 calls would have liked 160.
    assert_eq!(metrics.retries, 14);
    assert!(metrics.retries_refused >= 26, "{metrics:?}");
    std::fs::remove_dir_all(dir).expect("clean up");
}

#[test]
fn a_killed_instance_loses_no_idempotent_call() {
    let (settings, dir) = scratch("failover");
    let mut first = Process::start(&dir, "plain");
    let client = connect(&settings).expect("connected");
    let looped = Loop::connect(&settings);
    looped.start(STAY, vec![], Timeout::None, 1);
    looped.start(HOLD, vec![], Timeout::None, 2);
    first.wait_for_line("holding");
    first.wait_for_line("holding");
    let second = Process::start(&dir, "open");
    first.kill();
    let pid = second.child.id().to_le_bytes().to_vec();
    assert_eq!(looped.wait_for(1), Outcome::Ok(pid));
    let lost = error(looped.wait_for(2));
    assert_eq!(
        (lost.code(), lost.sent()),
        (Code::Unavailable, Sent::MaybeExecuted)
    );
    // A client that was idle when its provider died does not notice.
    assert_eq!(call(&client, ECHO, &list(b"x")), Outcome::Ok(list(b"x")));
    std::fs::remove_dir_all(dir).expect("clean up");
}

#[test]
fn an_instance_that_says_goodbye_is_left_without_an_error() {
    let (settings, dir) = scratch("goodbye");
    let first = Process::start(&dir, "plain");
    let client = connect(&settings).expect("connected");
    let second = Process::start(&dir, "open");
    let (seen, is_seen) = std::sync::mpsc::channel();
    let wanted = second.child.id().to_le_bytes().to_vec();
    let caller = std::thread::spawn(move || {
        loop {
            match call(&client, crate::provider::PID, &[]) {
                Outcome::Ok(pid) if pid == wanted => return,
                Outcome::Ok(_) => seen.send(()).unwrap_or_default(),
                other => panic!("a graceful end is no error: {other:?}"),
            }
        }
    });
    // Calls are under way, unless the second one has them all already; then the first one ends.
    let _ = is_seen.recv();
    first.stop();
    caller.join().expect("it went on");
    std::fs::remove_dir_all(dir).expect("clean up");
}

#[test]
fn an_instance_that_keeps_failing_rests_while_another_serves() {
    let (settings, dir) = scratch("resting");
    let failing = Process::start(&dir, "failing");
    let client = connect(&settings).expect("connected");
    let healthy = Process::start(&dir, "plain");
    let pid = || call(&client, crate::provider::PID, &[]);
    // Until the client has found the second instance, the failing one is all there is, and is used.
    let start = Instant::now();
    while pid() != Outcome::Ok(healthy.child.id().to_le_bytes().to_vec()) {
        assert!(start.elapsed() < Duration::from_secs(30), "never found");
    }
    let metrics = client.metrics();
    assert_eq!((metrics.instances, metrics.resting), (2, 1), "{metrics:?}");
    // It rests for a second at least, and each probe may fail once.
    let start = Instant::now();
    let failures = (0..200).filter(|_| !pid().is_ok()).count();
    let probes = 1 + start.elapsed().as_secs() as usize;
    assert!(failures <= probes, "{failures} of 200 calls failed");
    drop(failing);
    std::fs::remove_dir_all(dir).expect("clean up");
}
