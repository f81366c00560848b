//! Python: stubs of `hms_ffi.contracts.<namespace>.<package>.v1_2` with the classes that the library makes at run time,
//! and a protocol for the client of each interface.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::module::{Module, functions, reaches_handle};
use super::{File, comment, notice};
use crate::contract::Contract;
use crate::contract::names::{self, Language};
use crate::contract::schema::{Field, Function, Kind, Schema, TypeId};
use crate::contract::version::split;

const TAKEN: &[&str] = &[
    "Any",
    "Mapping",
    "Sequence",
    "Iterable",
    "Protocol",
    "ClassVar",
    "Enumeration",
    "Flags",
    "Record",
    "Variant",
];

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Out,
    In,
}

pub(super) fn files(contract: &Contract) -> Vec<File> {
    let module = Module::new(contract, Language::Python, TAKEN);
    let mut packages: BTreeMap<String, String> = BTreeMap::new();
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for &(interface, id) in &module.types {
        let schema = &module.interfaces[interface].schema;
        let home = module_of(schema.ty(id).owner.as_deref().unwrap_or(&schema.interface));
        let render = Render {
            module: &module,
            interface,
            schema,
            home: &home,
            imports: &mut imports,
        };
        let text = define(render, id);
        packages.entry(home).or_default().push_str(&text);
    }
    for (index, interface) in module.interfaces.iter().enumerate() {
        let home = module_of(&interface.schema.interface);
        let mut render = Render {
            module: &module,
            interface: index,
            schema: &interface.schema,
            home: &home,
            imports: &mut imports,
        };
        let text = clients(&mut render);
        packages.entry(home).or_default().push_str(&text);
    }
    let file = |(home, body): (String, String)| {
        let mut text = format!("# {}\n", notice(&module.package));
        text.push_str(HEADER);
        for name in imports.get(&home).into_iter().flatten() {
            let _ = writeln!(text, "import {name}");
        }
        text.push_str(&body);
        File {
            path: format!("{}/__init__.pyi", home.replace('.', "/")).into(),
            text,
        }
    };
    packages
        .into_iter()
        .filter(|(_, body)| !body.is_empty())
        .map(file)
        .collect()
}

const HEADER: &str = "
import builtins
import datetime
import decimal
import enum
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

import hms_ffi
";

/// As `hms_ffi` names it at run time.
fn module_of(owner: &str) -> String {
    let (name, version) = split(owner);
    let package = name.split('/').next().unwrap_or(name).replace('-', "_");
    let mut parts = vec!["hms_ffi.contracts".to_owned()];
    parts.extend(
        package
            .split(':')
            .map(|part| names::field(Language::Python, &part.replace('_', "-"))),
    );
    if let Some(version) = version {
        let number: Vec<&str> = version.split('.').take(2).collect();
        parts.push(format!("v{}", number.join("_")));
    }
    parts.join(".")
}

struct Render<'a> {
    module: &'a Module,
    interface: usize,
    schema: &'a Schema,
    home: &'a str,
    imports: &'a mut BTreeMap<String, BTreeSet<String>>,
}

fn define(mut render: Render<'_>, id: TypeId) -> String {
    let ty = render.schema.ty(id);
    let name = render.named(id);
    let mut out = format!("\n{}", comment::python(&ty.docs, ""));
    match &ty.kind {
        Kind::Record { fields } => {
            let _ = writeln!(out, "class {name}:");
            let mut init = String::new();
            let mut names_of = Vec::new();
            // As in the class: what follows an option may not be omitted, but Python wants a default.
            let mut keyword = false;
            for field in fields {
                let local = names::field(Language::Python, &field.name);
                let optional = matches!(render.schema.ty(field.ty).kind, Kind::Option { .. });
                out.push_str(&comment::python(&field.docs, "    "));
                let _ = writeln!(out, "    {local}: {}", render.ty(field.ty, Side::Out));
                let given = render.ty(field.ty, Side::In);
                if !optional && keyword && !init.contains("*, ") {
                    init.push_str(", *");
                }
                keyword |= optional;
                let _ = write!(
                    init,
                    ", {local}: {given}{}",
                    if optional { " = ..." } else { "" }
                );
                names_of.push(format!("{local:?}"));
            }
            let _ = writeln!(out, "    __match_args__ = ({},)", names_of.join(", "));
            let _ = writeln!(out, "    def __init__(self{init}) -> None: ...");
        }
        Kind::Enum { cases, .. } => {
            let _ = writeln!(out, "class {name}(enum.StrEnum):");
            for case in cases {
                out.push_str(&comment::python(&case.docs, "    "));
                let _ = writeln!(
                    out,
                    "    {} = {:?}",
                    names::enum_case(Language::Python, &case.name),
                    case.name
                );
            }
        }
        Kind::Flags { flags } => {
            let _ = writeln!(out, "class {name}(enum.Flag):");
            for (bit, flag) in flags.iter().enumerate() {
                let _ = writeln!(
                    out,
                    "    {} = {}",
                    names::flag(Language::Python, &flag.name),
                    1u64 << bit
                );
            }
        }
        Kind::Variant { cases, .. } => {
            let _ = writeln!(out, "class {name}:");
            let _ = writeln!(
                out,
                "    Error: ClassVar[builtins.type[hms_ffi.DeclaredError]]"
            );
            for case in cases {
                let local = names::variant_case(Language::Python, &case.name);
                let _ = writeln!(out, "    {local} = _{name}{local}");
            }
            for case in cases {
                let local = names::variant_case(Language::Python, &case.name);
                let _ = writeln!(out, "\nclass _{name}{local}({name}):");
                match case.ty {
                    Some(ty) => {
                        let (value, given) = (render.ty(ty, Side::Out), render.ty(ty, Side::In));
                        let _ =
                            writeln!(out, "    value: {value}\n    __match_args__ = (\"value\",)");
                        let _ =
                            writeln!(out, "    def __init__(self, value: {given}) -> None: ...");
                    }
                    None => {
                        let _ = writeln!(out, "    def __init__(self) -> None: ...");
                    }
                }
            }
        }
        _ => {}
    }
    out
}

const OPTIONS: &str =
    "*, timeout: float | None = ..., idempotency_key: str = ..., traceparent: str = ...";

fn clients(render: &mut Render<'_>) -> String {
    if functions(render.schema).next().is_none() {
        return String::new();
    }
    let full = split(&render.schema.interface).0.to_owned();
    let name = render.module.interfaces[render.interface].name.clone();
    let mut out = String::new();
    for (class, is_async) in [
        (format!("{name}Client"), false),
        (format!("Async{name}Client"), true),
    ] {
        let connect = if is_async {
            "await hms_ffi.aconnect"
        } else {
            "hms_ffi.connect"
        };
        let _ = writeln!(
            out,
            "\n#: What {connect}({full:?}) gives, for typing.cast and annotations.\nclass {class}(Protocol):"
        );
        for (function, _) in functions(render.schema) {
            let local = names::function(Language::Python, &function.name);
            let Some(params) = render.params(function) else {
                let _ = writeln!(
                    out,
                    "    # {local}: takes or returns handles, which cannot be passed yet"
                );
                continue;
            };
            let result = match render.schema.outcome(function).ok {
                None => "None".to_owned(),
                Some(id) => match (&render.schema.ty(id).kind, is_async) {
                    (
                        Kind::Stream {
                            element: Some(element),
                        },
                        _,
                    ) if reaches_handle(render.schema, *element) => continue,
                    (Kind::Stream { element }, is_async) => {
                        let item = element.map_or("None".to_owned(), |ty| render.ty(ty, Side::Out));
                        format!(
                            "hms_ffi.{}Stream[{item}]",
                            if is_async { "Async" } else { "" }
                        )
                    }
                    _ => render.ty(id, Side::Out),
                },
            };
            let is_stream =
                result.starts_with("hms_ffi.Stream") || result.starts_with("hms_ffi.AsyncStream");
            let (result, word) = if is_stream {
                // An iterator says as much and is there in every version of the library.
                let item = result.split_once('[').map_or("Any]", |(_, item)| item);
                let kind = if is_async {
                    "collections.abc.AsyncIterator"
                } else {
                    "collections.abc.Iterator"
                };
                render
                    .imports
                    .entry(render.home.to_owned())
                    .or_default()
                    .insert("collections.abc".into());
                (format!("{kind}[{item}"), "def")
            } else {
                (result, if is_async { "async def" } else { "def" })
            };
            out.push_str(&comment::python(&function.docs, "    "));
            let _ = writeln!(
                out,
                "    {word} {local}(self{params}, {OPTIONS}) -> {result}: ..."
            );
        }
        let call = if is_async { "async def" } else { "def" };
        let close = if is_async {
            "async def aclose"
        } else {
            "def close"
        };
        let _ = writeln!(
            out,
            "    {call} call(self, name: str, /, *args: Any, **options: Any) -> Any: ..."
        );
        let _ = writeln!(out, "    {close}(self) -> None: ...");
    }
    out
}

impl Render<'_> {
    /// Parameters with a comma in front of each; none if a handle is among the types.
    fn params(&mut self, function: &Function) -> Option<String> {
        let schema = self.schema;
        let mut out = String::new();
        let result = schema
            .outcome(function)
            .ok
            .filter(|id| !matches!(schema.ty(*id).kind, Kind::Stream { .. }));
        if function
            .params
            .iter()
            .map(|param| param.ty)
            .chain(result)
            .any(|ty| reaches_handle(schema, ty))
        {
            return None;
        }
        let is_option = |param: &Field| matches!(schema.ty(param.ty).kind, Kind::Option { .. });
        let required = function
            .params
            .iter()
            .rposition(|param| !is_option(param))
            .map_or(0, |last| last + 1);
        for (index, param) in function.params.iter().enumerate() {
            let default = if index >= required { " = ..." } else { "" };
            let local = names::param(Language::Python, &param.name);
            let _ = write!(out, ", {local}: {}{default}", self.ty(param.ty, Side::In));
        }
        Some(out)
    }

    fn named(&self, id: TypeId) -> String {
        self.module
            .name(self.interface, id)
            .unwrap_or("Any")
            .to_owned()
    }

    /// A class of this or another package.
    fn class(&mut self, id: TypeId) -> String {
        let owner = self.schema.ty(id).owner.clone().unwrap_or_default();
        let home = module_of(&owner);
        let name = self.named(id);
        if home == self.home {
            return name;
        }
        self.imports
            .entry(self.home.to_owned())
            .or_default()
            .insert(home.clone());
        format!("{home}.{name}")
    }

    fn ty(&mut self, id: TypeId, side: Side) -> String {
        let schema = self.schema;
        let input = side == Side::In;
        let pick = |out: &str, given: &str| (if input { given } else { out }).to_owned();
        match &schema.ty(id).kind {
            Kind::Bool => "builtins.bool".into(),
            Kind::S8
            | Kind::S16
            | Kind::S32
            | Kind::S64
            | Kind::U8
            | Kind::U16
            | Kind::U32
            | Kind::U64 => "builtins.int".into(),
            Kind::F32 | Kind::F64 => "builtins.float".into(),
            Kind::Char | Kind::String | Kind::PartialDate => "builtins.str".into(),
            Kind::List { element } if matches!(schema.ty(*element).kind, Kind::U8) => pick(
                "builtins.bytes",
                "builtins.bytes | builtins.bytearray | builtins.memoryview",
            ),
            Kind::List { element } | Kind::FixedList { element, .. } => {
                let element = self.ty(*element, side);
                pick(
                    &format!("builtins.list[{element}]"),
                    &format!("Sequence[{element}]"),
                )
            }
            Kind::Tuple { elements } if elements.is_empty() => "builtins.tuple[()]".into(),
            Kind::Tuple { elements } => {
                let all: Vec<String> = elements.iter().map(|ty| self.ty(*ty, side)).collect();
                format!("builtins.tuple[{}]", all.join(", "))
            }
            Kind::Set { element } => {
                let element = self.ty(*element, side);
                pick(
                    &format!("builtins.set[{element}]"),
                    &format!("Iterable[{element}]"),
                )
            }
            Kind::Map { key, value } => {
                let (key, value) = (self.ty(*key, side), self.ty(*value, side));
                pick(
                    &format!("builtins.dict[{key}, {value}]"),
                    &format!("Mapping[{key}, {value}]"),
                )
            }
            Kind::Option { payload } => {
                let boxed = matches!(
                    schema.ty(*payload).kind,
                    Kind::Option { .. } | Kind::Document
                );
                let payload = self.ty(*payload, side);
                if boxed {
                    format!("hms_ffi.Some[{payload}] | None")
                } else {
                    format!("{payload} | None")
                }
            }
            Kind::Result { ok, err } => {
                let ok = ok.map_or("None".to_owned(), |ty| self.ty(ty, side));
                let err = err.map_or("None".to_owned(), |ty| self.ty(ty, side));
                format!("hms_ffi.Ok[{ok}] | hms_ffi.Err[{err}]")
            }
            Kind::Timestamp | Kind::ZonedTimestamp => {
                pick("hms_ffi.Timestamp", "datetime.datetime")
            }
            Kind::Date => "datetime.date".into(),
            Kind::TimeOfDay => pick("hms_ffi.TimeOfDay", "datetime.time"),
            Kind::Duration => pick("hms_ffi.Duration", "datetime.timedelta"),
            Kind::Decimal => pick(
                "decimal.Decimal",
                "decimal.Decimal | builtins.int | builtins.str",
            ),
            Kind::Uuid => "uuid.UUID".into(),
            Kind::Document => "Any".into(),
            Kind::Flags { .. } if input => {
                format!("{} | builtins.set[builtins.str]", self.class(id))
            }
            Kind::Record { .. } | Kind::Enum { .. } | Kind::Flags { .. } | Kind::Variant { .. } => {
                self.class(id)
            }
            Kind::Own { .. } | Kind::Borrow { .. } | Kind::Stream { .. } | Kind::Future { .. } => {
                "Any".into()
            }
        }
    }
}
