//! Batches: order, errors as values, more calls than the quota, deadlines, interrupts.

use crate::provider::{DENY, ECHO, HOLD, PANIC, PID, Process, Serving, connect, list, scratch};
use hms_ffi::runtime::{BatchCall, CallOptions, Outcome, Timeout};
use hms_ffi_core::error::{Code, Sent};
use std::time::{Duration, Instant};

fn one(function: u32, args: Vec<u8>) -> BatchCall {
    BatchCall {
        function,
        args,
        options: CallOptions::default(),
    }
}

fn code(outcome: &Outcome) -> Code {
    match outcome {
        Outcome::System(error) => error.code(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn outcomes_keep_the_order_and_errors_are_values() {
    let (settings, dir) = scratch("batch");
    let provider = Process::start(&dir, "plain");
    let client = connect(&settings).expect("connected");
    let outcomes = client.batch(
        vec![
            one(ECHO, list(b"a")),
            one(DENY, vec![]),
            one(PID, vec![]),
            one(PANIC, vec![]),
            one(99, vec![]),
            one(ECHO, list(b"b")),
        ],
        &mut || false,
    );
    assert_eq!(outcomes.len(), 6);
    assert_eq!(outcomes[0], Outcome::Ok(list(b"a")));
    assert!(matches!(outcomes[1], Outcome::Declared(_)));
    assert_eq!(
        outcomes[2],
        Outcome::Ok(provider.child.id().to_le_bytes().to_vec())
    );
    assert_eq!(code(&outcomes[3]), Code::Internal);
    assert_eq!(code(&outcomes[4]), Code::Unimplemented);
    assert_eq!(outcomes[5], Outcome::Ok(list(b"b")));
    assert!(client.batch(vec![], &mut || false).is_empty());
    std::fs::remove_dir_all(dir).expect("clean up");
}

#[test]
fn a_batch_may_be_longer_than_the_quota() {
    let (mut settings, dir) = scratch("batch-quota");
    settings.max_calls = Some(16);
    let _provider = Process::start(&dir, "plain");
    let client = connect(&settings).expect("connected");
    let calls = (0..5000u32).map(|i| one(ECHO, list(&i.to_le_bytes())));
    let outcomes = client.batch(calls.collect(), &mut || false);
    for (i, outcome) in outcomes.into_iter().enumerate() {
        assert_eq!(outcome, Outcome::Ok(list(&(i as u32).to_le_bytes())));
    }
    std::fs::remove_dir_all(dir).expect("clean up");
}

#[test]
fn calls_of_a_batch_that_are_late_end_alone() {
    let (settings, dir) = scratch("batch-late");
    let serving = Serving::start(&settings, 2, 100);
    let client = connect(&settings).expect("connected");
    let late = BatchCall {
        options: CallOptions {
            timeout: Timeout::After(Duration::from_millis(20)),
            ..CallOptions::default()
        },
        ..one(HOLD, vec![])
    };
    let past = BatchCall {
        options: CallOptions {
            timeout: Timeout::After(Duration::ZERO),
            ..CallOptions::default()
        },
        ..one(ECHO, list(b"never"))
    };
    let outcomes = client.batch(vec![late, past, one(ECHO, list(b"x"))], &mut || false);
    assert_eq!(code(&outcomes[0]), Code::DeadlineExceeded);
    assert_eq!(code(&outcomes[1]), Code::DeadlineExceeded);
    let Outcome::System(error) = &outcomes[1] else {
        unreachable!()
    };
    assert_eq!(error.sent(), Sent::NotSent);
    assert_eq!(outcomes[2], Outcome::Ok(list(b"x")));
    drop(serving);
    std::fs::remove_dir_all(dir).expect("clean up");
}

#[test]
fn an_interrupt_ends_a_batch() {
    let (settings, dir) = scratch("batch-interrupt");
    let mut provider = Process::start(&dir, "plain");
    let client = connect(&settings).expect("connected");
    let start = Instant::now();
    let outcomes = client.batch(
        vec![
            one(ECHO, list(b"x")),
            one(HOLD, vec![]),
            one(HOLD, vec![]),
            one(HOLD, vec![]),
        ],
        &mut || true,
    );
    assert!(start.elapsed() < Duration::from_secs(10));
    assert!(matches!(outcomes[0], Outcome::Ok(_) | Outcome::Cancelled));
    assert_eq!(outcomes[1..], vec![Outcome::Cancelled; 3]);
    provider.kill();
    std::fs::remove_dir_all(dir).expect("clean up");
}
