//! Random values of random types survive the wire, and every message has one encoding.

mod support;

use std::sync::Arc;

use hms_ffi_core::contract::schema::TypeId;
use hms_ffi_core::convert::Converter;
use hms_ffi_core::convert::json::{Json, from_wire, to_wire};
use hms_ffi_core::wire::Limits;
use support::random::{Random, schema, value};

/// The same value with the elements of all arrays and objects in one order, since sets and maps have none.
fn unordered(json: &Json) -> String {
    match json {
        Json::Array(items) => {
            let mut items: Vec<String> = items.iter().map(unordered).collect();
            items.sort();
            format!("[{}]", items.join(","))
        }
        Json::Object(members) => {
            let mut members: Vec<String> = members
                .iter()
                .map(|(key, value)| format!("{key:?}:{}", unordered(value)))
                .collect();
            members.sort();
            format!("{{{}}}", members.join(","))
        }
        other => other.to_string(),
    }
}

#[test]
fn values_survive() {
    let seeds =
        std::env::var("HMS_RANDOM_SCHEMAS").map_or(200, |count| count.parse().expect("a number"));
    let mut values = 0;
    for seed in 0..seeds {
        let mut random = Random::new(seed);
        let converter = Converter::new(Arc::new(schema(&mut random, 30)));
        for id in 0..converter.schema().types.len() as TypeId {
            for _ in 0..3 {
                let json = value(&mut random, converter.schema(), id, 0);
                let message = to_wire(&converter, id, "value", &json, &Limits::DEFAULT)
                    .unwrap_or_else(|error| panic!("seed {seed}, type {id}, {json}: {error}"));
                let lifted = from_wire(&converter, id, "value", &message, &Limits::DEFAULT)
                    .unwrap_or_else(|error| panic!("seed {seed}, type {id}, {json}: {error}"));
                assert_eq!(
                    unordered(&lifted),
                    unordered(&json),
                    "seed {seed}, type {id}"
                );
                let again = to_wire(&converter, id, "value", &lifted, &Limits::DEFAULT)
                    .expect("a lifted value");
                assert_eq!(again, message, "seed {seed}, type {id}, {json}");
                values += 1;
            }
        }
    }
    println!("{values} random values of {seeds} random schemas");
}
