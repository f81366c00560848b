//! What is refused before anything is sent.

use crate::expect::{Cases, system, within};
use hms_ffi::{Args, Client, Code, Sent};
use hms_ffi_conformance::orders::broken_contract;
use hms_ffi_conformance::sample::claim;
use hms_ffi_conformance::types::Line;
use serde::{Serialize, Serializer};
use std::time::Duration;

#[derive(Serialize)]
struct ClaimOf<L> {
    id: &'static str,
    lines: Vec<L>,
    note: Option<String>,
    paid_in_full: bool,
}

#[derive(Serialize)]
struct Surplus {
    id: &'static str,
    lines: Vec<Line>,
    note: Option<String>,
    paid_in_full: bool,
    surplus: u8,
}

#[derive(Serialize)]
struct WithoutId {
    lines: Vec<Line>,
    note: Option<String>,
    paid_in_full: bool,
}

#[derive(Serialize)]
#[serde(untagged)]
enum AnyLine {
    Right(Line),
    Wrong {
        code: &'static str,
        units: &'static str,
        charge: hms_ffi::Decimal,
    },
}

#[derive(Serialize)]
enum Unknown {
    Mauve,
    Square(f64),
}

struct Bytes(&'static [u8]);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

pub fn add(cases: &mut Cases) {
    cases.add("wrong-type", |client| {
        refused(client, "echo-string", (5,), "value")
    });
    cases.add("wrong-type-in-record", |client| {
        let right = claim().lines.remove(0);
        let wrong = AnyLine::Wrong {
            code: "B2",
            units: "many",
            charge: right.charge.clone(),
        };
        let claim = ClaimOf {
            id: "c-1",
            lines: vec![AnyLine::Right(right), wrong],
            note: None,
            paid_in_full: true,
        };
        refused(client, "echo-record", (claim,), "value.lines[1].units");
    });
    cases.add("wrong-type-in-list", |client| {
        refused(client, "echo-list-string", (vec![1, 5],), "value[0]")
    });
    cases.add("bool-for-integer", |client| {
        refused(client, "echo-u8", (true,), "value")
    });
    cases.add("integer-out-of-range", |client| {
        refused(client, "echo-u8", (256,), "value")
    });
    cases.add("negative-for-unsigned", |client| {
        refused(client, "echo-u32", (-1,), "value")
    });
    cases.add("unknown-enum-case", |client| {
        refused(client, "echo-enum", (Unknown::Mauve,), "value")
    });
    cases.add("unknown-variant-case", |client| {
        refused(client, "echo-variant", (Unknown::Square(1.0),), "value")
    });
    cases.add("missing-field", |client| {
        refused(
            client,
            "echo-record",
            (WithoutId {
                lines: vec![],
                note: None,
                paid_in_full: true,
            },),
            "value",
        );
    });
    cases.add("extra-field", |client| {
        let claim = Surplus {
            id: "c-1",
            lines: vec![],
            note: None,
            paid_in_full: true,
            surplus: 1,
        };
        refused(client, "echo-record", (claim,), "value");
    });
    cases.add("wrong-tuple-length", |client| {
        refused(client, "echo-tuple", ((1u8, "a"),), "value")
    });
    cases.add("wrong-fixed-length", |client| {
        refused(client, "echo-fixed", ([1u16, 2],), "value")
    });
    cases.add("bad-unicode", |client| {
        refused(
            client,
            "echo-string",
            (Bytes(&[0xed, 0xa0, 0x80]),),
            "value",
        )
    });
    cases.add("bad-decimal", |client| {
        refused(client, "echo-decimal", ("1,5",), "value")
    });
    cases.add("unknown-function", |client| {
        system(
            within(client).call::<()>("no-such-function", ()),
            Code::Unimplemented,
        );
    });
    cases.add("unknown-interface", |_| {
        let connect = Client::builder("test:conformance/no-such-interface")
            .timeout(Duration::from_millis(200));
        system(connect.connect(), Code::Unavailable);
    });
    cases.add("incompatible-contract", |_| {
        let contract = broken_contract().expect("a contract");
        let error = system(
            Client::builder("test:versions/early")
                .contract(contract)
                .connect(),
            Code::FailedPrecondition,
        );
        assert!(error.message().contains("place"), "{error}");
    });
}

#[track_caller]
fn refused(client: &Client, function: &str, args: impl Args, path: &str) {
    let error = system(
        within(client).call::<()>(function, args),
        Code::InvalidArgument,
    );
    assert_eq!(error.sent(), Sent::NotSent);
    assert!(error.message().contains(path), "{error}");
}
