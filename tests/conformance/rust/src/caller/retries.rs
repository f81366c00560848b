//! What is tried again, and what is not.

use crate::expect::{Cases, key, system, tally, within};
use hms_ffi::{Client, Code, Result, Sent};

pub fn add(cases: &mut Cases) {
    cases.add("retry-idempotent", |client| {
        let key = key("retry");
        assert_eq!(flaky(client, "flaky", &key, 2).expect("an answer"), 3);
        assert_eq!(tally(client, &key), 3);
    });
    cases.add("retry-gives-up", |client| {
        let key = key("hopeless");
        let error = system(flaky(client, "flaky", &key, 1000), Code::Unavailable);
        assert_eq!(error.sent(), Sent::MaybeExecuted);
        assert_eq!(tally(client, &key), 5);
    });
    cases.add("no-retry-otherwise", |client| {
        let key = key("once");
        let error = system(flaky(client, "flaky-once", &key, 1), Code::Unavailable);
        assert_eq!(error.sent(), Sent::MaybeExecuted);
        assert_eq!(tally(client, &key), 1);
        assert_eq!(flaky(client, "flaky-once", &key, 1).expect("an answer"), 2);
    });
}

fn flaky(client: &Client, function: &str, key: &str, failures: u32) -> Result<u32> {
    within(client).call(function, (key, failures))
}
