//! Calls that the provider makes back to its caller.

use crate::callback::{HELD, RELEASED};
use crate::expect::{Cases, asks, key, system, within};
use hms_ffi::{Cancel, Code, Sent};
use std::thread;
use std::time::Duration;

pub fn add(cases: &mut Cases) {
    answers(cases);
    endings(cases);
}

fn endings(cases: &mut Cases) {
    cases.add("nested-cancel", |client| {
        let (key, cancel) = (key("nested"), Cancel::new());
        let call = client.with().no_timeout().cancelled_by(&cancel);
        thread::scope(|scope| {
            let holding = scope.spawn(|| call.call::<()>("nested-hold", (&key,)));
            assert!(HELD.wait(&key), "the callback runs");
            cancel.cancel();
            system(holding.join().expect("no panic"), Code::Cancelled);
        });
        assert!(RELEASED.wait(&key), "the callback was told");
        assert!(asks(client, "released", &key));
    });
    cases.add("nested-deadline-exceeded", |client| {
        let key = key("late");
        let short = client.with().timeout(Duration::from_secs(1));
        system(
            short.call::<()>("nested-hold", (&key,)),
            Code::DeadlineExceeded,
        );
        assert!(RELEASED.wait(&key), "the callback was told");
        assert!(asks(client, "released", &key));
    });
}

fn answers(cases: &mut Cases) {
    for (name, times) in [("re-entrancy", 1u32), ("deep-re-entrancy", 6)] {
        cases.add(name, move |client| {
            assert_eq!(
                within(client)
                    .call::<u32>("bounce", (times,))
                    .expect("an answer"),
                times
            );
        });
    }
    cases.add("nested-deadline", |client| {
        let call = client.with().timeout(Duration::from_secs(5));
        let left: Option<u64> = call.call("nested-time-left", ()).expect("an answer");
        assert!(left.is_some_and(|left| left <= 5_000), "{left:?}");
    });
    cases.add("nested-no-deadline", |client| {
        let left: Option<u64> = client
            .with()
            .no_timeout()
            .call("nested-time-left", ())
            .expect("an answer");
        assert_eq!(left, None);
    });
    cases.add("nested-code-kept", |client| {
        let error = system(
            within(client).call::<()>("fail", (1, Code::Aborted)),
            Code::Aborted,
        );
        assert_eq!(error.sent(), Sent::MaybeExecuted);
    });
    cases.add("nested-code-internal", |client| {
        let error = system(
            within(client).call::<()>("fail", (1, Code::NotFound)),
            Code::Internal,
        );
        assert_eq!(
            error.cause().map(|cause| cause.code()),
            Some(Code::NotFound)
        );
    });
    cases.add("nested-declared-error", |client| {
        system(
            within(client).call::<()>("nested-denial", ()),
            Code::Internal,
        );
    });
    cases.add("three-hop-trace", |client| {
        let error = within(client)
            .call::<()>("fail", (2, Code::Aborted))
            .expect_err("it fails");
        assert_eq!(error.code(), Some(Code::Aborted));
        let handlers: Vec<_> = error
            .trace()
            .iter()
            .filter(|frame| frame.component.starts_with("test:conformance/"))
            .collect();
        let mut hops: Vec<_> = handlers
            .iter()
            .map(|frame| {
                frame
                    .component
                    .split('@')
                    .next()
                    .unwrap_or_default()
                    .trim_start_matches("test:conformance/")
            })
            .collect();
        hops.dedup();
        assert_eq!(hops, ["suite", "callback", "suite"], "{error:?}");
        for frame in &handlers {
            assert!(
                !frame.language.is_empty() && !frame.file.is_empty() && frame.line > 0,
                "{error:?}"
            );
            let is_own = frame.language == "rust" && frame.file.ends_with("/callback.rs");
            assert!(
                is_own || !frame.component.contains("/callback"),
                "{error:?}"
            );
        }
    });
}
