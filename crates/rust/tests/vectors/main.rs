//! All vectors of `tests/vectors` through serde, as Rust types made for each of their types would go.

mod dynamic;
mod from_json;

use dynamic::For;
use from_json::from_json;
use hms_ffi::value::{from_wire_seed, to_wire};
use hms_ffi_core::contract::schema::{Schema, TypeId};
use hms_ffi_core::convert::Converter;
use hms_ffi_core::convert::json::Json;
use hms_ffi_core::wire::Limits;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors")
}

fn converter() -> Converter {
    let json = std::fs::read(folder().join("schema.json")).unwrap();
    Converter::new(Arc::new(Schema::from_peer_json(&json).unwrap()))
}

struct Vector {
    ty: TypeId,
    json: Option<Json>,
    bytes: Vec<u8>,
    expected: (String, String),
    entry: Json,
}

fn vectors(schema: &Schema, kind: &str) -> Vec<Vector> {
    let text = |entry: &Json, key: &str| match entry.get(key) {
        Some(Json::String(text)) => text.clone(),
        _ => String::new(),
    };
    let mut vectors = Vec::new();
    for file in std::fs::read_dir(folder().join(kind)).unwrap() {
        let Json::Array(entries) =
            Json::parse(&std::fs::read_to_string(file.unwrap().path()).unwrap()).unwrap()
        else {
            panic!("a file of vectors is a list")
        };
        for entry in entries {
            let lift_only = entry.get("lift-only") == Some(&Json::Bool(true));
            vectors.push(Vector {
                ty: schema
                    .function(&text(&entry, "type"))
                    .expect("a type")
                    .1
                    .params[0]
                    .ty,
                json: entry.get("json").filter(|_| !lift_only).cloned(),
                bytes: bytes(&text(&entry, "hex")),
                expected: (text(&entry, "code"), text(&entry, "path")),
                entry,
            });
        }
    }
    vectors
}

fn bytes(hex: &str) -> Vec<u8> {
    let (pairs, _) = hex.as_bytes().as_chunks::<2>();
    pairs
        .iter()
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

#[track_caller]
fn report(failures: &[String], count: usize, least: usize) {
    assert!(
        failures.is_empty(),
        "{} of {count} failed\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(count >= least, "{count}");
    println!("{count} vectors");
}

fn is_same(
    value: &dynamic::Dynamic,
    other: Result<dynamic::Dynamic, hms_ffi_core::error::Error>,
) -> bool {
    other.is_ok_and(|other| format!("{other:?}") == format!("{value:?}"))
}

#[test]
fn good_vectors_go_both_ways() {
    let converter = converter();
    let schema = converter.schema();
    let vectors = vectors(schema, "good");
    let mut failures = Vec::new();
    for Vector {
        ty,
        json,
        bytes,
        entry,
        ..
    } in &vectors
    {
        let seed = For {
            schema,
            ty: Some(*ty),
        };
        let lower =
            |value: &dynamic::Dynamic| to_wire(&converter, *ty, "value", value, &Limits::DEFAULT);
        let lift =
            |bytes: &[u8]| from_wire_seed(&converter, *ty, "value", bytes, &Limits::DEFAULT, seed);
        match lift(bytes) {
            Ok(value) if lower(&value).as_ref() == Ok(bytes) => {}
            // A decimal's text does not say which exponent a document had.
            Ok(value)
                if json.is_none()
                    && lower(&value).is_ok_and(|again| is_same(&value, lift(&again))) => {}
            Ok(value) => failures.push(format!("{value:?} lowered {:?}: {entry}", lower(&value))),
            Err(error) => failures.push(format!("{error}: {entry}")),
        }
        if let Some(json) = json {
            let value = from_json(schema, *ty, json);
            let lowered = lower(&value);
            if lowered.as_ref() != Ok(bytes) {
                failures.push(format!("{value:?} lowered {lowered:?}: {entry}"));
            }
        }
    }
    report(&failures, vectors.len(), 300);
}

#[test]
fn bad_vectors_are_refused_at_their_path() {
    let converter = converter();
    let schema = converter.schema();
    let vectors = vectors(schema, "bad");
    let mut failures = Vec::new();
    for Vector {
        ty,
        bytes,
        expected,
        entry,
        ..
    } in &vectors
    {
        let seed = For {
            schema,
            ty: Some(*ty),
        };
        match from_wire_seed(&converter, *ty, "value", bytes, &Limits::DEFAULT, seed) {
            Ok(value) => failures.push(format!("lifted {value:?}: {entry}")),
            Err(error) => {
                let path = error.message().split(": ").next().unwrap_or_default();
                if (error.code().name(), path) != (&expected.0, &expected.1) {
                    failures.push(format!("{error}: {entry}"));
                }
            }
        }
    }
    report(&failures, vectors.len(), 150);
}
