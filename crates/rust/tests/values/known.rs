//! Well-known types and documents.

use crate::{Claim, Denial, claim, types};
use hms_ffi::value::{
    Date, Decimal, Duration, PartialDate, TimeOfDay, Timestamp, Uuid, Value, ZonedTimestamp,
};
use std::collections::BTreeMap;

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
