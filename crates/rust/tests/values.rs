//! Every row of the table of types in Rust, through the wire and back, and what is refused.

mod support;

use hms_ffi::value::{
    Date, Decimal, Duration, PartialDate, TimeOfDay, Timestamp, Uuid, Value, ZonedTimestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use support::{Types, hex};

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

#[test]
fn scalars() {
    let types = types();
    types.both_ways("u8", &255u8, "ff");
    types.both_ways("s64", &i64::MIN, "0000000000000080");
    types.both_ways("f64", &-0.0f64, "0000000000000080");
    types.both_ways("char", &'😀', "00f60100");
    types.both_ways("text", &"\0π".to_owned(), "0300000000cf80");
    assert_eq!(types.hex("u8", &7i64), "07", "any integer that fits");
    assert_eq!(types.hex("s64", &7u8), "0700000000000000");
    assert_eq!(
        types.hex("f32", &0.1f64),
        types.hex("f32", &0.1f32),
        "the nearest f32"
    );
    assert_eq!(
        types.hex("f64", &f64::from_bits(0xfff8_0000_0000_0001)),
        "000000000000f87f"
    );
}

#[test]
fn scalars_out_of_range() {
    let types = types();
    types.refuses(
        "u8",
        &256i64,
        "v: expected u8, got a number out of its range",
    );
    types.refuses("u8", &-1i8, "v: expected u8, got a number out of its range");
    types.refuses(
        "s64",
        &u64::MAX,
        "v: expected s64, got a number out of its range",
    );
    types.refuses(
        "f32",
        &1e300,
        "v: expected f32, got a number out of its range",
    );
    types.refuses("f64", &1, "v: expected f64, got integer");
    types.refuses("u8", &1.0, "v: expected u8, got float");
    types.refuses("u8", &true, "v: expected u8, got bool");
    types.refuses("text", &'a', "v: expected string, got char");
    types.refuses("char", &"a", "v: expected char, got string");
    types.refuses_to_lift::<f64>("u8", "07", "v: expected f64, got u8");
    types.refuses_to_lift::<f32>("f64", "0000000000000000", "v: expected f32, got f64");
    types.refuses_to_lift::<char>("text", "0100000061", "v: expected char, got string");
    types.refuses_to_lift::<i8>("u8", "ff", "v: expected i8, got another unsigned integer");
}

#[test]
fn lists_are_packed_and_aligned() {
    let types = types();
    types.both_ways("bytes", &vec![1u8, 2], "020000000102");
    types.both_ways("doubles", &vec![1.0f64], "0100000000000000000000000000f03f");
    types.both_ways("doubles", &Vec::<f64>::new(), "00000000");
    types.both_ways("three", &[1i32, -2, 3], "01000000feffffff03000000");
    types.both_ways("three", &vec![1i32, -2, 3], "01000000feffffff03000000");
    types.both_ways("pair", &(1u8, "a".to_owned()), "010100000061");
    let nan = f32::from_bits(0x7fa0_0001);
    assert_eq!(
        types.hex("singles", &[nan]),
        "010000000100a07f",
        "bits of a NaN in a list are kept"
    );
    types.refuses("three", &vec![1], "v: expected 3 elements, got 1");
    types.refuses("three", &vec![1, 2, 3, 4], "v: expected 3 elements, got 4");
    types.refuses("doubles", &vec![1], "v[0]: expected f64, got integer");
    types.refuses(
        "bytes",
        &vec![1, 300],
        "v[1]: expected u8, got a number out of its range",
    );
    types.refuses(
        "pair",
        &(1u8,),
        "v: expected tuple<u8, string>, got tuple of 1",
    );
    types.refuses("bytes", &"text", "v: expected list<u8>, got string");
}

#[test]
fn strings_and_bytes_are_lent() {
    #[derive(Deserialize, PartialEq, Debug)]
    struct Borrowed<'a> {
        code: &'a str,
        units: u16,
        charge: Decimal,
    }
    let types = types();
    let message = types.lower("lines", &[line("A", "1")]).unwrap();
    let lines: Vec<Borrowed<'_>> = types.lift("lines", &message).unwrap();
    assert_eq!(lines[0].code, "A");
    assert!(message.as_ptr_range().contains(&lines[0].code.as_ptr()));
    let message = types.lower("bytes", &vec![1u8, 2, 3]).unwrap();
    assert_eq!(types.lift::<&[u8]>("bytes", &message).unwrap(), [1, 2, 3]);
}

#[test]
fn records_go_by_name() {
    let types = types();
    let message = types.lower("claim", &claim()).unwrap();
    assert_eq!(types.lift::<Claim>("claim", &message).unwrap(), claim());

    // The contract's order, whatever the value's.
    let line = |units: &[u8]| [b"\x01\0\0\0A", units, b"\x03\0\0\01.0"].concat();
    let as_map = BTreeMap::from([
        ("charge", Any::Decimal("1.0")),
        ("code", Any::Text("A")),
        ("units", Any::Int(3)),
    ]);
    assert_eq!(types.lower("lines", &[as_map]).unwrap()[4..], line(&[3, 0]));

    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "camelCase")]
    struct Inner {
        numbers: Vec<f64>,
        first_name: String,
    }
    let inner = Inner {
        numbers: vec![2.0],
        first_name: "ab".into(),
    };
    types.both_ways(
        "inner",
        &inner,
        "02000000 6162 01000000 000000000000 0000000000000040",
    );
}

#[test]
fn records_that_do_not_fit() {
    let types = types();
    #[derive(Serialize, Deserialize, Debug)]
    struct Short {
        code: String,
        charge: Decimal,
    }
    let short = Short {
        code: "A".into(),
        charge: "1".parse().unwrap(),
    };
    types.refuses("lines", &[short], "v[0].units: the field is missing");
    types.refuses(
        "lines",
        &[BTreeMap::from([("codes", 1)])],
        "v[0]: record line has no field \"codes\"",
    );
    let mut wrong = BTreeMap::from([("code", 1u8)]);
    types.refuses(
        "lines",
        &[wrong.clone()],
        "v[0].code: expected string, got integer",
    );
    wrong.insert("Code", 1);
    types.refuses("lines", &[wrong], "v[0].code: expected string, got integer");
    types.refuses(
        "lines",
        &[("A", 1)],
        "v[0]: expected record line, got tuple of 2",
    );

    // What the Rust type does not have is skipped, but checked.
    let message = types.lower("lines", &[line("A", "1.10")]).unwrap();
    assert_eq!(
        types.lift::<Vec<Short>>("lines", &message).unwrap()[0]
            .charge
            .as_str(),
        "1.10"
    );
    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Strict {
        code: String,
    }
    types.refuses_to_lift::<Vec<Strict>>(
        "lines",
        &hex(&message),
        "v[0]: the Rust type has no field \"units\"",
    );
    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct Wrong {
        code: String,
        units: bool,
    }
    types.refuses_to_lift::<Vec<Wrong>>(
        "lines",
        &hex(&message),
        "v[0].units: expected bool, got u16",
    );
    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct More {
        code: String,
        extra: u8,
    }
    types.refuses_to_lift::<Vec<More>>(
        "lines",
        &hex(&message),
        "v[0]: the contract has no field \"extra\", which the Rust type needs",
    );
}

#[test]
fn missing_options_are_none() {
    let types = types();
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Sparse {
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        tags: HashMap<String, String>,
        lines: Vec<Line>,
        diagnoses: HashSet<String>,
        id: String,
    }
    let sparse = Sparse {
        note: None,
        tags: HashMap::new(),
        lines: vec![],
        diagnoses: HashSet::new(),
        id: "x".into(),
    };
    let message = types.lower("claim", &sparse).unwrap();
    assert_eq!(
        hex(&message),
        "0100000078 00000000 00000000 00000000 00".replace(' ', "")
    );
    assert_eq!(types.lift::<Sparse>("claim", &message).unwrap(), sparse);
}

#[test]
fn flattened_fields() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Outer {
        charge: Decimal,
        #[serde(flatten)]
        rest: Rest,
    }
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Rest {
        units: u16,
        code: String,
    }
    let types = types();
    let outer = Outer {
        charge: "2.50".parse().unwrap(),
        rest: Rest {
            units: 1,
            code: "B".into(),
        },
    };
    let message = types.lower("lines", &[&outer]).unwrap();
    assert_eq!(
        types.lift::<Vec<Rest>>("lines", &message).unwrap(),
        [outer.rest]
    );
}

#[test]
fn options_nest() {
    let types = types();
    types.both_ways("nested", &None::<Option<u8>>, "00");
    types.both_ways("nested", &Some(None::<u8>), "0100");
    types.both_ways("nested", &Some(Some(5u8)), "010105");
    types.refuses(
        "nested",
        &5u8,
        "v: expected option<option<u8>>, got integer",
    );
    types.refuses_to_lift::<u8>(
        "nested",
        "010105",
        "v: expected integer, got option<option<u8>>",
    );
}

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

#[test]
fn sets_and_maps_are_sorted() {
    let types = types();
    types.both_ways(
        "codes",
        &HashSet::from(["b".to_owned(), "aa".to_owned(), "a".to_owned()]),
        "03000000 0100000061 0100000062 020000006161",
    );
    types.refuses("codes", &["a", "b", "a"], "v[2]: present twice");
    types.refuses_to_lift::<BTreeSet<String>>(
        "codes",
        "0200000001000000620100000061",
        "v[1]: out of order",
    );
    types.refuses_to_lift::<Vec<String>>(
        "codes",
        "0200000001000000610100000061",
        "v[1]: present twice",
    );
    types.both_ways(
        "names",
        &BTreeMap::from([("aa".to_owned(), 1u8), ("b".to_owned(), 2)]),
        "02000000 010000006202 02000000616101",
    );
    // Keys little-endian: 256 comes before 1. The padding of the values depends on where they end up.
    let counts = BTreeMap::from([(1u16, vec![1.0]), (256, vec![]), (2, vec![0.5, 0.25])]);
    types.both_ways(
        "counts",
        &counts,
        "03000000 0001 00000000 0100 01000000 000000000000f03f \
         0200 02000000 0000 000000000000e03f 000000000000d03f",
    );
    let twice = support::Pairs(vec![("a", 1u8), ("b", 2), ("a", 3)]);
    types.refuses("names", &twice, "v[key 2]: present twice");
    types.refuses(
        "names",
        &BTreeMap::from([("a", 300)]),
        "v[\"a\"]: expected u8, got a number out of its range",
    );
    types.refuses(
        "counts",
        &BTreeMap::from([(70000, vec![0.0])]),
        "v[key 0]: expected u16, got a number out of its range",
    );
    types.refuses(
        "counts",
        &BTreeMap::from([(7, vec!["x"])]),
        "v[7][0]: expected f64, got string",
    );
    types.refuses_to_lift::<BTreeMap<String, bool>>(
        "names",
        "01000000010000006102",
        "v[\"a\"]: expected bool, got u8",
    );
}

#[test]
fn well_known_types() {
    let types = types();
    let timestamp = Timestamp::new(-1, 999_999_999).unwrap();
    types.both_ways("timestamp", &timestamp, "ffffffffffffffff ffc99a3b");
    types.both_ways(
        "zoned",
        &ZonedTimestamp::new(timestamp, -90).unwrap(),
        "ffffffffffffffff ffc99a3b a6ff",
    );
    types.both_ways("date", &Date::new(2024, 2, 29).unwrap(), "e807021d");
    types.both_ways("partial", &PartialDate::new(2024, None).unwrap(), "e80700");
    types.both_ways(
        "partial",
        &PartialDate::new(2024, Some(2)).unwrap(),
        "e8070102",
    );
    types.both_ways(
        "time",
        &TimeOfDay::new(23, 59, 59, 1).unwrap(),
        "173b3b01000000",
    );
    types.both_ways(
        "duration",
        &Duration::new(-1, 750_000_000).unwrap(),
        "ffffffffffffffff 8017b42c",
    );
    types.both_ways(
        "decimal",
        &"1.10".parse::<Decimal>().unwrap(),
        "04000000312e3130",
    );
    types.both_ways(
        "uuid",
        &Uuid::from_u128(0x0102),
        "0000000000000000 0201000000000000",
    );

    types.both_ways(
        "duration",
        &std::time::Duration::new(1, 5),
        "0100000000000000 05000000",
    );
    let instant = std::time::UNIX_EPOCH + std::time::Duration::new(1, 5);
    types.both_ways("timestamp", &instant, "0100000000000000 05000000");

    types.refuses(
        "timestamp",
        &"1970-01-01T00:00:00Z",
        "v: expected timestamp, got string",
    );
    types.refuses("decimal", &1.5, "v: expected decimal, got float");
    types.refuses(
        "duration",
        &timestamp,
        "v: expected duration, got struct timestamp",
    );
    types.refuses(
        "claim",
        &timestamp,
        "v: expected record claim, got struct timestamp",
    );
    types.refuses_to_lift::<Duration>(
        "timestamp",
        "000000000000000000000000",
        "v: expected duration, got timestamp",
    );
    types.refuses_to_lift::<Decimal>(
        "text",
        "0100000031",
        "v: expected struct decimal, got string",
    );
    types.refuses_to_lift::<Decimal>("decimal", "020000002d30", "v: a decimal zero has no sign");
    types.refuses_to_lift::<std::time::Duration>(
        "duration",
        "ffffffffffffffff00000000",
        "v: expected u64, got another signed integer",
    );
    // A text for those who take anything.
    let message = types
        .lower("date", &Date::new(2024, 2, 29).unwrap())
        .unwrap();
    assert_eq!(
        types.lift::<Value>("date", &message).unwrap(),
        Value::Text("2024-02-29".into())
    );
}

#[test]
fn documents() {
    let types = types();
    let value = Value::Map(vec![
        ("decimal".into(), Value::Decimal("1.10".parse().unwrap())),
        (
            "list".into(),
            Value::Array(vec![
                Value::Null,
                Value::Integer(1 << 63),
                Value::Float(1.0),
            ]),
        ),
        ("raw".into(), Value::Bytes(vec![1])),
    ]);
    let message = types.lower("document", &value).unwrap();
    let mut lifted = types.lift::<Value>("document", &message).unwrap();
    if let Value::Map(entries) = &mut lifted {
        entries.sort_by(|a, b| a.0.cmp(&b.0));
    }
    assert_eq!(lifted, value);

    // Any type with what documents have.
    let message = types.lower("document", &claim()).unwrap();
    assert_eq!(types.lift::<Claim>("document", &message).unwrap(), claim());
    for denial in [
        Denial::Duplicate,
        Denial::InPart(1, "a".into()),
        Denial::NotCovered("x".into()),
    ] {
        let message = types.lower("document", &denial).unwrap();
        assert_eq!(types.lift::<Denial>("document", &message).unwrap(), denial);
    }
    let timestamp = Timestamp::new(0, 0).unwrap();
    let message = types.lower("document", &timestamp).unwrap();
    assert_eq!(
        types.lift::<Value>("document", &message).unwrap(),
        Value::Text("1970-01-01T00:00:00Z".into())
    );
    assert_eq!(
        types.lift::<Timestamp>("document", &message).unwrap(),
        timestamp
    );

    types.both_ways("maybe", &None::<Value>, "00");
    types.both_ways("maybe", &Some(Value::Null), "0101000000f6");
    types.refuses(
        "document",
        &BTreeMap::from([("a", [i128::MAX])]),
        "v: an integer of a document is -2^64 to 2^64 - 1",
    );
    types.refuses_to_lift::<f64>(
        "document",
        "0100000001",
        "v: expected a float, got an integer",
    );
    types.refuses_to_lift::<Value>("document", "02000000f600", "v: bytes follow the last value");
    types.refuses_to_lift::<Vec<bool>>(
        "document",
        "0200000081f6",
        "v[0]: expected a boolean, got nothing",
    );
}

#[test]
fn limits_hold_both_ways() {
    let mut types = types();
    let message = types.lower("claim", &claim()).unwrap();
    types.limits.max_elements = 3;
    let error = types.lower("claim", &claim()).unwrap_err();
    assert_eq!(error.code().name(), "resource-exhausted");
    assert_eq!(
        types
            .lift::<Claim>("claim", &message)
            .unwrap_err()
            .code()
            .name(),
        "resource-exhausted"
    );
    types.limits = Default::default();
    types.limits.max_depth = 2;
    let error = types.lower("claim", &claim()).unwrap_err();
    assert_eq!(
        error.message(),
        "v.lines[0]: nested deeper than the limit allows"
    );
    types.limits.max_depth = 3;
    types.lower("claim", &claim()).unwrap();
    types.limits.max_message = 20;
    assert_eq!(
        types.lower("claim", &claim()).unwrap_err().code().name(),
        "resource-exhausted"
    );
}

#[test]
fn what_takes_anything_takes_everything() {
    let types = types();
    let any = |name: &str, message: &[u8]| types.lift::<serde_json::Value>(name, message).unwrap();
    let message = types.lower("claim", &claim()).unwrap();
    assert_eq!(
        any("claim", &message),
        serde_json::json!({
            "id": "c1", "note": "π", "diagnoses": ["I10", "E11.9"], "tags": {"z": "b", "long key": "a"},
            "lines": [{"code": "A", "units": 3, "charge": "1.10"}, {"code": "B", "units": 3, "charge": "-0.5"}],
        })
    );
    let message = types
        .lower("denial", &Denial::InPart(1, "a".into()))
        .unwrap();
    assert_eq!(
        any("denial", &message),
        serde_json::json!({"tag": "in-part", "val": [1, "a"]})
    );
    let message = types
        .lower("outcome", &vec![Ok::<u8, String>(1), Err("x".into())])
        .unwrap();
    assert_eq!(
        any("outcome", &message),
        serde_json::json!([{"ok": 1}, {"err": "x"}])
    );
    assert_eq!(
        any("perms", &[5]),
        serde_json::json!(["read", "delete-all"])
    );
    assert_eq!(any("status", &[2]), serde_json::json!("partly-denied"));
}

#[derive(Serialize)]
#[serde(untagged)]
enum Any {
    Decimal(#[serde(serialize_with = "decimal")] &'static str),
    Text(&'static str),
    Int(i64),
}

fn decimal<S: serde::Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    text.parse::<Decimal>().unwrap().serialize(serializer)
}
