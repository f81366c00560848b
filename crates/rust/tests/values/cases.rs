//! Enums, flags, variants, results.

use crate::{Denial, Status, types};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[test]
fn enums_and_flags() {
    let types = types();
    types.both_ways("status", &Status::PartlyDenied, "02");
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    enum Other {
        #[serde(rename = "partly-denied")]
        Renamed,
        Unheard,
    }
    types.both_ways("status", &Other::Renamed, "02");
    types.refuses(
        "status",
        &Other::Unheard,
        "v: enum status has no case \"Unheard\"",
    );
    types.refuses("status", &"approved", "v: expected enum status, got string");
    types.refuses_to_lift::<Status>("status", "03", "v: no case has this index");

    types.both_ways("perms", &0b101u8, "05");
    types.both_ways(
        "perms",
        &BTreeSet::from(["read".to_owned(), "delete-all".to_owned()]),
        "05",
    );
    #[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord, Debug)]
    enum Perm {
        Read,
        Write,
        DeleteAll,
    }
    types.both_ways(
        "perms",
        &BTreeSet::from([Perm::Write, Perm::DeleteAll]),
        "06",
    );
    types.refuses("perms", &8u8, "v: a bit is set that no flag has");
    types.refuses("perms", &["fly"], "v[0]: no flag has the name \"fly\"");
    types.refuses("perms", &["read", "read"], "v[1]: present twice");
    types.refuses_to_lift::<u8>("perms", "08", "v: a bit is set that no flag has");
}

#[test]
fn variants() {
    let types = types();
    types.both_ways("denial", &Denial::NotCovered("x".into()), "000100000078");
    types.both_ways("denial", &Denial::Duplicate, "01");
    types.both_ways("denial", &Denial::InPart(1, "a".into()), "03010100000061");
    let fields = Denial::WithFields {
        units: 3,
        charge: "0".parse().unwrap(),
        code: "A".into(),
    };
    types.both_ways("denial", &fields, "04 0100000041 0300 0100000030");

    #[derive(Serialize, Deserialize, Debug)]
    enum Wrong {
        NotCovered,
        Duplicate(u8),
        OverLimit(bool),
        InPart { a: u8 },
        WithFields(u8, u8),
        Unheard,
    }
    types.refuses(
        "denial",
        &Wrong::NotCovered,
        "v.not-covered: the payload is missing",
    );
    types.refuses(
        "denial",
        &Wrong::Duplicate(1),
        "v.duplicate: expected nothing, got integer",
    );
    types.refuses(
        "denial",
        &Wrong::OverLimit(true),
        "v.over-limit: expected decimal, got bool",
    );
    types.refuses(
        "denial",
        &Wrong::InPart { a: 1 },
        "v.in-part: expected tuple<u8, string>, got fields",
    );
    types.refuses(
        "denial",
        &Wrong::WithFields(1, 2),
        "v.with-fields: expected record line, got tuple of 2",
    );
    types.refuses(
        "denial",
        &Wrong::Unheard,
        "v: variant denial has no case \"Unheard\"",
    );
    types.refuses_to_lift::<Wrong>(
        "denial",
        "000100000078",
        "v.not-covered: expected no payload, got string",
    );
    types.refuses_to_lift::<Wrong>(
        "denial",
        "020100000030",
        "v.over-limit: expected bool, got decimal",
    );
    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    enum Fewer {
        Duplicate,
    }
    types.refuses_to_lift::<Fewer>(
        "denial",
        "000100000078",
        "v: the Rust type has no case \"not-covered\"",
    );
}

#[test]
fn results_as_values() {
    let types = types();
    types.both_ways(
        "outcome",
        &vec![Ok::<u8, String>(1), Err("x".into())],
        "02000000 0001 010100000078",
    );
    types.both_ways("bare", &vec![Ok::<(), ()>(()), Err(())], "020000000001");
    types.refuses(
        "outcome",
        &vec![Ok::<bool, String>(true)],
        "v[0].ok: expected u8, got bool",
    );
    types.refuses(
        "outcome",
        &vec![Err::<u8, u8>(1)],
        "v[0].err: expected string, got integer",
    );
}
