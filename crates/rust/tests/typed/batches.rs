//! Batches with types.

use crate::claims::Denial;
use crate::tasks::{Provided, block_on, poll_once, runtime};
use hms_ffi::{Added, Batch, Code, Results};
use std::pin::pin;
use std::time::Duration;

type Mixed = (
    Added<u32>,
    Added<u32>,
    Added<u32>,
    Added<Option<u64>>,
    Added<u32>,
);

fn fill(batch: &mut Batch<'_>) -> Mixed {
    (
        batch.add("echo", (1,)),
        batch.add("fail", ("declared",)),
        batch.add("echo", (-1,)),
        batch.add("left", ()),
        batch.add("fail", ("not-found",)),
    )
}

fn check(mut results: Results, calls: Mixed) {
    let (echo, declared, wrong, left, missing) = calls;
    assert_eq!(results.len(), 5);
    // In any order.
    assert_eq!(
        results.take(missing).unwrap_err().code(),
        Some(Code::NotFound)
    );
    assert_eq!(results.take(echo).unwrap(), 1);
    let error = results.take(declared).unwrap_err();
    assert_eq!(error.declared::<Denial>(), Some(Denial::Duplicate));
    let error = results.take(wrong).unwrap_err();
    assert_eq!(
        error.message(),
        "value: expected u32, got a number out of its range"
    );
    assert!(results.take(left).unwrap().is_some());
}

#[test]
fn different_functions_and_errors_as_values() {
    for provided in [
        Provided::there("batch-there"),
        Provided::here("batch-here", Some(&runtime())),
    ] {
        let mut batch = provided.client.batch();
        let calls = fill(&mut batch);
        check(batch.call(), calls);
        let mut batch = provided.client.batch();
        let calls = fill(&mut batch);
        check(block_on(batch.call_async()), calls);
        assert!(provided.client.batch().call().is_empty());
        assert!(block_on(provided.client.batch().call_async()).is_empty());
    }
}

#[test]
fn longer_than_the_quota_and_in_order() {
    const COUNT: u32 = 3000;
    let provided = Provided::there_as("batch-long", "narrow-tasks");
    let client = &provided.client;
    let batch = || {
        let mut batch = client.batch();
        for value in 0..COUNT {
            batch.add::<u32>("echo", (value,));
        }
        batch
    };
    for results in [batch().call(), block_on(batch().call_async())] {
        for (value, result) in (0..).zip(results.into_all::<u32>()) {
            assert_eq!(result.unwrap(), value);
        }
    }
    assert_eq!(client.metrics().calls, 2 * u64::from(COUNT));
}

#[test]
fn options_hold_for_all_calls() {
    let provided = Provided::there("batch-options");
    for asynchronous in [false, true] {
        let mut batch = provided
            .client
            .with()
            .timeout(Duration::from_millis(100))
            .batch();
        batch.add::<()>("hold", ("batch-late",));
        batch.add::<()>("hold-nested", ("batch-late-nested",));
        let results = if asynchronous {
            block_on(batch.call_async())
        } else {
            batch.call()
        };
        for result in results.into_all::<()>() {
            assert_eq!(result.unwrap_err().code(), Some(Code::DeadlineExceeded));
        }
        let mut batch = provided.client.with().timeout(Duration::ZERO).batch();
        let echo = batch.add::<u32>("echo", (1,));
        let error = batch.call().take(echo).unwrap_err();
        assert_eq!(error.code(), Some(Code::DeadlineExceeded));
    }
}

#[test]
fn a_dropped_batch_is_cancelled() {
    let provided = Provided::there("batch-dropped");
    let mut batch = provided.client.with().no_timeout().batch();
    batch.add::<u32>("echo", (1,));
    batch.add::<()>("hold", ("batch-a",));
    batch.add::<()>("hold", ("batch-b",));
    {
        let mut results = pin!(batch.call_async());
        assert!(poll_once(results.as_mut()).is_pending());
        provided.became("batch-a", "held");
        provided.became("batch-b", "held");
    }
    provided.became("batch-a", "dropped");
    provided.became("batch-b", "dropped");
}

#[test]
fn a_result_is_taken_once_and_from_its_own_batch() {
    let provided = Provided::there("batch-taken");
    let mut small = provided.client.batch();
    small.add::<u32>("echo", (1,));
    let mut large = provided.client.batch();
    large.add::<u32>("echo", (1,));
    let second = large.add::<u32>("echo", (2,));
    let error = small.call().take(second).unwrap_err();
    assert_eq!(error.code(), Some(Code::FailedPrecondition));
}
