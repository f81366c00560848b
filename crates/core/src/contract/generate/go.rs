//! Go: a package with the types of a contract and a typed client for each interface.

use std::fmt::Write;

use super::module::{Module, functions};
use super::{File, comment, file_stem, notice};
use crate::contract::Contract;
use crate::contract::names::{self, Language};
use crate::contract::schema::{Case, Field, Function, Kind, Schema, TypeId};
use crate::contract::version::split;

/// Names that the file defines itself.
const TAKEN: &[&str] = &[
    "Tuple1", "Tuple2", "Tuple3", "Tuple4", "Tuple5", "Tuple6", "Tuple7", "Tuple8",
];

pub(super) fn files(contract: &Contract) -> Vec<File> {
    let module = Module::new(contract, Language::Go, TAKEN);
    let package = file_stem(&module.package).replace('-', "");
    let cases = case_names(&module);
    let mut body = String::new();
    for (&(interface, id), cases) in module.types.iter().zip(&cases) {
        let schema = &module.interfaces[interface].schema;
        define(
            &Render {
                module: &module,
                interface,
                schema,
            },
            id,
            cases,
            &mut body,
        );
    }
    for (interface, found) in module.interfaces.iter().enumerate() {
        client(
            &Render {
                module: &module,
                interface,
                schema: &found.schema,
            },
            &mut body,
        );
    }
    body.push_str(&tuples(&module));
    let mut out = format!("// {}\n\npackage {package}\n", notice(&module.package));
    let imports = [("context", "context."), ("time", "time.")];
    let used: Vec<&str> = imports
        .iter()
        .filter(|(_, used)| body.contains(used))
        .map(|(name, _)| *name)
        .collect();
    if !used.is_empty() || body.contains("hmsffi.") {
        out.push_str("\nimport (\n");
        for name in &used {
            let _ = writeln!(out, "\t\"{name}\"");
        }
        if body.contains("hmsffi.") {
            let blank = if used.is_empty() { "" } else { "\n" };
            let _ = writeln!(
                out,
                "{blank}\thmsffi \"github.com/hms-ffi/hms-ffi/packages/go\""
            );
        }
        out.push_str(")\n");
    }
    out.push_str(&body);
    vec![File {
        path: format!("{package}/{package}.go").into(),
        text: out,
    }]
}

/// Definitions of the tuples that the types use, by their number of elements.
fn tuples(module: &Module) -> String {
    let types = module
        .interfaces
        .iter()
        .flat_map(|interface| &interface.schema.types);
    let sizes = types.filter_map(|ty| match &ty.kind {
        Kind::Tuple { elements } if !elements.is_empty() => Some(elements.len()),
        _ => None,
    });
    let mut out = String::new();
    for size in sizes.collect::<std::collections::BTreeSet<_>>() {
        let parameters: Vec<String> = (0..size).map(|i| format!("T{i}")).collect();
        let fields = (0..size)
            .map(|i| (String::new(), vec![format!("V{i}"), format!("T{i}")]))
            .collect();
        let _ = writeln!(
            out,
            "\n// Tuple{size} is a tuple with this many elements.\ntype Tuple{size}[{} any] struct {{\n{}}}",
            parameters.join(", "),
            aligned(fields)
        );
    }
    out
}

/// The types of variants' cases stand beside all others: a case has its own name if that is free.
fn case_names(module: &Module) -> Vec<Vec<String>> {
    let mut used: std::collections::HashSet<String> = module
        .types
        .iter()
        .filter_map(|&(interface, id)| module.name(interface, id))
        .map(str::to_owned)
        .chain(
            module
                .interfaces
                .iter()
                .flat_map(|i| [format!("{}Client", i.name), format!("Connect{}", i.name)]),
        )
        .collect();
    let mut all = Vec::new();
    for &(interface, id) in &module.types {
        let schema = &module.interfaces[interface].schema;
        let owner = module.name(interface, id).unwrap_or_default().to_owned();
        let cases: &[Case] = match &schema.ty(id).kind {
            Kind::Variant { cases, .. }
            | Kind::Enum { cases, .. }
            | Kind::Flags { flags: cases } => cases,
            _ => &[],
        };
        let is_variant = matches!(schema.ty(id).kind, Kind::Variant { .. });
        let mut pick = |case: &Case| {
            let short = names::variant_case(Language::Go, &case.name);
            let long = format!("{owner}{short}");
            let free = is_variant && used.insert(short.clone());
            if free {
                return short;
            }
            let mut name = long.clone();
            let mut count = 1;
            while !used.insert(name.clone()) {
                count += 1;
                name = format!("{long}{count}");
            }
            name
        };
        all.push(cases.iter().map(&mut pick).collect());
    }
    all
}

struct Render<'a> {
    module: &'a Module,
    interface: usize,
    schema: &'a Schema,
}

fn define(render: &Render<'_>, id: TypeId, cases_go: &[String], out: &mut String) {
    let ty = render.schema.ty(id);
    let Some(name) = render.module.name(render.interface, id) else {
        return;
    };
    out.push('\n');
    out.push_str(&comment::go(&ty.docs, ""));
    match &ty.kind {
        Kind::Record { fields } => {
            let _ = writeln!(out, "type {name} struct {{");
            let line = |field: &Field| {
                let local = names::field(Language::Go, &field.name);
                let cells = vec![
                    local,
                    render.ty(field.ty),
                    format!("`hms:\"{}\"`", field.name),
                ];
                (comment::go(&field.docs, "\t"), cells)
            };
            out.push_str(&aligned(fields.iter().map(line).collect()));
            out.push_str("}\n");
        }
        Kind::Enum { cases, .. } => {
            let _ = writeln!(out, "type {name} string\n\nconst (");
            let line = |(case, local): (&Case, &String)| {
                let cells = vec![
                    local.clone(),
                    name.to_owned(),
                    format!("= \"{}\"", case.name),
                ];
                (comment::go(&case.docs, "\t"), cells)
            };
            out.push_str(&aligned(cases.iter().zip(cases_go).map(line).collect()));
            out.push_str(")\n");
        }
        Kind::Flags { flags } => {
            let bits = crate::wire::flags_size(flags.len()) * 8;
            let _ = writeln!(out, "type {name} uint{bits}\n\nconst (");
            let line = |(bit, (flag, local)): (usize, (&Case, &String))| {
                let cells = vec![local.clone(), name.to_owned(), format!("= 1 << {bit}")];
                (comment::go(&flag.docs, "\t"), cells)
            };
            out.push_str(&aligned(
                flags.iter().zip(cases_go).enumerate().map(line).collect(),
            ));
            out.push_str(")\n");
        }
        Kind::Variant { cases, .. } => variant(render, name, cases, cases_go, out),
        _ => {}
    }
}

fn variant(render: &Render<'_>, name: &str, cases: &[Case], cases_go: &[String], out: &mut String) {
    let _ = writeln!(out, "type {name} interface{{ is{name}() }}\n\ntype (");
    let line = |(case, local): (&Case, &String)| {
        let ty = match case
            .ty
            .map(|ty| (render.ty(ty), is_basic(&render.schema.ty(ty).kind)))
        {
            None => "struct{}".to_owned(),
            Some((payload, true)) => payload,
            Some((payload, false)) => format!("struct{{ Value {payload} }}"),
        };
        (comment::go(&case.docs, "\t"), vec![local.clone(), ty])
    };
    out.push_str(&aligned(cases.iter().zip(cases_go).map(line).collect()));
    out.push_str(")\n\n");
    for local in cases_go {
        let _ = writeln!(out, "func ({local}) is{name}() {{}}\n");
    }
    let _ = writeln!(out, "func init() {{\n\thmsffi.RegisterVariant[{name}](");
    for (case, local) in cases.iter().zip(cases_go) {
        let _ = writeln!(out, "\t\thmsffi.Case[{local}](\"{}\"),", case.name);
    }
    out.push_str("\t)\n}\n");
}

/// Lines of cells, each with its comment above, in columns as gofmt has them.
fn aligned(lines: Vec<(String, Vec<String>)>) -> String {
    let columns = lines
        .iter()
        .map(|(_, cells)| cells.len())
        .max()
        .unwrap_or(0);
    let width = |column: usize| {
        lines
            .iter()
            .filter_map(|(_, cells)| cells.get(column))
            .map(|c| c.chars().count())
            .max()
    };
    let widths: Vec<usize> = (0..columns)
        .map(|column| width(column).unwrap_or(0))
        .collect();
    let mut out = String::new();
    for (comment, cells) in &lines {
        out.push_str(comment);
        let cell = |(cell, width): (&String, &usize)| format!("{cell:width$}");
        let line: Vec<String> = cells.iter().zip(&widths).map(cell).collect();
        let _ = writeln!(out, "\t{}", line.join(" ").trim_end());
    }
    out
}

/// Kinds whose Go type can be the underlying type of a case's own.
fn is_basic(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Bool | Kind::String | Kind::Char | Kind::F32 | Kind::F64
    ) || matches!(
        kind,
        Kind::S8 | Kind::S16 | Kind::S32 | Kind::S64 | Kind::U8 | Kind::U16 | Kind::U32 | Kind::U64
    )
}

fn client(render: &Render<'_>, out: &mut String) {
    if functions(render.schema).next().is_none() {
        return;
    }
    let name = &render.module.interfaces[render.interface].name;
    let full = split(&render.schema.interface).0;
    let _ = writeln!(
        out,
        "\n// {name}Client calls {full}.\ntype {name}Client struct{{ *hmsffi.Client }}"
    );
    let _ = writeln!(
        out,
        "\n// Connect{name} connects to a provider of {full}.\nfunc Connect{name}(ctx context.Context, options ...hmsffi.Option) ({name}Client, error) {{\n\tclient, err := hmsffi.Connect(ctx, \"{}\", options...)\n\treturn {name}Client{{client}}, err\n}}",
        wanted(&render.schema.interface)
    );
    for (function, callable) in functions(render.schema) {
        let local = names::function(Language::Go, &function.name);
        if !callable {
            let _ = writeln!(
                out,
                "\n// {local} takes or returns handles or streams, which cannot be passed yet."
            );
            continue;
        }
        method(render, name, &local, function, out);
    }
}

fn method(render: &Render<'_>, client: &str, local: &str, function: &Function, out: &mut String) {
    out.push('\n');
    out.push_str(&comment::go(&function.docs, ""));
    let params: Vec<(String, String)> = function
        .params
        .iter()
        .map(|param| (variable(&param.name), render.ty(param.ty)))
        .collect();
    let declared: String = params
        .iter()
        .map(|(name, ty)| format!(", {name} {ty}"))
        .collect();
    let given: String = params.iter().map(|(name, _)| format!(", {name}")).collect();
    // Members of hmsffi.Client stay reachable.
    let local = if CLIENT_MEMBERS.contains(&local) {
        format!("{local}_")
    } else {
        local.to_owned()
    };
    let _ = match render.schema.outcome(function).ok {
        None => writeln!(
            out,
            "func (c {client}Client) {local}(ctx context.Context{declared}) error {{\n\treturn c.Call(ctx, \"{}\", nil{given})\n}}",
            function.name
        ),
        Some(ok) => {
            let result = render.ty(ok);
            writeln!(
                out,
                "func (c {client}Client) {local}(ctx context.Context{declared}) ({result}, error) {{\n\treturn hmsffi.Call[{result}](ctx, c.Client, \"{}\"{given})\n}}",
                function.name
            )
        }
    };
}

const CLIENT_MEMBERS: &[&str] = &["Batch", "Call", "Client", "Close", "Schema", "Stream"];

/// The wish for the version that the types were made from, or later: `hms:claims/adjudication@1.2`.
fn wanted(interface: &str) -> String {
    let (name, version) = split(interface);
    match version.filter(|version| !version.contains('-')) {
        Some(version) => format!(
            "{name}@{}",
            version.split('.').take(2).collect::<Vec<_>>().join(".")
        ),
        None => interface.to_owned(),
    }
}

/// A parameter as a Go variable; keywords, and names that the method uses itself, get a trailing `_`.
fn variable(wit: &str) -> String {
    const TAKEN: &[&str] = &[
        "any",
        "bool",
        "break",
        "byte",
        "c",
        "case",
        "chan",
        "const",
        "context",
        "continue",
        "ctx",
        "default",
        "defer",
        "else",
        "error",
        "fallthrough",
        "false",
        "float32",
        "float64",
        "for",
        "func",
        "go",
        "goto",
        "hmsffi",
        "if",
        "import",
        "int8",
        "int16",
        "int32",
        "int64",
        "interface",
        "map",
        "nil",
        "package",
        "range",
        "return",
        "rune",
        "select",
        "string",
        "struct",
        "switch",
        "time",
        "true",
        "type",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "var",
    ];
    let pascal = names::param(Language::Go, wit);
    let mut chars = pascal.chars();
    let mut name: String = chars
        .next()
        .map(|c| c.to_ascii_lowercase())
        .into_iter()
        .collect();
    name.extend(chars);
    if TAKEN.contains(&name.as_str()) {
        name.push('_');
    }
    name
}

impl Render<'_> {
    fn ty(&self, id: TypeId) -> String {
        match &self.schema.ty(id).kind {
            Kind::Bool => "bool".into(),
            Kind::S8 => "int8".into(),
            Kind::S16 => "int16".into(),
            Kind::S32 => "int32".into(),
            Kind::S64 => "int64".into(),
            Kind::U8 => "uint8".into(),
            Kind::U16 => "uint16".into(),
            Kind::U32 => "uint32".into(),
            Kind::U64 => "uint64".into(),
            Kind::F32 => "float32".into(),
            Kind::F64 => "float64".into(),
            Kind::Char => "rune".into(),
            Kind::String => "string".into(),
            Kind::List { element } if matches!(self.schema.ty(*element).kind, Kind::U8) => {
                "[]byte".into()
            }
            Kind::List { element } => format!("[]{}", self.ty(*element)),
            Kind::FixedList { element, length } => format!("[{length}]{}", self.ty(*element)),
            Kind::Tuple { elements } if elements.is_empty() => "struct{}".into(),
            Kind::Tuple { elements } => {
                let types: Vec<String> = elements.iter().map(|ty| self.ty(*ty)).collect();
                format!("Tuple{}[{}]", types.len(), types.join(", "))
            }
            Kind::Set { element } => format!("map[{}]struct{{}}", self.ty(*element)),
            Kind::Map { key, value } => format!("map[{}]{}", self.ty(*key), self.ty(*value)),
            Kind::Option { payload } => format!("*{}", self.ty(*payload)),
            Kind::Result { ok, err } => {
                let part = |ty: &Option<TypeId>| ty.map_or("struct{}".to_owned(), |ty| self.ty(ty));
                format!("hmsffi.Result[{}, {}]", part(ok), part(err))
            }
            Kind::Timestamp | Kind::ZonedTimestamp => "time.Time".into(),
            Kind::Date => "hmsffi.Date".into(),
            Kind::PartialDate => "hmsffi.PartialDate".into(),
            Kind::TimeOfDay => "hmsffi.TimeOfDay".into(),
            Kind::Duration => "hmsffi.Duration".into(),
            Kind::Decimal => "hmsffi.Decimal".into(),
            Kind::Uuid => "hmsffi.UUID".into(),
            Kind::Document => "any".into(),
            Kind::Record { .. } | Kind::Enum { .. } | Kind::Flags { .. } | Kind::Variant { .. } => {
                self.module
                    .name(self.interface, id)
                    .unwrap_or("any")
                    .to_owned()
            }
            Kind::Own { .. } | Kind::Borrow { .. } | Kind::Stream { .. } | Kind::Future { .. } => {
                "struct{}".into()
            }
        }
    }
}
