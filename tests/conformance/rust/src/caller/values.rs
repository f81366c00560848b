//! Values of every type.

use crate::expect::{Cases, same, within};
use hms_ffi::{
    Date, Decimal, Duration, PartialDate, TimeOfDay, Timestamp, Uuid, Value, ZonedTimestamp,
};
use hms_ffi_conformance::sample::{claim, parsed, sample};
use hms_ffi_conformance::types::{
    Awkward, Claim, Color, Money, Permission, Quantity, Sample, Shape,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::str::FromStr;

pub fn add(cases: &mut Cases) {
    numbers(cases);
    texts_and_lists(cases);
    shapes(cases);
    maps_and_sets(cases);
    known(cases);
    cases.add("echo-many", |client| {
        for value in [
            (7u8, "seven".to_owned(), Some(0.5)),
            (0, String::new(), None::<f64>),
        ] {
            let answer: (u8, String, Option<f64>) = within(client)
                .call("echo-many", value.clone())
                .expect("the values");
            same(&answer, &value);
        }
    });
    cases.add("nothing", |client| {
        within(client).call("nothing", ()).expect("nothing")
    });
    cases.add("make-sample", |client| {
        let made: Sample = within(client).call("make-sample", ()).expect("the sample");
        same(&made, &sample());
    });
    cases.add("is-sample", |client| {
        let is_sample = |value: &Sample| {
            within(client)
                .call::<bool>("is-sample", (value,))
                .expect("an answer")
        };
        assert!(is_sample(&sample()));
        assert!(
            !is_sample(&Sample {
                price: parsed("1.1"),
                ..sample()
            }),
            "1.1 is not 1.10"
        );
    });
}

fn numbers(cases: &mut Cases) {
    cases.echo("echo-bool", vec![false, true]);
    cases.echo("echo-u8", vec![0u8, 1, 255]);
    cases.echo("echo-u16", vec![0u16, 1, 65535]);
    cases.echo("echo-u32", vec![0u32, 1, u32::MAX]);
    cases.echo(
        "echo-u64",
        vec![0u64, 1, (1 << 53) - 1, (1 << 53) + 1, u64::MAX],
    );
    cases.echo("echo-s8", vec![-128i8, -1, 0, 127]);
    cases.echo("echo-s16", vec![-32768i16, -1, 0, 32767]);
    cases.echo("echo-s32", vec![i32::MIN, -1, 0, i32::MAX]);
    cases.echo("echo-s64", vec![i64::MIN, -(1 << 53) - 1, -1, 0, i64::MAX]);
    let infinite = [f32::INFINITY, f32::NEG_INFINITY, f32::NAN];
    cases.echo(
        "echo-f32",
        [&[0.0, -0.0, 1.5, -0.25, f32::MAX, 1e-45], &infinite[..]].concat(),
    );
    let infinite = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
    cases.echo(
        "echo-f64",
        [
            &[0.0, -0.0, 0.1, f64::MAX, 5e-324, (1u64 << 53) as f64],
            &infinite[..],
        ]
        .concat(),
    );
    cases.echo(
        "echo-char",
        vec!['a', '\0', 'é', '\u{d7ff}', '\u{e000}', '🦀', '\u{10ffff}'],
    );
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn texts_and_lists(cases: &mut Cases) {
    cases.echo(
        "echo-string",
        strings(&["", "plain", "tab\tand\nline", "a\0b", "é中🦀", "e\u{301}"]),
    );
    cases.echo(
        "echo-bytes",
        vec![vec![], vec![0u8], vec![0, 255], vec![0, 1, 2, 3, 255]],
    );
    cases.echo("echo-list-u16", vec![vec![], vec![0u16], vec![1, 65535]]);
    cases.echo("echo-list-s32", vec![vec![], vec![i32::MIN, 0, i32::MAX]]);
    cases.echo(
        "echo-list-u64",
        vec![vec![], vec![u64::MAX, 0, (1 << 53) + 1]],
    );
    cases.echo(
        "echo-list-f32",
        vec![vec![], vec![0.5f32, -0.0, f32::INFINITY]],
    );
    cases.echo(
        "echo-list-f64",
        vec![vec![], vec![0.1f64, -0.0, f64::NEG_INFINITY, 5e-324]],
    );
    cases.echo("echo-list-bool", vec![vec![], vec![true, false, true]]);
    cases.echo("echo-list-string", vec![vec![], strings(&["", "a", "🦀"])]);
    cases.echo(
        "echo-list-list",
        vec![
            vec![],
            vec![vec![]],
            vec![vec![1u32], vec![], vec![u32::MAX, 2]],
        ],
    );
    let some = |text: &str| Some(text.to_owned());
    cases.echo(
        "echo-list-option",
        vec![vec![], vec![None, some(""), None, some("x")]],
    );
    cases.echo("echo-fixed", vec![[0u16, 1, 65535]]);
    cases.echo(
        "echo-tuple",
        vec![(0u8, String::new(), 0.5), (255, "end".to_owned(), -1.5)],
    );
}

fn shapes(cases: &mut Cases) {
    let empty = Claim {
        id: String::new(),
        lines: vec![],
        note: None,
        paid_in_full: false,
    };
    cases.echo("echo-record", vec![claim(), empty]);
    let awkward = Awkward {
        class: "c".into(),
        then: 1,
        none: true,
        self_: -1,
        hash: "h".into(),
        constructor: "k".into(),
    };
    cases.echo("echo-awkward", vec![awkward]);
    cases.echo("echo-enum", vec![Color::Red, Color::DarkGreen, Color::Blue]);
    let all = BTreeSet::from([Permission::Read, Permission::Write, Permission::RunIt]);
    cases.echo(
        "echo-flags",
        vec![BTreeSet::new(), BTreeSet::from([Permission::Read]), all],
    );
    cases.echo(
        "echo-wide-flags",
        vec![0u32, 1 | 1 << 8 | 1 << 16, (1 << 17) - 1],
    );
    cases.echo(
        "echo-variant",
        vec![
            Shape::Empty,
            Shape::Circle(2.5),
            Shape::Label(String::new()),
            Shape::Claim(claim()),
            Shape::Maybe(None),
            Shape::Maybe(Some(7)),
        ],
    );
    cases.echo("echo-option", vec![None, Some(0u32), Some(u32::MAX)]);
    cases.echo(
        "echo-nested-option",
        vec![None, Some(None), Some(Some(0u8)), Some(Some(255))],
    );
    let no = |text: &str| Err(text.to_owned());
    cases.echo(
        "echo-results",
        vec![vec![], vec![Ok(0u32), no(""), Ok(u32::MAX), no("no")]],
    );
    cases.echo(
        "echo-bare-results",
        vec![vec![], vec![Ok::<(), ()>(()), Err(())]],
    );
}

fn maps_and_sets(cases: &mut Cases) {
    let entry = |key: &str, value: u32| (key.to_owned(), value);
    let three = BTreeMap::from([entry("", 0), entry("a", 1), entry("é", u32::MAX)]);
    cases.echo("echo-map-string", vec![BTreeMap::new(), three]);
    let entry = |key: u64, value: &str| (key, value.to_owned());
    let three = BTreeMap::from([
        entry(0, "zero"),
        entry((1 << 53) - 1, "safe"),
        entry(u64::MAX, "most"),
    ]);
    cases.echo("echo-map-u64", vec![BTreeMap::new(), three]);
    cases.echo(
        "echo-map-bool",
        vec![
            BTreeMap::new(),
            BTreeMap::from([(false, vec![]), (true, vec![0u8, 255])]),
        ],
    );
    cases.echo(
        "echo-map-char",
        vec![
            BTreeMap::new(),
            BTreeMap::from([('a', -128i8), ('🦀', 127)]),
        ],
    );
    cases.echo(
        "echo-set-string",
        vec![
            BTreeSet::new(),
            BTreeSet::from_iter(strings(&["", "a", "b"])),
        ],
    );
    cases.echo(
        "echo-set-u32",
        vec![BTreeSet::new(), BTreeSet::from([0u32, 1, u32::MAX])],
    );
    cases.echo(
        "echo-set-enum",
        vec![BTreeSet::new(), BTreeSet::from([Color::Red, Color::Blue])],
    );
    let ids = BTreeSet::from([
        Uuid::from_u128(0),
        parsed("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
    ]);
    cases.echo("echo-set-uuid", vec![BTreeSet::new(), ids]);
    cases.echo(
        "echo-alias",
        vec![vec![], vec![parsed::<Decimal>("1.10"), parsed("0.00")]],
    );
}

fn all<T: FromStr<Err: Debug>>(texts: &[&str]) -> Vec<T> {
    texts.iter().map(|text| parsed(text)).collect()
}

fn known(cases: &mut Cases) {
    cases.echo(
        "echo-timestamp",
        all::<Timestamp>(&[
            "1970-01-01T00:00:00Z",
            "2024-02-29T23:59:59.123456789Z",
            "1969-12-31T23:59:59.999999999Z",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999999999Z",
        ]),
    );
    cases.echo(
        "echo-zoned-timestamp",
        all::<ZonedTimestamp>(&[
            "2024-02-29T12:00:00.000000001+05:30",
            "2024-02-29T12:00:00-23:59",
            "1970-01-01T00:00:00Z",
        ]),
    );
    cases.echo(
        "echo-date",
        all::<Date>(&["0001-01-01", "2000-02-29", "9999-12-31"]),
    );
    cases.echo(
        "echo-partial-date",
        all::<PartialDate>(&["2024", "2024-02", "0001-12"]),
    );
    cases.echo(
        "echo-time-of-day",
        all::<TimeOfDay>(&["00:00:00", "12:30:00.5", "23:59:59.999999999"]),
    );
    cases.echo(
        "echo-duration",
        all::<Duration>(&["0s", "1.5s", "-0.25s", "86400s", "-1.000000001s"]),
    );
    let long = "1234567890123456789012345678901234567890.0123456789";
    cases.echo(
        "echo-decimal",
        all::<Decimal>(&["0", "1.10", "-0.005", "100.00", long]),
    );
    cases.echo(
        "echo-uuid",
        all::<Uuid>(&[
            "00000000-0000-0000-0000-000000000000",
            "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
        ]),
    );
    documents(cases);
    cases.echo(
        "echo-money",
        vec![Money {
            amount: parsed("12.30"),
            currency: "EUR".into(),
        }],
    );
    cases.echo(
        "echo-quantity",
        vec![Quantity {
            value: parsed("5.40"),
            unit: "mg/dL".into(),
        }],
    );
}

fn documents(cases: &mut Cases) {
    let text = |text: &str| Value::Text(text.into());
    let map = |entries: Vec<(&str, Value)>| {
        Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
        )
    };
    let deep = Value::Array(vec![Value::Integer(1), Value::Null, Value::Bool(false)]);
    let many = map(vec![
        ("name", text("Ada")),
        ("tags", Value::Array(vec![text("a"), text("b")])),
        ("nested", map(vec![("deep", deep)])),
        ("__proto__", text("kept")),
    ]);
    cases.echo(
        "echo-document",
        vec![
            Value::Null,
            Value::Bool(true),
            Value::Integer(0),
            Value::Integer(-1),
            Value::Integer((1 << 53) - 1),
            Value::Float(1.5),
            text("text"),
            Value::Array(vec![]),
            map(vec![]),
            many,
        ],
    );
    let pair = Value::Array(vec![Value::Integer(1), map(vec![("a", text("b"))])]);
    cases.echo(
        "echo-option-document",
        vec![None, Some(Value::Null), Some(pair)],
    );
}
