//! Batches.

use crate::expect::{Cases, asks, declared, key, same, system, tally, within};
use crate::together::started;
use hms_ffi::{Client, Code, Sent};
use hms_ffi_conformance::types::Problem;
use std::time::Duration;

pub fn add(cases: &mut Cases) {
    cases.add("batch", different_functions);
    cases.add("batch-errors", errors);
    cases.add("batch-large", |client| {
        let bytes: Vec<u8> = (0..3_000_000u32).map(|i| (i * 31) as u8).collect();
        let made: Vec<u8> = (0..3_000_000u32).map(|i| i as u8).collect();
        let mut batch = within(client).batch();
        let small = [1, 2, 3];
        let one = batch.add::<u32>("echo-u32", (small[0],));
        let echoed = batch.add::<Vec<u8>>("echo-bytes", (&bytes,));
        let two = batch.add::<u32>("echo-u32", (small[1],));
        let made_there = batch.add::<Vec<u8>>("make-bytes", (3_000_000,));
        let three = batch.add::<u32>("echo-u32", (small[2],));
        let mut results = batch.call();
        let numbers = [one, two, three].map(|call| results.take(call).expect("an answer"));
        assert_eq!(numbers, small);
        assert!(results.take(echoed).expect("an answer") == bytes);
        assert!(results.take(made_there).expect("an answer") == made);
    });
    cases.add("batch-over-quota", |client| {
        let mut batch = within(client).batch();
        for i in 0..3000u32 {
            batch.add::<u32>("echo-u32", (i,));
        }
        let results = batch.call().into_all::<u32>();
        assert_eq!(results.len(), 3000);
        for (i, result) in (0..).zip(results) {
            assert_eq!(result.expect("an answer"), i);
        }
    });
    cases.add("batch-empty", |client| {
        assert!(within(client).batch().call().is_empty());
    });
    cases.add("batch-deadline", |client| {
        let key = key("batch-late");
        let mut batch = client.with().timeout(Duration::from_millis(500)).batch();
        let first = batch.add::<u32>("echo-u32", (1,));
        let held = batch.add::<()>("hold", (&key,));
        let last = batch.add::<u32>("echo-u32", (2,));
        let mut results = batch.call();
        assert_eq!(results.take(first).expect("an answer"), 1);
        assert_eq!(results.take(last).expect("an answer"), 2);
        system(results.take(held), Code::DeadlineExceeded);
        assert!(asks(client, "released", &key));
    });
    cases.add("batch-cancel", |client| {
        let keys = [key("batch-a"), key("batch-b")];
        let mut batch = client.with().no_timeout().batch();
        for key in &keys {
            batch.add::<()>("hold", (key,));
        }
        let mut running = Box::pin(batch.call_async());
        assert!(started(running.as_mut()));
        assert!(keys.iter().all(|key| asks(client, "held", key)));
        drop(running);
        assert!(keys.iter().all(|key| asks(client, "released", key)));
    });
    cases.add("batch-retry", |client| {
        let (again, once) = (key("batch-retry"), key("batch-once"));
        let mut batch = within(client).batch();
        let first = batch.add::<u32>("flaky", (&again, 1));
        let second = batch.add::<u32>("flaky-once", (&once, 1));
        let third = batch.add::<u32>("echo-u32", (3,));
        let mut results = batch.call();
        assert_eq!(results.take(first).expect("an answer"), 2);
        system(results.take(second), Code::Unavailable);
        assert_eq!(results.take(third).expect("an answer"), 3);
        assert_eq!((tally(client, &again), tally(client, &once)), (2, 1));
    });
}

fn different_functions(client: &Client) {
    let mut batch = within(client).batch();
    let option = |i: u32| (i % 8 != 7).then_some(i);
    let calls: Vec<_> = (0..64u32)
        .step_by(4)
        .map(|i| {
            (
                batch.add::<u32>("echo-u32", (i,)),
                batch.add::<String>("echo-string", ((i + 1).to_string(),)),
                batch.add::<Vec<u16>>("echo-list-u16", ([i as u16 + 2],)),
                batch.add::<Option<u32>>("echo-option", (option(i + 3),)),
            )
        })
        .collect();
    let mut results = batch.call();
    for (i, (number, text, list, maybe)) in (0..).step_by(4).zip(calls) {
        assert_eq!(results.take(number).expect("an answer"), i);
        assert_eq!(results.take(text).expect("an answer"), (i + 1).to_string());
        assert_eq!(results.take(list).expect("an answer"), [i as u16 + 2]);
        assert_eq!(results.take(maybe).expect("an answer"), option(i + 3));
    }
}

fn errors(client: &Client) {
    let problem = Problem {
        title: "late".into(),
        severity: 255,
    };
    let mut batch = within(client).batch();
    let allowed = batch.add::<u32>("allow", (7,));
    let text = batch.add::<u32>("deny-text", ("no",));
    let missing = batch.add::<()>("fail-with", (Code::NotFound, "raised not-found"));
    let record = batch.add::<u32>("deny-record", (&problem,));
    let bug = batch.add::<()>("bug", ());
    let still = batch.add::<String>("echo-string", ("still",));
    let mut results = batch.call();
    assert_eq!(results.take(allowed).expect("an answer"), 7);
    assert_eq!(declared::<_, String>(results.take(text)), "no");
    let error = system(results.take(missing), Code::NotFound);
    assert!(error.message().contains("raised not-found"), "{error}");
    assert_eq!(error.sent(), Sent::MaybeExecuted);
    same(&declared::<_, Problem>(results.take(record)), &problem);
    system(results.take(bug), Code::Internal);
    assert_eq!(results.take(still).expect("an answer"), "still");
}
