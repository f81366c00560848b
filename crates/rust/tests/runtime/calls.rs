//! Calls between processes, threads, and within one process.

use crate::provider::{
    DENY, ECHO, GIVE_UP, HOLD, PANIC, Process, Serving, WATCH, call, connect, list, schema, scratch,
};
use hms_ffi::runtime::{CallOptions, Outcome, Timeout};
use hms_ffi_core::error::{Code, Sent};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

fn system(outcome: Outcome) -> hms_ffi::runtime::Error {
    match outcome {
        Outcome::System(error) => error,
        other => panic!("expected a system error, got {other:?}"),
    }
}

#[test]
fn all_outcomes_cross_a_process_border() {
    let (settings, dir) = scratch("outcomes");
    let _provider = Process::start(&dir, "plain");
    let client = connect(&settings).expect("connected");
    assert_eq!(client.schema().fingerprint, schema().fingerprint);
    for size in [0, 1, 7, 16 * 1024, 70_000, 3_000_000] {
        let args = list(&vec![0xa5; size]);
        assert_eq!(
            call(&client, ECHO, &args),
            Outcome::Ok(args.clone()),
            "{size} bytes"
        );
    }
    assert_eq!(
        call(&client, DENY, &[]),
        Outcome::Declared(b"\x02\0\0\0no".to_vec())
    );
    let panic = system(call(&client, PANIC, &[]));
    assert_eq!(
        (panic.code(), panic.sent()),
        (Code::Internal, Sent::MaybeExecuted)
    );
    assert!(panic.message().contains("panic"), "{panic}");
    let watch = system(call(&client, WATCH, &[]));
    assert_eq!(watch.code(), Code::Unimplemented);
    assert!(
        watch.message().contains("watch") && watch.message().contains("stream"),
        "{watch}"
    );
    assert_eq!(system(call(&client, 99, &[])).code(), Code::Unimplemented);
    assert_eq!(
        call(&client, ECHO, &list(b"alive")),
        Outcome::Ok(list(b"alive"))
    );
    std::fs::remove_dir_all(dir).expect("clean up");
}

#[test]
fn many_threads_share_one_link_and_get_their_own_answers() {
    let (settings, dir) = scratch("threads");
    let _provider = Process::start(&dir, "plain");
    let client = connect(&settings).expect("connected");
    std::thread::scope(|scope| {
        for thread in 0..8u32 {
            let client = &client;
            scope.spawn(move || {
                for i in 0..500u32 {
                    let args = list(&[thread.to_le_bytes(), i.to_le_bytes()].concat());
                    assert_eq!(call(client, ECHO, &args), Outcome::Ok(args.clone()));
                }
            });
        }
    });
    std::fs::remove_dir_all(dir).expect("clean up");
}

#[test]
fn a_call_within_one_process_needs_no_link() {
    let (settings, dir) = scratch("local");
    let serving = Serving::start(&settings, 2, 4);
    let client = connect(&settings).expect("connected");
    assert_eq!(
        call(&client, ECHO, &list(b"here")),
        Outcome::Ok(list(b"here"))
    );
    assert_eq!(system(call(&client, PANIC, &[])).code(), Code::Internal);
    assert_eq!(serving.server.metrics(0, ECHO as usize).ok, 1);
    drop(serving);
    assert_eq!(
        system(call(&client, ECHO, &list(b"gone"))).code(),
        Code::Unavailable
    );
    std::fs::remove_dir_all(dir).expect("clean up");
}

#[test]
fn a_deadline_ends_the_wait_and_not_the_link() {
    let (settings, dir) = scratch("deadline");
    let mut provider = Process::start(&dir, "plain");
    let client = connect(&settings).expect("connected");
    let start = Instant::now();
    let options = CallOptions {
        timeout: Timeout::After(Duration::from_millis(50)),
        ..CallOptions::default()
    };
    let late = system(client.call(HOLD, vec![], &options, &mut || false));
    assert_eq!(
        (late.code(), late.sent()),
        (Code::DeadlineExceeded, Sent::MaybeExecuted)
    );
    assert!(
        start.elapsed() >= Duration::from_millis(50) && start.elapsed() < Duration::from_secs(5)
    );
    provider.wait_for_line("holding");
    assert_eq!(
        call(&client, ECHO, &list(b"x")),
        Outcome::Ok(list(b"x")),
        "the other worker answers"
    );
    let past = CallOptions {
        timeout: Timeout::After(Duration::ZERO),
        ..CallOptions::default()
    };
    let past = system(client.call(ECHO, list(b"x"), &past, &mut || false));
    assert_eq!(
        (past.code(), past.sent()),
        (Code::DeadlineExceeded, Sent::NotSent)
    );
    std::fs::remove_dir_all(dir).expect("clean up");
}

#[test]
fn an_interrupt_gives_up_the_call() {
    let (settings, dir) = scratch("interrupt");
    let _provider = Process::start(&dir, "plain");
    let client = connect(&settings).expect("connected");
    // Asked now and then, also without a signal.
    assert_eq!(
        client.call(HOLD, vec![], &CallOptions::default(), &mut || true),
        Outcome::Cancelled
    );
    assert_eq!(call(&client, ECHO, &list(b"x")), Outcome::Ok(list(b"x")));
    std::fs::remove_dir_all(dir).expect("clean up");
}

#[test]
fn an_interrupt_is_noticed_while_other_threads_are_busy_with_the_link() {
    let (settings, dir) = scratch("busy");
    let mut provider = Process::start(&dir, "plain");
    let client = connect(&settings).expect("connected");
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let held = scope.spawn(|| {
            let options = CallOptions::default();
            let outcome = client.call(HOLD, vec![], &options, &mut || true);
            ended.store(true, Ordering::Release);
            outcome
        });
        provider.wait_for_line("holding");
        // The link is never silent for long; whoever leads never runs into its time limit.
        let start = Instant::now();
        while !ended.load(Ordering::Acquire) && start.elapsed() < Duration::from_secs(10) {
            assert_eq!(call(&client, ECHO, &list(b"x")), Outcome::Ok(list(b"x")));
        }
        assert!(ended.load(Ordering::Acquire), "nobody asked in 10 seconds");
        assert_eq!(held.join().expect("no panic"), Outcome::Cancelled);
    });
    std::fs::remove_dir_all(dir).expect("clean up");
}

#[test]
fn a_late_handler_that_gives_up_does_not_cancel_the_call() {
    let (settings, dir) = scratch("give-up");
    let serving = Serving::start(&settings, 1, 1);
    let caller = crate::event_loop::Loop::connect(&settings);
    caller.start(
        GIVE_UP,
        vec![],
        Timeout::After(Duration::from_millis(20)),
        1,
    );
    let ended = || {
        let metrics = serving.server.metrics(0, GIVE_UP as usize);
        metrics.cancelled + metrics.system
    };
    while ended() == 0 {
        std::thread::yield_now();
    }
    // The answer is on its way before the caller has looked at its clock.
    let client = connect(&settings).expect("connected");
    assert_eq!(call(&client, ECHO, &list(b"x")), Outcome::Ok(list(b"x")));
    let late = system(caller.wait_for(1));
    assert_eq!(
        (late.code(), late.sent()),
        (Code::DeadlineExceeded, Sent::MaybeExecuted)
    );
    drop(serving);
    std::fs::remove_dir_all(dir).expect("clean up");
}

#[test]
fn a_full_provider_refuses_and_a_late_queued_call_never_starts() {
    let (mut settings, dir) = scratch("full");
    settings.retries = 0;
    let serving = Serving::start(&settings, 1, 1);
    let client = connect(&settings).expect("connected");
    // In one process a caller would run the call itself, so the calls come over a link of an event loop.
    let caller = crate::event_loop::Loop::connect(&settings);
    caller.start(HOLD, vec![], Timeout::None, 1);
    serving.gate.wait_for(1);
    caller.start(HOLD, vec![], Timeout::After(Duration::from_millis(30)), 2);
    caller.start(HOLD, vec![], Timeout::None, 3);
    let refused = caller.wait_for(3);
    let refused = system(refused);
    assert_eq!(
        (refused.code(), refused.sent()),
        (Code::ResourceExhausted, Sent::NotSent)
    );
    assert_eq!(system(caller.wait_for(2)).code(), Code::DeadlineExceeded);
    serving.gate.open();
    assert_eq!(caller.wait_for(1), Outcome::Ok(vec![]));
    assert_eq!(call(&client, ECHO, &list(b"x")), Outcome::Ok(list(b"x")));
    assert_eq!(
        serving.server.metrics(0, HOLD as usize).ok,
        1,
        "the late one never ran"
    );
    drop(serving);
    std::fs::remove_dir_all(dir).expect("clean up");
}
