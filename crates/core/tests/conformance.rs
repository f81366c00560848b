//! The contracts of `tests/conformance` load, and its list of cases names every echo function.

use std::path::{Path, PathBuf};

use hms_ffi_core::contract::Contract;

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
