//! The contracts of `tests/conformance` load, and its list of cases names every echo function.

use std::path::{Path, PathBuf};

use hms_ffi_core::contract::Contract;
use hms_ffi_core::convert::Converter;
use hms_ffi_core::convert::json::{Json, from_wire, to_wire};
use hms_ffi_core::wire::Limits;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance")
}

fn load(file: &str) -> Contract {
    Contract::load(&folder().join(file)).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_contract_of_the_suite_loads() {
    let suite = load("conformance.wit");
    for interface in ["suite", "callback", "notices"] {
        suite
            .schema(&format!("test:conformance/{interface}"))
            .unwrap_or_else(|error| panic!("{interface}: {error}"));
    }
    for file in [
        "versions/old.wit",
        "versions/new.wit",
        "versions/broken.wit",
    ] {
        load(file)
            .schema("test:versions/early")
            .unwrap_or_else(|error| panic!("{file}: {error}"));
    }
}

#[test]
fn the_list_of_cases_names_every_echo_function() {
    let schema = load("conformance.wit")
        .schema("test:conformance/suite")
        .unwrap();
    let mut echoes: Vec<&str> = schema
        .functions
        .iter()
        .map(|function| function.name.as_str())
        .filter(|name| name.starts_with("echo-"))
        .collect();
    let text = std::fs::read_to_string(folder().join("cases.txt")).unwrap();
    let mut cases: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("echo-"))
        .collect();
    echoes.sort_unstable();
    cases.sort_unstable();
    assert_eq!(cases, echoes);
}

/// As values, not as text: a whole float may be written without a fraction, members come in any order.
fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Integer(whole), Json::Float(float)) | (Json::Float(float), Json::Integer(whole)) => {
            *whole as f64 == *float
        }
        (Json::Float(a), Json::Float(b)) => a.to_bits() == b.to_bits(),
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Json::Object(members), Json::Object(others)) => {
            members.len() == others.len()
                && members
                    .iter()
                    .all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        _ => a == b,
    }
}

#[test]
fn the_values_of_the_suite_go_both_ways() {
    let schema = load("conformance.wit")
        .schema("test:conformance/suite")
        .unwrap();
    let converter = Converter::new(schema.clone());
    let text = std::fs::read_to_string(folder().join("values.json")).unwrap();
    let Json::Object(values) = Json::parse(&text).unwrap() else {
        panic!("values.json is an object");
    };
    for (name, values) in &values {
        let (function, values) = match (name.as_str(), values) {
            ("sample", sample) => ("is-sample", std::slice::from_ref(sample)),
            // A list of arguments, which is no value of one type.
            ("echo-many", _) => continue,
            (name, Json::Array(values)) => (name, values.as_slice()),
            _ => panic!("{name}: a list of values"),
        };
        let ty = schema
            .functions
            .iter()
            .find(|found| found.name == function)
            .unwrap_or_else(|| panic!("{name}: no such function"))
            .params[0]
            .ty;
        for value in values {
            let message = to_wire(&converter, ty, "value", value, &Limits::DEFAULT)
                .unwrap_or_else(|error| panic!("{name} {value}: {error}"));
            let back = from_wire(&converter, ty, "value", &message, &Limits::DEFAULT).unwrap();
            assert!(same(value, &back), "{name}: {value} came back as {back}");
        }
    }
}
