//! Cancelling from outside: threads and tasks that wait end at once.

use crate::tasks::{INTERFACE, LONG, Provided, block_on, poll_once, runtime, wait_until_woken};
use hms_ffi::{Cancel, Client, Code, Sent};
use std::pin::pin;
use std::time::{Duration, Instant};

#[test]
fn a_waiting_thread_ends_at_once() {
    const TIMES: u32 = 20;
    for provided in [
        Provided::there("cancel-there"),
        Provided::here("cancel-here", Some(&runtime())),
    ] {
        let mut waited = Duration::ZERO;
        for round in 0..TIMES {
            let (key, cancel) = (format!("cancel-{round}"), Cancel::new());
            std::thread::scope(|scope| {
                let call = provided.client.with().no_timeout().cancelled_by(&cancel);
                let held = scope.spawn(|| call.call::<()>("hold", (&key,)));
                provided.became(&key, "held");
                let begun = Instant::now();
                cancel.cancel();
                let error = held.join().unwrap().unwrap_err();
                waited += begun.elapsed();
                assert_eq!(
                    (error.code(), error.sent()),
                    (Some(Code::Cancelled), Sent::MaybeExecuted)
                );
            });
            provided.became(&key, "dropped");
        }
        // A thread that only looked now and then, twice a second, would take 5 s.
        assert!(waited < Duration::from_secs(2), "{waited:?}");
    }
}

#[test]
fn tasks_and_batches_end_at_once() {
    let provided = Provided::there("cancel-tasks");
    let cancel = Cancel::new();
    let client = &provided.client;
    let options = || client.with().no_timeout().cancelled_by(&cancel);
    let mut call = pin!(options().call_async::<()>("hold", ("cancel-call",)));
    let mut batch = options().batch();
    batch.add::<()>("hold", ("cancel-batch",));
    batch.add::<()>("hold-nested", ("cancel-nested",));
    let mut batch = pin!(batch.call_async());
    assert!(poll_once(call.as_mut()).is_pending());
    assert!(poll_once(batch.as_mut()).is_pending());
    for key in ["cancel-call", "cancel-batch", "cancel-nested"] {
        provided.became(key, "held");
    }
    let begun = Instant::now();
    std::thread::spawn({
        let cancel = cancel.clone();
        move || cancel.cancel()
    });
    assert_eq!(block_on(call).unwrap_err().code(), Some(Code::Cancelled));
    for result in block_on(batch).into_all::<()>() {
        assert_eq!(result.unwrap_err().code(), Some(Code::Cancelled));
    }
    assert!(begun.elapsed() < LONG / 2);
    for key in ["cancel-call", "cancel-batch", "cancel-nested"] {
        provided.became(key, "dropped");
    }
    // What comes later is not sent.
    let error = options().call::<()>("hold", ("cancel-later",)).unwrap_err();
    assert_eq!(
        (error.code(), error.sent()),
        (Some(Code::Cancelled), Sent::NotSent)
    );
    let error = block_on(options().call_async::<()>("hold", ("cancel-later",)));
    assert_eq!(error.unwrap_err().sent(), Sent::NotSent);
}

#[test]
fn a_thread_that_waits_for_a_batch_ends_at_once() {
    let provided = Provided::there("cancel-batch");
    let cancel = Cancel::new();
    let mut batch = provided
        .client
        .with()
        .no_timeout()
        .cancelled_by(&cancel)
        .batch();
    let hold = batch.add::<()>("hold", ("cancel-sync-batch",));
    let mut results = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| batch.call());
        provided.became("cancel-sync-batch", "held");
        cancel.cancel();
        waiting.join().unwrap()
    });
    let error = results.take(hold).unwrap_err();
    assert_eq!(error.code(), Some(Code::Cancelled));
    provided.became("cancel-sync-batch", "dropped");
}

#[test]
fn cancelling_what_has_ended_changes_nothing() {
    let provided = Provided::there("cancel-ended");
    let cancel = Cancel::new();
    let echo = provided.client.with().cancelled_by(&cancel);
    assert_eq!(echo.clone().call::<u32>("echo", (1,)).unwrap(), 1);
    let mut awaited = pin!(echo.call_async::<u32>("echo", (2,)));
    // Answered, but not looked at.
    let first = wait_until_woken(awaited.as_mut());
    cancel.cancel();
    cancel.cancel();
    let echoed = first.unwrap_or_else(|| block_on(awaited));
    assert_eq!(echoed.unwrap(), 2);
    assert!(cancel.is_cancelled());
    assert_eq!(provided.client.call::<u32>("echo", (3,)).unwrap(), 3);
}

#[test]
fn a_call_that_waits_for_a_provider_is_cancelled() {
    let provided = Provided::there("cancel-queued");
    let client = Client::builder(INTERFACE)
        .runtime_dir(provided.directory.path())
        .connect()
        .unwrap();
    drop(provided);
    let cancel = Cancel::new();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| cancel.cancel());
        let result = client
            .with()
            .cancelled_by(&cancel)
            .call::<u32>("echo", (1,));
        let code = result.unwrap_err().code();
        assert!(
            matches!(code, Some(Code::Cancelled | Code::Unavailable)),
            "{code:?}"
        );
    });
    assert!(begun.elapsed() < LONG / 2);
}
