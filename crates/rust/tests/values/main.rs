//! Every row of the table of types in Rust, through the wire and back, and what is refused.

mod cases;
mod containers;
mod known;
mod records;
mod simple;
mod support;

use hms_ffi::value::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use support::Types;

const TYPES: &str = r#"
package test:values@1.0.0;
interface values {
  use hms:types/time@1.0.0.{timestamp, zoned-timestamp, date, partial-date, time-of-day, duration};
  use hms:types/numbers@1.0.0.{decimal};
  use hms:types/values@1.0.0.{uuid, document};
  enum status { received, approved, partly-denied }
  flags perms { read, write, delete-all }
  @external-id("hms:set")
  type codes = list<string>;
  record line { code: string, units: u16, charge: decimal }
  record claim { id: string, lines: list<line>, diagnoses: codes, tags: map<string, string>, note: option<string> }
  record inner { first-name: string, numbers: list<f64> }
  variant denial { not-covered(string), duplicate, over-limit(decimal), in-part(tuple<u8, string>), with-fields(line) }
  f-u8: func(v: u8);
  f-s64: func(v: s64);
  f-f32: func(v: f32);
  f-f64: func(v: f64);
  f-char: func(v: char);
  f-text: func(v: string);
  f-bytes: func(v: list<u8>);
  f-doubles: func(v: list<f64>);
  f-singles: func(v: list<f32>);
  f-three: func(v: list<s32, 3>);
  f-pair: func(v: tuple<u8, string>);
  f-lines: func(v: list<line>);
  f-claim: func(v: claim);
  f-inner: func(v: inner);
  f-nested: func(v: option<option<u8>>);
  f-status: func(v: status);
  f-perms: func(v: perms);
  f-denial: func(v: denial);
  f-outcome: func(v: list<result<u8, string>>);
  f-bare: func(v: list<result>);
  f-codes: func(v: codes);
  f-counts: func(v: map<u16, list<f64>>);
  f-names: func(v: map<string, u8>);
  f-timestamp: func(v: timestamp);
  f-zoned: func(v: zoned-timestamp);
  f-date: func(v: date);
  f-partial: func(v: partial-date);
  f-time: func(v: time-of-day);
  f-duration: func(v: duration);
  f-decimal: func(v: decimal);
  f-uuid: func(v: uuid);
  f-document: func(v: document);
  f-maybe: func(v: option<document>);
}
"#;

fn types() -> Types {
    Types::new(TYPES, "test:values/values")
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Line {
    code: String,
    units: u16,
    charge: Decimal,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Claim {
    // Not in the contract's order.
    note: Option<String>,
    tags: BTreeMap<String, String>,
    id: String,
    diagnoses: BTreeSet<String>,
    lines: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Denial {
    NotCovered(String),
    Duplicate,
    OverLimit(Decimal),
    InPart(u8, String),
    WithFields {
        units: u16,
        charge: Decimal,
        code: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
enum Status {
    Received,
    Approved,
    PartlyDenied,
}

fn line(code: &str, charge: &str) -> Line {
    Line {
        code: code.into(),
        units: 3,
        charge: charge.parse().unwrap(),
    }
}

fn claim() -> Claim {
    Claim {
        note: Some("π".into()),
        tags: BTreeMap::from([("long key".into(), "a".into()), ("z".into(), "b".into())]),
        id: "c1".into(),
        diagnoses: BTreeSet::from(["I10".into(), "E11.9".into()]),
        lines: vec![line("A", "1.10"), line("B", "-0.5")],
    }
}
