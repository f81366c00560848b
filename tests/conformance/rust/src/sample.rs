//! The sample: one value of nearly every kind. Provider and caller both make it.

use crate::types::{Claim, Color, Line, Money, Permission, Quantity, Sample, Shape};
use hms_ffi::{Date, Duration, PartialDate, TimeOfDay, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::str::FromStr;

/// A value from its text.
///
/// # Panics
/// Where the text is none.
pub fn parsed<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("a value's text")
}

/// The sample of the suite's `values.json`.
pub fn sample() -> Sample {
    Sample {
        flag: true,
        small: 200,
        negative: -12345,
        large: u64::MAX,
        lowest: i64::MIN,
        ratio: 0.1,
        letter: '🦀',
        text: "é中".into(),
        blob: vec![0, 1, 2, 255],
        series: vec![0.5, -1.5, 1e300],
        words: BTreeSet::from(["beta".into(), "alpha".into()]),
        totals: BTreeMap::from([("a".into(), 1), ("b".into(), 2)]),
        pair: (7, "seven".into()),
        color: Color::DarkGreen,
        permissions: BTreeSet::from([Permission::Read, Permission::RunIt]),
        shape: Shape::Circle(2.5),
        present: Some(5),
        absent: None,
        boxed: Some(None),
        good: Ok(1),
        bad: Err("no".into()),
        at: parsed("2024-02-29T23:59:59.123456789Z"),
        local: parsed("2024-02-29T12:00:00.000000001+05:30"),
        day: parsed::<Date>("2000-02-29"),
        month: parsed::<PartialDate>("2024-02"),
        clock: parsed::<TimeOfDay>("23:59:59.000000001"),
        span: parsed::<Duration>("-0.25s"),
        price: parsed("1.10"),
        id: parsed("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
        extra: Value::Map(vec![(
            "k".into(),
            Value::Array(vec![
                Value::Integer(1),
                Value::Null,
                Value::Text("x".into()),
            ]),
        )]),
        cost: Money {
            amount: parsed("12.30"),
            currency: "EUR".into(),
        },
        dose: Quantity {
            value: parsed("5.40"),
            unit: "mg/dL".into(),
        },
    }
}

/// A claim with every field set.
pub fn claim() -> Claim {
    let line = |code: &str, units, charge| Line {
        code: code.into(),
        units,
        charge: parsed(charge),
    };
    Claim {
        id: "c-1".into(),
        lines: vec![line("A1", 0, "0"), line("B2", 65535, "-12.50")],
        note: Some("checked".into()),
        paid_in_full: true,
    }
}
