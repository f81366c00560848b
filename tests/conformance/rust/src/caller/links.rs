//! Deadlines, cancellation, size, concurrency, identity.

use crate::expect::{Cases, asks, key, still_usable, system, tally, within};
use hms_ffi::{Call, Cancel, Code, Sent, Value};
use std::process;
use std::thread;
use std::time::Duration;

pub fn add(cases: &mut Cases) {
    deadlines(cases);
    sizes(cases);
    concurrency(cases);
    cases.add("still-usable", |client| {
        assert_eq!(
            within(client)
                .call::<String>("echo-string", ("still",))
                .expect("an answer"),
            "still"
        );
    });
}

fn left(call: Call<'_>) -> Option<u64> {
    call.call("time-left", ()).expect("an answer")
}

fn deadlines(cases: &mut Cases) {
    cases.add("default-deadline", |client| {
        let left = left(client.with());
        assert!(
            left.is_some_and(|left| left > 20_000 && left <= 30_000),
            "{left:?}"
        );
    });
    cases.add("own-deadline", |client| {
        let left = left(client.with().timeout(Duration::from_secs(5)));
        assert!(left.is_some_and(|left| left <= 5_000), "{left:?}");
    });
    cases.add("no-deadline", |client| {
        assert_eq!(left(client.with().no_timeout()), None)
    });
    cases.add("deadline-exceeded", |client| {
        let short = client.with().timeout(Duration::from_millis(50));
        system(
            short.call::<()>("hold", (key("deadline"),)),
            Code::DeadlineExceeded,
        );
    });
    cases.add("deadline-releases-provider", |client| {
        assert!(asks(client, "released", &key("deadline")))
    });
    cases.add("deadline-in-the-past", |client| {
        let key = key("past");
        let call = client.with().timeout(Duration::ZERO);
        let ended = call.call::<u32>("flaky-once", (&key, 0));
        assert_eq!(system(ended, Code::DeadlineExceeded).sent(), Sent::NotSent);
        assert_eq!(tally(client, &key), 0);
    });
    cases.add("cancel", |client| {
        let cancel = Cancel::new();
        thread::scope(|scope| {
            let call = client.with().no_timeout().cancelled_by(&cancel);
            let holding = scope.spawn(|| call.call::<()>("hold", (key("cancel"),)));
            assert!(asks(client, "held", &key("cancel")));
            cancel.cancel();
            system(holding.join().expect("no panic"), Code::Cancelled);
        });
    });
    cases.add("cancel-releases-provider", |client| {
        assert!(asks(client, "released", &key("cancel")))
    });
    cases.add("cancel-before-start", |client| {
        let (key, cancel) = (key("early"), Cancel::new());
        cancel.cancel();
        let call = within(client).cancelled_by(&cancel);
        system(call.call::<u32>("flaky-once", (&key, 0)), Code::Cancelled);
        assert_eq!(tally(client, &key), 0);
    });
    cases.add("cancel-ended", |client| {
        let cancel = Cancel::new();
        let call = within(client).cancelled_by(&cancel);
        assert_eq!(call.call::<u32>("echo-u32", (7,)).expect("an answer"), 7);
        cancel.cancel();
        still_usable(client);
    });
}

fn sizes(cases: &mut Cases) {
    cases.add("string-of-1-mib", |client| {
        let text = "é".repeat(524_288);
        assert!(
            within(client)
                .call::<String>("echo-string", (&text,))
                .expect("an answer")
                == text
        );
    });
    cases.add("bytes-of-3-mb", |client| {
        let bytes: Vec<u8> = (0..3_000_000u32).map(|i| (i * 31) as u8).collect();
        assert!(
            within(client)
                .call::<Vec<u8>>("echo-bytes", (&bytes,))
                .expect("an answer")
                == bytes
        );
    });
    cases.add("bytes-from-provider", |client| {
        let bytes: Vec<u8> = within(client)
            .call("make-bytes", (3_000_000,))
            .expect("an answer");
        assert!(
            bytes.len() == 3_000_000 && bytes.iter().enumerate().all(|(i, byte)| *byte == i as u8)
        );
    });
    cases.add("argument-over-message-limit", |client| {
        let bytes = vec![0u8; 9_000_000];
        system(
            within(client).call::<Vec<u8>>("echo-bytes", (bytes,)),
            Code::ResourceExhausted,
        );
        still_usable(client);
    });
    cases.add("result-over-message-limit", |client| {
        system(
            within(client).call::<Vec<u8>>("make-bytes", (9_000_000,)),
            Code::ResourceExhausted,
        );
        still_usable(client);
    });
    cases.add("document-too-deep", |client| {
        let nested = |levels| (0..levels).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
        system(
            within(client).call::<Value>("echo-document", (nested(80),)),
            Code::ResourceExhausted,
        );
        assert_eq!(
            within(client)
                .call::<Value>("echo-document", (nested(20),))
                .expect("an answer"),
            nested(20)
        );
    });
    cases.add("too-many-elements", |client| {
        let texts = vec![""; 100_001];
        system(
            within(client).call::<Vec<String>>("echo-list-string", (texts,)),
            Code::ResourceExhausted,
        );
    });
}

fn concurrency(cases: &mut Cases) {
    cases.add("calls-meet", |client| {
        thread::scope(|scope| {
            let guests: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        within(client)
                            .call::<u32>("meet", (key("room"), 8))
                            .expect("an answer")
                    })
                })
                .collect();
            assert!(
                guests
                    .into_iter()
                    .all(|guest| guest.join().expect("no panic") == 8)
            );
        });
    });
    cases.add("calls-in-parallel", |client| {
        thread::scope(|scope| {
            for thread in 0..8u32 {
                scope.spawn(move || {
                    for i in (0..400).filter(|i| i % 8 == thread) {
                        assert_eq!(
                            within(client)
                                .call::<u32>("echo-u32", (i,))
                                .expect("an answer"),
                            i
                        );
                        let text = i.to_string();
                        assert_eq!(
                            within(client)
                                .call::<String>("echo-string", (&text,))
                                .expect("an answer"),
                            text
                        );
                    }
                });
            }
        });
    });
    cases.add("caller-identity", |client| {
        let (uid, pid): (u32, u32) = within(client).call("who-calls", ()).expect("an answer");
        let own = std::fs::metadata("/proc/self").expect("proc");
        assert_eq!(
            (uid, pid),
            (std::os::unix::fs::MetadataExt::uid(&own), process::id())
        );
    });
}
