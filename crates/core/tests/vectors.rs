//! All vectors of `tests/vectors` through the JSON model, both ways, and the generated files among them.
//! `HMS_BLESS=1` writes the schema and the bytes of entries that are not written by hand.

mod support;

use hms_ffi_core::contract::schema::TypeId;
use hms_ffi_core::convert::Converter;
use hms_ffi_core::convert::json::{FromJson, Json, JsonFailure, Node, ToJson, to_wire};
use hms_ffi_core::wire::Limits;
use support::vectors::{bytes, files, flag, folder, hex, schema, text, ty};

fn is_blessing() -> bool {
    std::env::var_os("HMS_BLESS").is_some()
}

fn lift(converter: &Converter, id: TypeId, message: &[u8]) -> Result<Json, JsonFailure> {
    converter.lift_message(id, "value", &mut ToJson, message, &Limits::DEFAULT)
}

#[test]
fn the_schema_is_up_to_date() {
    let text = serde_json::to_string_pretty(&*schema()).unwrap() + "\n";
    let path = folder().join("schema.json");
    if is_blessing() {
        std::fs::write(&path, &text).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap() == text,
        "schema.json is stale: run again with HMS_BLESS=1"
    );
}

#[test]
fn good_vectors_go_both_ways() {
    let converter = Converter::new(schema());
    let mut failures = Vec::new();
    let mut count = 0;
    for (path, mut entries) in files("good") {
        for entry in &mut entries {
            let id = ty(converter.schema(), text(entry, "type"));
            let json = entry.get("json").expect("json").clone();
            if !flag(entry, "lift-only") {
                let message = to_wire(&converter, id, "value", &json, &Limits::DEFAULT);
                let lowered = message.as_deref().map_or_else(ToString::to_string, hex);
                if is_blessing() && !flag(entry, "by-hand") {
                    set(entry, "hex", Json::String(lowered.clone()));
                }
                if lowered != text(entry, "hex") {
                    failures.push(format!("lowered {lowered}: {entry}"));
                }
            }
            match lift(&converter, id, &bytes(text(entry, "hex"))) {
                Ok(lifted) if lifted == json => {}
                Ok(lifted) => failures.push(format!("lifted {lifted}: {entry}")),
                Err(failure) => failures.push(format!("{failure:?}: {entry}")),
            }
            count += 1;
        }
        if is_blessing() {
            let lines: Vec<String> = entries.iter().map(ToString::to_string).collect();
            std::fs::write(path, format!("[\n{}\n]\n", lines.join(",\n"))).unwrap();
        }
    }
    println!("{count} good vectors");
    assert!(
        failures.is_empty(),
        "{} of {count} failed\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(count >= 300);
}

fn set(entry: &mut Json, key: &str, value: Json) {
    if let Json::Object(members) = entry
        && let Some(member) = members.iter_mut().find(|member| member.0 == key)
    {
        member.1 = value;
    }
}

#[test]
fn bad_vectors_are_refused_at_their_path() {
    let converter = Converter::new(schema());
    let mut failures = Vec::new();
    let mut count = 0;
    for (_, entries) in files("bad") {
        for entry in &entries {
            let id = ty(converter.schema(), text(entry, "type"));
            match lift(&converter, id, &bytes(text(entry, "hex"))) {
                Ok(json) => failures.push(format!("lifted {json}: {entry}")),
                Err(failure) => {
                    let code = failure.code().expect("no exceptions in JSON").name();
                    if (code, failure.path().as_str()) != (text(entry, "code"), text(entry, "path"))
                    {
                        failures.push(format!("{code} at {}: {entry}", failure.path()));
                    }
                }
            }
            count += 1;
        }
    }
    println!("{count} bad vectors");
    assert!(
        failures.is_empty(),
        "{} of {count} failed\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(count >= 150);
}

#[test]
fn every_type_has_five_vectors_and_enough_are_written_by_hand() {
    let schema = schema();
    let all: Vec<Json> = ["good", "bad"]
        .into_iter()
        .flat_map(files)
        .flat_map(|(_, entries)| entries)
        .collect();
    for function in &schema.functions {
        let count = all
            .iter()
            .filter(|entry| text(entry, "type") == function.name)
            .count();
        assert!(count >= 5, "{} has {count} vectors", function.name);
    }
    assert!(all.iter().filter(|entry| flag(entry, "by-hand")).count() >= 60);
}

#[test]
fn json_that_is_no_value_of_its_type_is_refused_at_its_path() {
    let converter = Converter::new(schema());
    for (name, json, expected) in [
        (
            "one-u8",
            "256",
            "value: expected u8, got a number out of its range",
        ),
        (
            "one-u8",
            "-1",
            "value: expected u8, got a number out of its range",
        ),
        ("one-u8", "1.0", "value: expected u8, got float"),
        ("one-u8", "\"1\"", "value: expected u8, got string"),
        ("one-u8", "true", "value: expected u8, got bool"),
        ("one-s64", "\"01\"", "value: expected s64, got string"),
        (
            "one-u64",
            "\"18446744073709551616\"",
            "value: expected u64, got a number out of its range",
        ),
        (
            "one-f32",
            "1e39",
            "value: expected f32, got a number out of its range",
        ),
        (
            "one-f32",
            "16777217",
            "value: expected f32, got a number out of its range",
        ),
        ("one-f64", "\"nan\"", "value: expected f64, got string"),
        ("one-char", "\"ab\"", "value: expected one character"),
        ("list-u8", "\"AQI\"", "value: not base64 with padding"),
        ("list-u8", "[1]", "value: expected list<u8>, got array"),
        (
            "list-u16",
            "[1,65536]",
            "value[1]: expected u16, got a number out of its range",
        ),
        (
            "list-f64",
            "[\"NaN:0x7ff0000000000001\",\"x\"]",
            "value[1]: expected f64",
        ),
        (
            "list-f64",
            "[\"NaN:0x7ff0000000000000\"]",
            "value[0]: expected f64",
        ),
        (
            "fixed-string-2",
            "[\"a\"]",
            "value: expected 2 elements, got 1",
        ),
        (
            "fixed-f64-2",
            "[1.0,2.0,3.0]",
            "value: expected 2 elements, got 3",
        ),
        (
            "tuple-u8-string",
            "[1]",
            "value: expected 2 elements, got 1",
        ),
        (
            "tuple-nested",
            "[[1,2],[true,5]]",
            "value[1][1]: expected string, got integer",
        ),
        ("set-u8", "[3,1,3]", "value[2]: present twice"),
        (
            "set-color",
            "[\"pink\"]",
            "value[0]: there is no case \"pink\"",
        ),
        ("map-u8", "[[1,2],[1,3]]", "value[key 1]: present twice"),
        (
            "map-u8",
            "[[1]]",
            "value[0]: expected a pair of key and value",
        ),
        (
            "map-u8",
            "[[256,1]]",
            "value[key 0]: expected u8, got a number out of its range",
        ),
        ("map-u8", "[[7,\"x\"]]", "value[7]: expected u8, got string"),
        (
            "map-string",
            "{\"a\":300}",
            "value[\"a\"]: expected u8, got a number out of its range",
        ),
        (
            "map-string-document",
            "{\"a\":1,\"b\":18446744073709551616}",
            "",
        ),
        (
            "record-point",
            "{\"x\":1}",
            "value.y: missing, expected s32",
        ),
        (
            "record-point",
            "{\"x\":1,\"y\":2,\"z\":3}",
            "value.z: the record has no such field",
        ),
        (
            "record-point",
            "{\"x\":1,\"y\":null}",
            "value.y: expected s32, got null",
        ),
        (
            "record-point",
            "[1,2]",
            "value: expected record point, got array",
        ),
        ("record-optional", "{}", ""),
        (
            "record-claim",
            "{\"id\":\"a\",\"patient\":\"b\",\"lines\":[{\"code\":\"\",\"units\":1,\"charge\":true}],\"diagnoses\":[],\"tags\":{},\"submitted\":\"1970-01-01T00:00:00Z\"}",
            "value.lines[0].charge: expected decimal, got bool",
        ),
        (
            "record-nested",
            "{\"point\":{\"x\":1,\"y\":2},\"points\":[{\"x\":\"1\",\"y\":2}],\"by-name\":{},\"shape\":{\"tag\":\"empty\"}}",
            "value.points[0].x: expected s32, got string",
        ),
        ("enum-color", "\"pink\"", "value: there is no case \"pink\""),
        ("enum-color", "1", "value: expected enum color, got integer"),
        ("flags-8", "[\"f0\",\"f0\"]", "value[1]: present twice"),
        ("flags-8", "[\"f8\"]", "value[0]: there is no case \"f8\""),
        (
            "variant-shape",
            "{\"tag\":\"text\"}",
            "value.text: missing, expected string",
        ),
        (
            "variant-shape",
            "{\"tag\":\"empty\",\"val\":null}",
            "value.empty: the case has no payload",
        ),
        ("variant-shape", "{\"tag\":\"maybe\"}", ""),
        (
            "variant-shape",
            "{\"tag\":\"text\",\"val\":1}",
            "value.text: expected string, got integer",
        ),
        (
            "variant-shape",
            "{\"tag\":\"text\",\"value\":1}",
            "value.value: the record has no such field",
        ),
        (
            "result-u8-string",
            "{\"ok\":\"x\"}",
            "value.ok: expected u8, got string",
        ),
        (
            "result-u8-string",
            "{\"ok\":1,\"err\":\"\"}",
            "value: expected one member, ok or err",
        ),
        (
            "result-none",
            "{\"ok\":1}",
            "value.ok: the case has no payload",
        ),
        (
            "option-option-u8",
            "5",
            "value: expected null or an object with the one member some",
        ),
        (
            "one-timestamp",
            "\"2024-02-30T00:00:00Z\"",
            "value: not a day of the years 1 to 9999",
        ),
        (
            "one-timestamp",
            "5",
            "value: expected timestamp, got integer",
        ),
        ("one-decimal", "1.5", "value: expected decimal, got float"),
        ("one-decimal", "\"1.\"", "value: not a decimal like -1.10"),
        ("one-document", "[{\"a\":[null,1]}]", ""),
        (
            "one-money",
            "{\"amount\":\"-0\",\"currency\":\"EUR\"}",
            "value.amount: a decimal zero has no sign",
        ),
    ] {
        let id = ty(converter.schema(), name);
        let json = Json::parse(json).unwrap();
        let result = to_wire(&converter, id, "value", &json, &Limits::DEFAULT);
        assert_eq!(
            result
                .err()
                .map_or(String::new(), |error| error.message().to_owned()),
            expected,
            "{name} {json}"
        );
    }
}

#[test]
fn lowering_holds_the_limits() {
    let converter = Converter::new(schema());
    let lower = |name: &str, json: &str, limits: Limits| {
        let json = Json::parse(json).unwrap();
        let mut model = FromJson::default();
        let id = ty(converter.schema(), name);
        let lowered =
            converter.lower_message(id, "value", &mut model, &Node::Value(&json), &limits);
        lowered
            .err()
            .map(|failure| (failure.code().unwrap().name(), failure.path()))
    };
    let limits = |max_message, max_depth, max_elements| Limits {
        max_message,
        max_depth,
        max_elements,
    };
    let exhausted = |path: &str| Some(("resource-exhausted", path.to_owned()));
    assert_eq!(
        lower("list-string", "[\"a\",\"b\"]", limits(100, 1, 2)),
        None
    );
    assert_eq!(
        lower("list-string", "[\"a\",\"b\"]", limits(100, 1, 1)),
        exhausted("value")
    );
    assert_eq!(
        lower("list-string", "[\"a\",\"b\"]", limits(100, 0, 2)),
        exhausted("value")
    );
    assert_eq!(
        lower("list-string", "[\"a\",\"b\"]", limits(13, 1, 2)),
        exhausted("value[1]")
    );
    assert_eq!(
        lower("record-point", "{\"x\":1,\"y\":1}", limits(8, 1, 0)),
        None
    );
    assert_eq!(
        lower("record-point", "{\"x\":1,\"y\":1}", limits(7, 1, 0)),
        exhausted("value")
    );
    assert_eq!(
        lower("list-list-u16", "[[1,2,3],[]]", limits(100, 2, 4)),
        None
    );
    assert_eq!(
        lower("list-list-u16", "[[1,2,3],[]]", limits(100, 2, 3)),
        exhausted("value[1]")
    );
    assert_eq!(
        lower("list-list-u16", "[[1]]", limits(100, 1, 9)),
        exhausted("value[0]")
    );
    assert_eq!(
        lower("one-document", "[[1]]", limits(100, 1, 9)),
        exhausted("value[0]")
    );
    assert_eq!(
        lower("one-document", "{\"a\":[1]}", limits(100, 2, 1)),
        exhausted("value[\"a\"]")
    );
    assert_eq!(
        lower("option-option-u8", "{\"some\":1}", limits(100, 2, 0)),
        None
    );
    assert_eq!(
        lower("option-option-u8", "{\"some\":1}", limits(100, 1, 0)),
        exhausted("value")
    );
}
