//! A caller's view against an exporter of another version: which functions can be called, and what becomes of the bytes.

use std::sync::Arc;

use hms_ffi_core::contract::Contract;
use hms_ffi_core::contract::resolve::{Resolution, mismatches};
use hms_ffi_core::contract::schema::Schema;
use hms_ffi_core::error::Code;
use hms_ffi_core::wire::{Limits, Number, Writer};

fn schema(body: &str) -> Arc<Schema> {
    let text = format!(
        "package a:b@1.0.0;\ninterface i {{\n use hms:types/values@1.0.0.{{uuid}};\n use hms:types/numbers@1.0.0.{{decimal}};\n{body}\n}}"
    );
    Contract::parse("test.wit", &text)
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
        .schema("a:b/i")
        .unwrap()
}

fn bytes(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::new(Limits::DEFAULT);
    write(&mut writer);
    writer.finish().unwrap()
}

/// `f` of `view` at `exporter`: arguments there, results back.
struct Pair(Resolution);

impl Pair {
    fn new(view: &str, exporter: &str) -> Pair {
        let (view, exporter) = (schema(view), schema(exporter));
        assert!(
            mismatches(&view, &exporter).is_empty(),
            "{:?}",
            mismatches(&view, &exporter)
        );
        Pair(Resolution::new(&view, &exporter))
    }

    fn args(&self, message: &[u8]) -> Result<Vec<u8>, (Code, String)> {
        let result = self
            .0
            .function(0)
            .unwrap()
            .transcode_args(message, &Limits::DEFAULT);
        result.map_err(|error| (error.code(), error.message().to_owned()))
    }

    fn ok(&self, message: &[u8]) -> Result<Vec<u8>, (Code, String)> {
        let result = self
            .0
            .function(0)
            .unwrap()
            .transcode_ok(message, &Limits::DEFAULT);
        result.map_err(|error| (error.code(), error.message().to_owned()))
    }
}

#[test]
fn equal_functions_pass_their_bytes() {
    let pair = Pair::new(
        "f: func(a: u8) -> string;",
        "g: func(); f: func(a: u8) -> string;",
    );
    let plan = pair.0.function(0).unwrap();
    assert!(plan.is_identical());
    assert_eq!(plan.exporter_index, 1);
    assert_eq!(pair.args(&[7]).unwrap(), [7]);
}

#[test]
fn fields_match_by_name_in_any_order_and_alignment_is_kept() {
    let view = "record r { a: u8, b: list<u32>, c: string } f: func(r: r) -> r;";
    let exporter =
        "record r { c: string, new: option<u64>, b: list<u32>, a: u8 } f: func(r: r) -> r;";
    let pair = Pair::new(view, exporter);
    let packed = [1, 0, 0, 0, 2, 0, 0, 0];
    let old = bytes(|w| {
        w.u8(9);
        w.numbers(Number::U32, &packed).unwrap();
        w.string("xy").unwrap();
    });
    let new = bytes(|w| {
        w.string("xy").unwrap();
        w.u8(0);
        w.numbers(Number::U32, &packed).unwrap();
        w.u8(9);
    });
    assert_eq!(pair.args(&old).unwrap(), new);
    assert_eq!(pair.ok(&new).unwrap(), old);
    let some = bytes(|w| {
        w.string("xy").unwrap();
        w.u8(1);
        w.u64(5);
        w.numbers(Number::U32, &packed).unwrap();
        w.u8(9);
    });
    assert_eq!(
        pair.ok(&some).unwrap(),
        old,
        "what only the provider knows is ignored in results"
    );
}

#[test]
fn what_the_provider_does_not_know_is_never_dropped_silently() {
    let view = "record r { a: u8, note: option<string> } f: func(rs: list<r>, extra: option<u8>);";
    let pair = Pair::new(view, "record r { a: u8 } f: func(rs: list<r>);");
    let message = |note: bool, extra: bool| {
        bytes(|w| {
            w.u32(1);
            w.u8(3);
            w.bool(note);
            if note {
                w.string("n").unwrap();
            }
            w.bool(extra);
            if extra {
                w.u8(1);
            }
        })
    };
    assert_eq!(pair.args(&message(false, false)).unwrap(), [1, 0, 0, 0, 3]);
    assert_eq!(
        pair.args(&message(true, false)).unwrap_err(),
        (
            Code::InvalidArgument,
            "rs[0].note: the provider's version does not know it".into()
        )
    );
    assert_eq!(
        pair.args(&message(false, true)).unwrap_err(),
        (
            Code::InvalidArgument,
            "extra: the provider's version does not know it".into()
        )
    );
}

#[test]
fn values_become_options_but_only_from_writer_to_reader() {
    let pair = Pair::new(
        "f: func(a: u8) -> option<u8>;",
        "f: func(a: option<u8>) -> u8;",
    );
    assert_eq!(pair.args(&[5]).unwrap(), [1, 5]);
    assert_eq!(pair.ok(&[5]).unwrap(), [1, 5]);
    let nested = Pair::new("f: func(a: option<u8>);", "f: func(a: option<option<u8>>);");
    assert_eq!(
        nested.args(&[0]).unwrap(),
        [1, 0],
        "a none of the caller is a value of the inner option"
    );
}

#[test]
fn packed_numbers_become_options_one_by_one() {
    let pair = Pair::new(
        "f: func(a: list<f32>, b: list<u16, 2>);",
        "f: func(a: list<option<f32>>, b: list<option<u16>, 2>);",
    );
    let message = bytes(|w| {
        w.numbers(Number::F32, &[0, 0, 0x80, 0x3f, 1, 0, 0xa0, 0x7f])
            .unwrap();
        w.fixed_numbers(Number::U16, &[1, 0, 2, 0]).unwrap();
    });
    let expected = [
        &[2, 0, 0, 0][..],
        &[1, 0, 0, 0x80, 0x3f],
        &[1, 0, 0, 0xc0, 0x7f],
        &[1, 1, 0],
        &[1, 2, 0],
    ]
    .concat();
    assert_eq!(pair.args(&message).unwrap(), expected);
}

#[test]
fn unknown_cases_fall_back_or_fail_when_they_arrive() {
    let exporter = "enum e { x, new, y } f: func() -> list<e>;";
    let message = bytes(|w| {
        w.u32(3);
        w.u8(2);
        w.u8(0);
        w.u8(1);
    });
    let with = Pair::new(
        r#"@external-id("hms:fallback=other") enum e { y, other, x } f: func() -> list<e>;"#,
        exporter,
    );
    assert_eq!(with.ok(&message).unwrap(), [3, 0, 0, 0, 0, 2, 1]);
    let without = Pair::new("enum e { y, x } f: func() -> list<e>;", exporter);
    assert_eq!(
        without
            .ok(&message[..4]
                .iter()
                .copied()
                .chain([2, 0, 0])
                .collect::<Vec<_>>())
            .unwrap()
            .len(),
        7
    );
    assert_eq!(
        without.ok(&message).unwrap_err(),
        (
            Code::DataLoss,
            "result[2]: the caller's version does not know the case `new`".into()
        )
    );
}

#[test]
fn payloads_of_unknown_cases_are_skipped() {
    let pair = Pair::new(
        r#"@external-id("hms:fallback=other") variant v { other, a(string) } f: func() -> tuple<v, u8>;"#,
        "variant v { b(tuple<list<u64>, string>), a(string) } f: func() -> tuple<v, u8>;",
    );
    let message = bytes(|w| {
        w.discriminant(0, 2);
        w.numbers(Number::U64, &[0; 16]).unwrap();
        w.string("zzz").unwrap();
        w.u8(7);
    });
    assert_eq!(pair.ok(&message).unwrap(), [0, 7]);
}

#[test]
fn sets_of_enums_are_sorted_again() {
    let view = r#"@external-id("hms:fallback=other") enum e { y, x, other } @external-id("hms:set") type s = list<e>; f: func() -> s;"#;
    let exporter =
        r#"enum e { x, y, p, q } @external-id("hms:set") type s = list<e>; f: func() -> s;"#;
    let pair = Pair::new(view, exporter);
    assert_eq!(
        pair.ok(&[4, 0, 0, 0, 0, 1, 2, 3]).unwrap(),
        [3, 0, 0, 0, 0, 1, 2]
    );
    let (code, message) = pair.ok(&[2, 0, 0, 0, 1, 0]).unwrap_err();
    assert_eq!(
        (code, message.as_str()),
        (Code::DataLoss, "result[1]: out of order")
    );
}

#[test]
fn flags_match_by_name() {
    let pair = Pair::new(
        "flags p { a, b, c } f: func(p: p) -> p;",
        "flags p { z, c, a } f: func(p: p) -> p;",
    );
    assert_eq!(pair.args(&[0b101]).unwrap(), [0b110]);
    assert_eq!(
        pair.args(&[0b010]).unwrap_err(),
        (
            Code::InvalidArgument,
            "p: the provider's version does not know the flag `b`".into()
        )
    );
    assert_eq!(pair.ok(&[0b111]).unwrap(), [0b101]);
}

#[test]
fn map_values_are_found_by_their_key() {
    let pair = Pair::new(
        "enum e { a } f: func() -> map<string, e>;",
        "enum e { a, b } f: func() -> map<string, e>;",
    );
    let message = bytes(|w| {
        w.u32(1);
        w.string("k\"").unwrap();
        w.u8(1);
    });
    let (_, text) = pair.ok(&message).unwrap_err();
    assert_eq!(
        text,
        r#"result["k\""]: the caller's version does not know the case `b`"#
    );
}

#[test]
fn differences_are_named_with_their_place() {
    for (view, exporter, expected) in [
        (
            "f: func();",
            "g: func();",
            "f: the provider does not have it",
        ),
        (
            "f: func(a: u8);",
            "f: func(a: u16);",
            "f(a): the caller has u8, the provider has u16",
        ),
        (
            "f: func() -> u8;",
            "f: func() -> u16;",
            "f result: the caller has u8, the provider has u16",
        ),
        (
            "f: func() -> f32;",
            "f: func() -> f64;",
            "f result: the caller has f32, the provider has f64",
        ),
        (
            "f: func(a: option<u8>);",
            "f: func(a: u8);",
            "f(a): the caller has option<u8>, the provider has u8",
        ),
        (
            "f: func(a: list<u8>);",
            "f: func(a: list<u16>);",
            "f(a[]): the caller has u8, the provider has u16",
        ),
        (
            "f: func(a: list<u8>);",
            "f: func(a: string);",
            "f(a): the caller has list<u8>, the provider has string",
        ),
        (
            "f: func(a: string);",
            "f: func(a: decimal);",
            "f(a): the caller has string, the provider has decimal",
        ),
        (
            "f: func();",
            "f: func(a: u8);",
            "f(a): the provider needs it and the caller does not have it",
        ),
        (
            "f: func(a: u8);",
            "f: func();",
            "f(a): only the caller has it; the provider could not know what it says",
        ),
        (
            "record r { a: list<u8> } f: func() -> list<r>;",
            "record r { b: u8 } f: func() -> list<r>;",
            "f result[].a: the caller needs it and the provider does not have it",
        ),
        (
            "variant v { a(u8) } f: func(v: v);",
            "variant v { a } f: func(v: v);",
            "f(v.a): the caller has a value here, the provider has none",
        ),
        (
            "f: func() -> result<u8>;",
            "f: func() -> u8;",
            "f: the caller has a declared error, the provider has none",
        ),
        (
            "f: func() -> result<u8, string>;",
            "f: func() -> result<u8>;",
            "f error: the caller has a value here, the provider has none",
        ),
        (
            "f: func(a: tuple<u8>);",
            "f: func(a: tuple<u8, u8>);",
            "f(a): a tuple of 1 against one of 2",
        ),
        (
            "f: func(a: list<u8, 2>);",
            "f: func(a: list<u8, 3>);",
            "f(a): a list of 2 against one of 3",
        ),
        (
            "f: func(a: uuid);",
            "f: func(a: tuple<u64, u64>);",
            "f(a): the caller has uuid, the provider has tuple",
        ),
    ] {
        let (view, exporter) = (schema(view), schema(exporter));
        let found = mismatches(&view, &exporter);
        assert_eq!(
            found.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [expected]
        );
        let resolution = Resolution::new(&view, &exporter);
        let error = resolution.function(0).unwrap_err();
        assert!(
            matches!(error.code(), Code::FailedPrecondition | Code::Unimplemented),
            "{error}"
        );
        assert_eq!(resolution.check().unwrap_err(), error);
    }
}

#[test]
fn one_function_that_differs_does_not_harm_the_others() {
    let (view, exporter) = (
        schema("f: func(a: u8); g: func();"),
        schema("f: func(a: u16); g: func();"),
    );
    let resolution = Resolution::new(&view, &exporter);
    assert!(resolution.function(0).is_err());
    assert!(resolution.function(1).unwrap().is_identical());
    assert_eq!(
        resolution.function(2).unwrap_err().code(),
        Code::Unimplemented
    );
}

#[test]
fn damaged_messages_are_refused() {
    let pair = Pair::new(
        "record r { a: u8 } f: func() -> r;",
        "record r { a: u8, b: u8 } f: func() -> r;",
    );
    assert_eq!(pair.ok(&[1, 2]).unwrap(), [1]);
    for damaged in [&[1][..], &[], &[1, 2, 3]] {
        assert_eq!(pair.ok(damaged).unwrap_err().0, Code::DataLoss);
    }
    let short = Pair::new("f: func(a: u8, b: option<u8>);", "f: func(a: u8);");
    assert_eq!(
        short.args(&[]).unwrap_err(),
        (
            Code::InvalidArgument,
            "a: the message ends inside this value".into()
        )
    );
    assert_eq!(
        short.args(&[1, 0, 0]).unwrap_err(),
        (
            Code::InvalidArgument,
            "arguments: bytes follow the last value".into()
        )
    );
}
