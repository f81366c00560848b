//! TypeScript: types of values as they come out and as they may be given (`…Input`), and the interface of each client.

use std::fmt::Write;

use super::module::{Module, functions};
use super::{File, comment, file_stem, notice};
use crate::contract::Contract;
use crate::contract::names::{self, Language};
use crate::contract::schema::{Case, Kind, Schema, TypeId};
use crate::contract::version::split;

/// Names that the file imports or that the language defines as types.
const TAKEN: &[&str] = &[
    "BatchCalls",
    "BatchResults",
    "BoundCall",
    "CallContext",
    "CallOptions",
    "Decimal",
    "Duration",
    "Timestamp",
    "ZonedTimestamp",
    "DocumentValue",
];

#[derive(Clone, Copy, PartialEq)]
enum Side {
    /// What the library gives.
    Out,
    /// What it takes.
    In,
}

pub(super) fn files(contract: &Contract) -> Vec<File> {
    let module = Module::new(contract, Language::JavaScript, TAKEN);
    let mut out = format!("// {}\n\n", notice(&module.package));
    out.push_str("import type { BatchCalls, BatchResults, BoundCall, CallContext, CallOptions, Decimal, Duration, Timestamp, ZonedTimestamp } from '@hms/ffi'\n\n");
    out.push_str("/** A self-describing value. */\nexport type DocumentValue =\n  | null | boolean | number | bigint | string | Decimal | Uint8Array | DocumentValue[] | { [key: string]: DocumentValue }\n");
    for &(interface, id) in &module.types {
        define(&module, interface, id, &mut out);
    }
    for index in 0..module.interfaces.len() {
        client(&module, index, &mut out);
    }
    vec![File {
        path: format!("{}.d.ts", file_stem(&module.package)).into(),
        text: out,
    }]
}

fn define(module: &Module, interface: usize, id: TypeId, out: &mut String) {
    let schema = &module.interfaces[interface].schema;
    let ty = schema.ty(id);
    let Some(name) = module.name(interface, id) else {
        return;
    };
    out.push('\n');
    out.push_str(&comment::typescript(&ty.docs, ""));
    let render = Render {
        module,
        interface,
        schema,
    };
    match &ty.kind {
        Kind::Record { fields } => {
            for side in [Side::Out, Side::In] {
                let suffix = if side == Side::In { "Input" } else { "" };
                let _ = writeln!(out, "export interface {name}{suffix} {{");
                for field in fields {
                    out.push_str(&comment::typescript(&field.docs, "  "));
                    let optional =
                        side == Side::In && matches!(schema.ty(field.ty).kind, Kind::Option { .. });
                    let mark = if optional { "?" } else { "" };
                    let local = names::field(Language::JavaScript, &field.name);
                    let _ = writeln!(out, "  {local}{mark}: {}", render.ty(field.ty, side));
                }
                out.push_str("}\n");
            }
        }
        Kind::Enum { cases, .. } => {
            let _ = writeln!(out, "export type {name} = {}", quoted(cases));
        }
        Kind::Flags { flags } => {
            let all: Vec<String> = flags
                .iter()
                .map(|flag| format!("'{}': boolean", flag.name))
                .collect();
            let _ = writeln!(out, "export type {name} = {{ {} }}", all.join("; "));
            let some: Vec<String> = flags
                .iter()
                .map(|flag| format!("'{}'?: boolean", flag.name))
                .collect();
            let _ = writeln!(
                out,
                "export type {name}Input = {{ {} }} | ReadonlyArray<{}>",
                some.join("; "),
                quoted(flags)
            );
        }
        Kind::Variant { cases, .. } => {
            for side in [Side::Out, Side::In] {
                let suffix = if side == Side::In { "Input" } else { "" };
                let _ = writeln!(out, "export type {name}{suffix} =");
                for case in cases {
                    let val = case.ty.map_or(String::new(), |ty| {
                        format!("; val: {}", render.ty(ty, side))
                    });
                    let _ = writeln!(out, "  | {{ tag: '{}'{val} }}", case.name);
                }
            }
        }
        _ => {}
    }
}

fn quoted(cases: &[Case]) -> String {
    cases
        .iter()
        .map(|case| format!("'{}'", case.name))
        .collect::<Vec<_>>()
        .join(" | ")
}

fn client(module: &Module, index: usize, out: &mut String) {
    let interface = &module.interfaces[index];
    let schema = &interface.schema;
    if functions(schema).next().is_none() {
        return;
    }
    let name = &interface.name;
    let render = Render {
        module,
        interface: index,
        schema,
    };
    let mut calls = String::new();
    let mut sync = String::new();
    let mut batch = String::new();
    let mut handlers = String::new();
    for (function, callable) in functions(schema) {
        let local = names::function(Language::JavaScript, &function.name);
        if !callable
            && !matches!(
                schema.outcome(function).ok.map(|id| &schema.ty(id).kind),
                Some(Kind::Stream { .. })
            )
        {
            let _ = writeln!(
                calls,
                "  // {local}: takes or returns handles, which cannot be passed yet"
            );
            continue;
        }
        let docs = comment::typescript(&function.docs, "  ");
        let params = |side: Side| -> Vec<String> {
            let optional_from = function
                .params
                .iter()
                .rposition(|param| !matches!(schema.ty(param.ty).kind, Kind::Option { .. }))
                .map_or(0, |last| last + 1);
            let one = |(i, param): (usize, &crate::contract::schema::Field)| {
                let mark = if side == Side::In && i >= optional_from {
                    "?"
                } else {
                    ""
                };
                format!(
                    "{}{mark}: {}",
                    names::param(Language::JavaScript, &param.name),
                    render.ty(param.ty, side)
                )
            };
            function.params.iter().enumerate().map(one).collect()
        };
        let arguments = |extra: &str| {
            let mut all = params(Side::In);
            if !extra.is_empty() {
                all.push(extra.to_owned());
            }
            all.join(", ")
        };
        let ok = schema.outcome(function).ok;
        let result = ok.map_or("void".to_owned(), |id| render.ty(id, Side::Out));
        let given = ok.map_or("void".to_owned(), |id| render.ty(id, Side::In));
        let options = "options?: CallOptions";
        if let Some(Kind::Stream { element }) = ok.map(|id| &schema.ty(id).kind) {
            let item = element.map_or("void".to_owned(), |id| render.ty(id, Side::Out));
            let _ = writeln!(
                calls,
                "{docs}  {local}({}): AsyncIterable<{item}>",
                arguments(options)
            );
            continue;
        }
        let _ = writeln!(
            calls,
            "{docs}  {local}({}): Promise<{result}>",
            arguments(options)
        );
        let _ = writeln!(sync, "    {local}({}): {result}", arguments(options));
        let _ = writeln!(
            batch,
            "  {local}({}): BoundCall<{result}>",
            arguments(options)
        );
        let mut taken = params(Side::Out);
        taken.push("context: Context".to_owned());
        let _ = writeln!(
            handlers,
            "{docs}  {local}({}): {given} | Promise<{given}>",
            taken.join(", ")
        );
    }
    let full = split(&schema.interface).0;
    let _ = writeln!(
        out,
        "\n/** A client of {full}: `await connect('{full}') as {name}Client`, or `connect<{name}Client>('{full}')`. */"
    );
    let _ = writeln!(
        out,
        "export interface {name}Client {{\n{calls}  /** The same calls, blocking. */\n  readonly sync: {{\n{sync}  }}\n  /** Many calls at once, sent together: results in order, errors among them. */\n  batch<const C extends BatchCalls>(describe: (b: {name}Batch) => C | Promise<C>, options?: CallOptions): Promise<BatchResults<C>>\n  close(): void\n}}"
    );
    let _ = writeln!(out, "\nexport interface {name}Batch {{\n{batch}}}");
    let _ = writeln!(
        out,
        "\n/** What a provider of {full} exports. */\nexport interface {name}Exports<Context = CallContext> {{\n{handlers}}}"
    );
}

struct Render<'a> {
    module: &'a Module,
    interface: usize,
    schema: &'a Schema,
}

impl Render<'_> {
    fn ty(&self, id: TypeId, side: Side) -> String {
        let input = side == Side::In;
        let pick = |out: &str, given: &str| (if input { given } else { out }).to_owned();
        match &self.schema.ty(id).kind {
            Kind::Bool => "boolean".into(),
            Kind::S8
            | Kind::S16
            | Kind::S32
            | Kind::U8
            | Kind::U16
            | Kind::U32
            | Kind::F32
            | Kind::F64 => "number".into(),
            Kind::S64 | Kind::U64 => pick("bigint", "bigint | number"),
            Kind::Char
            | Kind::String
            | Kind::Date
            | Kind::PartialDate
            | Kind::TimeOfDay
            | Kind::Uuid => "string".into(),
            Kind::List { element } | Kind::FixedList { element, .. } => self.list(*element, side),
            Kind::Tuple { elements } => {
                let all: Vec<String> = elements.iter().map(|ty| self.ty(*ty, side)).collect();
                format!(
                    "{}[{}]",
                    if input { "readonly " } else { "" },
                    all.join(", ")
                )
            }
            Kind::Set { element } => {
                let element = self.ty(*element, side);
                pick(
                    &format!("globalThis.Set<{element}>"),
                    &format!("ReadonlySet<{element}> | ReadonlyArray<{element}>"),
                )
            }
            Kind::Map { key, value } => {
                let is_text = matches!(self.schema.ty(*key).kind, Kind::String);
                let (key, value) = (self.ty(*key, side), self.ty(*value, side));
                let object = if is_text {
                    format!(" | {{ readonly [key: string]: {value} }}")
                } else {
                    String::new()
                };
                pick(
                    &format!("globalThis.Map<{key}, {value}>"),
                    &format!("ReadonlyMap<{key}, {value}>{object}"),
                )
            }
            Kind::Option { payload } => {
                let boxed = matches!(
                    self.schema.ty(*payload).kind,
                    Kind::Option { .. } | Kind::Document
                );
                let payload = self.ty(*payload, side);
                let payload = if boxed {
                    format!("{{ some: {payload} }}")
                } else {
                    payload
                };
                format!(
                    "{payload} | undefined{}",
                    if input { " | null" } else { "" }
                )
            }
            Kind::Result { ok, err } => {
                let val = |ty: &Option<TypeId>| {
                    ty.map_or(String::new(), |ty| format!("; val: {}", self.ty(ty, side)))
                };
                format!("{{ tag: 'ok'{} }} | {{ tag: 'err'{} }}", val(ok), val(err))
            }
            Kind::Timestamp => pick("Timestamp", "Timestamp | globalThis.Date"),
            Kind::ZonedTimestamp => "ZonedTimestamp".into(),
            Kind::Duration => "Duration".into(),
            Kind::Decimal => pick("Decimal", "Decimal | bigint | string"),
            Kind::Document => "DocumentValue".into(),
            Kind::Enum { .. } => self.named(id, ""),
            Kind::Record { .. } | Kind::Flags { .. } | Kind::Variant { .. } => {
                self.named(id, if input { "Input" } else { "" })
            }
            Kind::Own { .. } | Kind::Borrow { .. } | Kind::Stream { .. } | Kind::Future { .. } => {
                "never".into()
            }
        }
    }

    fn named(&self, id: TypeId, suffix: &str) -> String {
        format!(
            "{}{suffix}",
            self.module.name(self.interface, id).unwrap_or("unknown")
        )
    }

    fn list(&self, element: TypeId, side: Side) -> String {
        let array = match &self.schema.ty(element).kind {
            Kind::U8 => "Uint8Array",
            Kind::S8 => "Int8Array",
            Kind::U16 => "Uint16Array",
            Kind::S16 => "Int16Array",
            Kind::U32 => "Uint32Array",
            Kind::S32 => "Int32Array",
            Kind::U64 => "BigUint64Array",
            Kind::S64 => "BigInt64Array",
            Kind::F32 => "Float32Array",
            Kind::F64 => "Float64Array",
            _ => "",
        };
        let element_type = self.ty(element, side);
        match (array, side) {
            ("", Side::Out) => format!("globalThis.Array<{element_type}>"),
            ("", Side::In) => format!("ReadonlyArray<{element_type}>"),
            ("Uint8Array", Side::In) => "ArrayBufferView | ArrayBuffer".into(),
            (array, Side::Out) => array.into(),
            (array, Side::In) => format!("{array} | ReadonlyArray<{element_type}>"),
        }
    }
}
