//! System errors and declared errors.

use crate::expect::{Cases, declared, same, still_usable, system, within};
use hms_ffi::{Client, Code, Sent, Value};
use hms_ffi_conformance::sample::parsed;
use hms_ffi_conformance::types::{Color, Denial, Problem};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

pub fn add(cases: &mut Cases) {
    for code in Code::ALL {
        cases.add(format!("fail-with-{code}"), move |client| {
            let message = format!("raised {code}");
            let error = system(
                within(client).call::<()>("fail-with", (code, &message)),
                code,
            );
            assert!(error.message().contains(&message), "{error}");
            assert_eq!(error.sent(), Sent::MaybeExecuted);
        });
    }
    cases.add("fail-with-details", |client| {
        let details = Value::Map(vec![
            ("n".into(), Value::Integer(3)),
            ("hint".into(), Value::Text("retry".into())),
        ]);
        let error = within(client)
            .call::<()>("fail-with-details", (&details,))
            .expect_err("it fails");
        assert_eq!(error.code(), Some(Code::FailedPrecondition));
        assert_eq!(error.details(), Some(details));
    });
    cases.add("bug", |client| {
        system(within(client).call::<()>("bug", ()), Code::Internal);
        still_usable(client);
    });
    cases.add("deny-text", |client| {
        deny(client, "deny-text", &"no".to_owned());
        deny(client, "deny-text", &String::new());
    });
    cases.add("deny-record", |client| {
        deny(
            client,
            "deny-record",
            &Problem {
                title: "late".into(),
                severity: 255,
            },
        )
    });
    cases.add("deny-enum", |client| {
        deny(client, "deny-enum", &Color::Blue)
    });
    cases.add("deny-variant", |client| {
        for denial in [
            Denial::Duplicate,
            Denial::NotCovered("no lines".into()),
            Denial::OverLimit(parsed("10.50")),
        ] {
            deny(client, "deny-variant", &denial);
        }
    });
    cases.add("deny-option", |client| {
        deny(client, "deny-option", &None::<u32>);
        deny(client, "deny-option", &Some(5u32));
    });
    cases.add("deny-bare", |client| {
        declared(within(client).call::<u32>("deny-bare", ()))
    });
    cases.add("allow", |client| {
        assert_eq!(
            within(client).call::<u32>("allow", (7,)).expect("allowed"),
            7
        )
    });
    cases.add("allow-bare", |client| {
        within(client).call("allow-bare", ()).expect("allowed")
    });
}

#[track_caller]
fn deny<E: Serialize + DeserializeOwned + Debug>(client: &Client, function: &str, value: &E) {
    let answer: E = declared(within(client).call::<u32>(function, (value,)));
    same(&answer, value);
}
