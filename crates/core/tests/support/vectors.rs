//! The files of `tests/vectors`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hms_ffi_core::contract::Contract;
use hms_ffi_core::contract::schema::{Schema, TypeId};
use hms_ffi_core::convert::json::Json;

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors")
}

pub fn schema() -> Arc<Schema> {
    let contract =
        Contract::load(&folder().join("vectors.wit")).expect("the vectors' contract loads");
    contract
        .schema("test:vectors/vectors")
        .expect("the interface exists")
}

/// The type that a vector names.
pub fn ty(schema: &Schema, name: &str) -> TypeId {
    let (_, function) = schema
        .function(name)
        .unwrap_or_else(|| panic!("no type {name}"));
    function.params[0].ty
}

pub fn text<'j>(entry: &'j Json, key: &str) -> &'j str {
    match entry.get(key) {
        Some(Json::String(text)) => text,
        other => panic!("{key} is a string, not {other:?} in {entry}"),
    }
}

pub fn flag(entry: &Json, key: &str) -> bool {
    entry.get(key) == Some(&Json::Bool(true))
}

pub fn bytes(hex: &str) -> Vec<u8> {
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    assert!(rest.is_empty(), "{hex}");
    pairs
        .iter()
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The files of a folder (`good`, `bad`) with their entries.
pub fn files(kind: &str) -> Vec<(PathBuf, Vec<Json>)> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder().join(kind))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let parse = |path: PathBuf| match Json::parse(&std::fs::read_to_string(&path).unwrap()).unwrap()
    {
        Json::Array(entries) => (path, entries),
        other => panic!("{} holds a list, not {}", path.display(), other.kind()),
    };
    paths.into_iter().map(parse).collect()
}
