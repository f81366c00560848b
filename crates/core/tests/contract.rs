//! Contracts from files against expected results: `tests/contract/good/*.wit` (or a directory) beside `*.txt` with what the
//! schemas hold, `tests/contract/bad/*.wit` beside `*.txt` with the error. `BLESS=1` writes the results anew.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use hms_ffi_core::contract::schema::{Case, Constraints, Field, Kind, Schema, TypeId};
use hms_ffi_core::contract::{Contract, names::Language};

fn cases(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/contract")
        .join(folder);
    let mut paths: Vec<_> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.retain(|path| path.extension().is_none_or(|e| e == "wit"));
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

fn compare(case: &Path, found: &str) {
    let golden = case.with_extension("txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&golden, found).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    assert_eq!(
        found,
        expected,
        "{}: run with BLESS=1 if the new result is right",
        golden.display()
    );
}

#[test]
fn good_contracts_give_the_expected_schemas() {
    for case in cases("good") {
        let contract = Contract::load(&case).unwrap_or_else(|error| panic!("{error}"));
        let mut found = format!("package {}\n", contract.package());
        for world in contract.worlds() {
            writeln!(found, "world {world}").unwrap();
        }
        for name in contract.interfaces() {
            let schema = contract.schema(name).unwrap();
            found.push_str(&describe(&schema));
            survives_a_peer(&schema);
            survives_printing(&schema);
        }
        for warning in contract.warnings() {
            writeln!(
                found,
                "warning {}:{} {}",
                warning.line, warning.column, warning.message
            )
            .unwrap();
        }
        compare(&case, &found);
    }
}

#[test]
fn bad_contracts_give_the_expected_errors() {
    for case in cases("bad") {
        let error = match Contract::load(&case) {
            Ok(_) => panic!("{} loads", case.display()),
            Err(error) => error,
        };
        let file = Path::new(&error.file)
            .file_name()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        compare(
            &case,
            &format!(
                "{file}:{}:{}: {}\n",
                error.line, error.column, error.message
            ),
        );
    }
}

fn survives_a_peer(schema: &Schema) {
    assert_eq!(
        Schema::from_peer_json(&schema.to_json()).unwrap(),
        *schema,
        "{}",
        schema.interface
    );
}

/// The printed WIT is a contract of its own with the same fingerprints.
fn survives_printing(schema: &Schema) {
    let again = Contract::parse("printed.wit", &schema.wit)
        .unwrap_or_else(|e| panic!("{e}\n{}", schema.wit));
    let again = again.schema(&schema.interface).unwrap();
    assert_eq!(again.fingerprint, schema.fingerprint, "{}", schema.wit);
    assert_eq!(again.functions, schema.functions);
}

fn describe(schema: &Schema) -> String {
    let mut out = format!(
        "\ninterface {}{}\n",
        schema.interface,
        if schema.topics { " topics" } else { "" }
    );
    for resource in &schema.resources {
        let callback = if resource.callback { " callback" } else { "" };
        writeln!(
            out,
            "  resource {} of {}{callback}",
            resource.name, resource.owner
        )
        .unwrap();
    }
    for ty in schema.types.iter().filter(|ty| ty.name.is_some()) {
        let (name, owner) = (ty.name.as_deref().unwrap(), ty.owner.as_deref().unwrap());
        let foreign = ty
            .foreign
            .iter()
            .map(|f| format!(" [{f}]"))
            .collect::<String>();
        writeln!(
            out,
            "  type {name} of {owner}{}{foreign} = {}",
            limits(&ty.constraints),
            body(schema, &ty.kind)
        )
        .unwrap();
    }
    for function in &schema.functions {
        let mut marks = String::new();
        for (set, mark) in [
            (function.is_async, " async"),
            (function.idempotent, " idempotent"),
            (function.topic, " topic"),
            (function.quick, " quick"),
        ] {
            marks.push_str(if set { mark } else { "" });
        }
        let result = function
            .result
            .map_or(String::new(), |id| format!(" -> {}", name(schema, id)));
        writeln!(
            out,
            "  {}({}){result}{marks}",
            function.name,
            fields(schema, &function.params)
        )
        .unwrap();
    }
    out
}

fn limits(constraints: &Constraints) -> String {
    let mut out = String::new();
    if let Some((low, high)) = &constraints.range {
        write!(
            out,
            " range {}..{}",
            low.as_deref().unwrap_or(""),
            high.as_deref().unwrap_or("")
        )
        .unwrap();
    }
    if let Some((low, high)) = constraints.length {
        let side = |n: Option<u64>| n.map_or(String::new(), |n| n.to_string());
        write!(out, " length {}..{}", side(low), side(high)).unwrap();
    }
    if let Some(pattern) = &constraints.pattern {
        write!(out, " pattern /{pattern}/").unwrap();
    }
    if let Some(unit) = &constraints.unit {
        write!(out, " unit {unit}").unwrap();
    }
    if constraints.sensitive {
        out.push_str(" sensitive");
    }
    out
}

fn fields(schema: &Schema, fields: &[Field]) -> String {
    let one = |f: &Field| {
        format!(
            "{}: {}{}",
            f.name,
            name(schema, f.ty),
            limits(&f.constraints)
        )
    };
    fields.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn cases_of(schema: &Schema, cases: &[Case], fallback: Option<u32>) -> String {
    let one = |(i, c): (usize, &Case)| {
        let payload =
            c.ty.map_or(String::new(), |ty| format!("({})", name(schema, ty)));
        let mark = if fallback == Some(i as u32) { "*" } else { "" };
        format!("{}{payload}{mark}", c.name)
    };
    cases
        .iter()
        .enumerate()
        .map(one)
        .collect::<Vec<_>>()
        .join(", ")
}

fn name(schema: &Schema, id: TypeId) -> String {
    let ty = schema.ty(id);
    ty.name.clone().unwrap_or_else(|| body(schema, &ty.kind))
}

fn body(schema: &Schema, kind: &Kind) -> String {
    let of = |id: &TypeId| name(schema, *id);
    let optional = |id: &Option<TypeId>| id.as_ref().map_or("_".to_owned(), of);
    match kind {
        Kind::List { element } => format!("list<{}>", of(element)),
        Kind::FixedList { element, length } => format!("list<{}, {length}>", of(element)),
        Kind::Set { element } => format!("set<{}>", of(element)),
        Kind::Map { key, value } => format!("map<{}, {}>", of(key), of(value)),
        Kind::Tuple { elements } => format!(
            "tuple<{}>",
            elements.iter().map(of).collect::<Vec<_>>().join(", ")
        ),
        Kind::Record { fields: f } => format!("record {{ {} }}", fields(schema, f)),
        Kind::Enum { cases, fallback } => {
            format!("enum {{ {} }}", cases_of(schema, cases, *fallback))
        }
        Kind::Variant { cases, fallback } => {
            format!("variant {{ {} }}", cases_of(schema, cases, *fallback))
        }
        Kind::Flags { flags } => format!("flags {{ {} }}", cases_of(schema, flags, None)),
        Kind::Option { payload } => format!("option<{}>", of(payload)),
        Kind::Result { ok, err } => format!("result<{}, {}>", optional(ok), optional(err)),
        Kind::Own { resource } => format!("own<{}>", schema.resources[*resource as usize].name),
        Kind::Borrow { resource } => {
            format!("borrow<{}>", schema.resources[*resource as usize].name)
        }
        Kind::Stream { element } => format!("stream<{}>", optional(element)),
        Kind::Future { element } => format!("future<{}>", optional(element)),
        other => other.keyword().to_owned(),
    }
}

#[test]
fn localized_schemas_have_every_name_in_the_language() {
    let contract = Contract::load(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract/good/claims.wit"),
    )
    .unwrap();
    let schema = contract.schema("hms:claims/adjudication").unwrap();
    let local = |language: Language| schema.localized(language);
    let python = local(Language::Python);
    let find = |value: &serde_json::Value, list: &str, name: &str| {
        let found = value[list]
            .as_array()
            .unwrap()
            .iter()
            .find(|item| item["name"] == name);
        found.unwrap_or_else(|| panic!("no {name}")).clone()
    };
    assert_eq!(find(&python, "types", "denial")["local"], "Denial");
    assert_eq!(
        find(&python, "types", "denial")["cases"][0]["local"],
        "NotCovered"
    );
    assert_eq!(
        find(&python, "types", "status")["cases"][1]["local"],
        "APPROVED"
    );
    assert_eq!(
        find(&python, "functions", "[method]worklist.add")["local"],
        "add"
    );
    assert_eq!(find(&python, "resources", "worklist")["local"], "Worklist");
    let node = local(Language::JavaScript);
    assert_eq!(
        find(&node, "types", "denial")["cases"][0]["local"],
        "not-covered"
    );
    let go = local(Language::Go);
    assert_eq!(find(&go, "functions", "adjudicate")["local"], "Adjudicate");
    assert_eq!(
        find(&go, "functions", "adjudicate")["params"][0]["local"],
        "Claim"
    );
}

#[test]
fn interfaces_are_found_with_and_without_version() {
    let contract = Contract::load(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract/good/claims.wit"),
    )
    .unwrap();
    for name in [
        "hms:claims/adjudication",
        "hms:claims/adjudication@1.2.0",
        "hms:claims/adjudication@1.1",
    ] {
        assert_eq!(
            contract.schema(name).unwrap().interface,
            "hms:claims/adjudication@1.2.0",
            "{name}"
        );
    }
    let error = contract.schema("hms:claims/adjudication@1.3").unwrap_err();
    assert_eq!(error.code(), hms_ffi_core::error::Code::NotFound);
    assert!(
        error
            .message()
            .contains("it has hms:claims/types@1.2.0, hms:claims/adjudication@1.2.0"),
        "{error}"
    );
}

/// Whatever is nested or chained too deep is an error, not the end of the process.
#[test]
fn deep_contracts_are_refused_calmly() {
    let nested = |n: usize| {
        format!(
            "package a:b; interface i {{ f: func(a: {}u8{}); }}",
            "list<".repeat(n),
            ">".repeat(n)
        )
    };
    assert!(Contract::parse("deep.wit", &nested(50)).is_ok());
    assert!(Contract::parse("deep.wit", &nested(5_000)).is_err());
    let chained = |n: usize, step: fn(usize) -> String| {
        let types: String = (1..n)
            .map(|i| format!("type t{i} = {};\n", step(i - 1)))
            .collect();
        format!(
            "package a:b; interface i {{ type t0 = u8;\n{types} f: func(a: t{}); }}",
            n - 1
        )
    };
    let lists = |i: usize| format!("list<t{i}>");
    let aliases = |i: usize| format!("t{i}");
    assert!(Contract::parse("chain.wit", &chained(90, lists)).is_ok());
    assert!(Contract::parse("chain.wit", &chained(90, aliases)).is_ok());
    assert!(Contract::parse("chain.wit", &chained(3_000, lists)).is_err());
    assert!(Contract::parse("chain.wit", &chained(3_000, aliases)).is_err());
    // A table whose values would be 2^60 times as large as it is stays small.
    let doubled = |i: usize| format!("tuple<t{i}, t{i}>");
    let wide = Contract::parse("wide.wit", &chained(60, doubled)).unwrap();
    assert_eq!(wide.schema("a:b/i").unwrap().types.len(), 60);
}

/// A vendored copy in `deps` beside a single file is used, what that file does not reach is left alone.
#[test]
fn a_single_file_sees_the_deps_beside_it() {
    let layout = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract/good/layout");
    let contract = Contract::load(&layout.join("b.wit")).unwrap();
    assert_eq!(contract.interfaces(), ["test:layout/b@1.0.0"]);
    assert!(
        contract.schema("far:away/types@2.0.0").is_err(),
        "b.wit does not use it"
    );
    let files: Vec<(String, String)> = [
        "a.wit",
        "b.wit",
        "deps/far/types.wit",
        "deps/far-old/types.wit",
        "deps/near.wit",
    ]
    .iter()
    .map(|name| {
        (
            format!("wit/{name}"),
            std::fs::read_to_string(layout.join(name)).unwrap(),
        )
    })
    .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    let embedded = Contract::from_files(&files).unwrap();
    let loaded = Contract::load(&layout).unwrap();
    for name in loaded.interfaces() {
        let fingerprint = |contract: &Contract| contract.schema(name).unwrap().fingerprint.clone();
        assert_eq!(fingerprint(&embedded), fingerprint(&loaded));
    }
}

#[test]
fn fingerprints_see_what_matters_and_nothing_else() {
    let print = |package: &str, body: &str| {
        let text = format!("package {package};\ninterface i {{ {body} }}");
        let contract = Contract::parse("x.wit", &text).unwrap_or_else(|e| panic!("{e}"));
        contract.schema("a:b/i").unwrap().fingerprint.clone()
    };
    let base = print(
        "a:b@1.0.0",
        "record r { a: u8, b: string } enum e { x, y } f: func(r: r, e: e) -> list<u8>;",
    );
    let same = [
        (
            "a:b@1.9.0",
            "record r { a: u8, b: string } enum e { x, y } f: func(r: r, e: e) -> list<u8>;",
        ),
        (
            "a:b@1.0.0",
            "/// docs\nrecord r { /// more\n a: u8, b: string } enum e { x, y } f: func(r: r, e: e) -> list<u8>;",
        ),
        (
            "a:b@1.0.0",
            "type n = u8; type l = list<n>; enum e { x, y } record r { a: n, b: string } @external-id(\"urn:x\") f: func(r: r, e: e) -> l;",
        ),
        (
            "a:b@1.0.0",
            "record r { a: u8, b: string } enum e { x, y } enum unused { z } @since(version = 1.0.0) f: func(r: r, e: e) -> list<u8>;",
        ),
    ];
    for (package, body) in same {
        assert_eq!(print(package, body), base, "{body}");
    }
    let different = [
        "record r { b: string, a: u8 } enum e { x, y } f: func(r: r, e: e) -> list<u8>;",
        "record r { a: u8, c: string } enum e { x, y } f: func(r: r, e: e) -> list<u8>;",
        "record q { a: u8, b: string } enum e { x, y } f: func(r: q, e: e) -> list<u8>;",
        "record r { a: u8, b: string } enum e { x, y } f: async func(r: r, e: e) -> list<u8>;",
        "record r { a: u8, b: string } enum e { x, y } f: func(q: r, e: e) -> list<u8>;",
        "record r { a: u8, b: string } enum e { x, y } f: func(r: r, e: e) -> list<s8>;",
        "record r { a: u8, b: string } enum e { x, y } f: func(r: r, e: e);",
        "record r { a: u8, b: string } @external-id(\"hms:fallback=y\") enum e { x, y } f: func(r: r, e: e) -> list<u8>;",
        "record r { a: u8, b: string } enum e { x, y } @external-id(\"hms:set\") type s = list<u8>; f: func(r: r, e: e) -> s;",
        "@external-id(\"hms:range.a=1..\") record r { a: u8, b: string } enum e { x, y } f: func(r: r, e: e) -> list<u8>;",
        "record r { a: u8, b: string } enum e { x, y } f: func(r: r, e: e) -> list<u8>; g: func();",
    ];
    let mut all: Vec<String> = different
        .iter()
        .map(|body| print("a:b@1.0.0", body))
        .chain([base])
        .collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), different.len() + 1);
}
