//! Rust: a module with the types of a contract, for serde, and a typed client for each interface.

use std::fmt::Write;

use super::module::{Module, functions, reaches_handle};
use super::{File, comment, file_stem, notice};
use crate::contract::Contract;
use crate::contract::names::{self, Language};
use crate::contract::schema::{Case, Function, Kind, Schema, TypeId};
use crate::contract::version::split;

pub(super) fn files(contract: &Contract) -> Vec<File> {
    let module = Module::new(contract, Language::Rust, &[]);
    let stem = file_stem(&module.package).replace('-', "_");
    let mut out = format!("// {}\n", notice(&module.package));
    for &(interface, id) in &module.types {
        let schema = &module.interfaces[interface].schema;
        define(
            &Render {
                module: &module,
                interface,
                schema,
            },
            id,
            &mut out,
        );
    }
    for (interface, found) in module.interfaces.iter().enumerate() {
        client(
            &Render {
                module: &module,
                interface,
                schema: &found.schema,
            },
            &mut out,
        );
    }
    vec![File {
        path: format!("{stem}.rs").into(),
        text: out,
    }]
}

struct Render<'a> {
    module: &'a Module,
    interface: usize,
    schema: &'a Schema,
}

const DERIVE: &str = "#[derive(Clone, Debug, PartialEq, ::serde::Serialize, ::serde::Deserialize)]";
const DERIVE_SIMPLE: &str = "#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize)]";

fn define(render: &Render<'_>, id: TypeId, out: &mut String) {
    let ty = render.schema.ty(id);
    let Some(name) = render.module.name(render.interface, id) else {
        return;
    };
    if reaches_handle(render.schema, id) {
        let _ = writeln!(
            out,
            "\n// {name} holds handles or streams, which cannot be passed yet."
        );
        return;
    }
    out.push('\n');
    out.push_str(&comment::rust(&ty.docs, ""));
    match &ty.kind {
        Kind::Record { fields } => {
            let _ = writeln!(out, "{DERIVE}\npub struct {name} {{");
            for field in fields {
                out.push_str(&comment::rust(&field.docs, "    "));
                let local = names::field(Language::Rust, &field.name);
                if local != field.name {
                    let _ = writeln!(out, "    #[serde(rename = \"{}\")]", field.name);
                }
                let _ = writeln!(out, "    pub {local}: {},", render.ty(field.ty));
            }
            out.push_str("}\n");
        }
        Kind::Enum { cases, .. } => {
            let _ = writeln!(out, "{DERIVE_SIMPLE}\npub enum {name} {{");
            for case in cases {
                write_case(
                    case,
                    names::enum_case(Language::Rust, &case.name),
                    String::new(),
                    out,
                );
            }
            out.push_str("}\n");
        }
        Kind::Variant { cases, .. } => {
            let _ = writeln!(out, "{DERIVE}\npub enum {name} {{");
            for case in cases {
                let payload = case
                    .ty
                    .map_or(String::new(), |ty| format!("({})", render.ty(ty)));
                write_case(
                    case,
                    names::variant_case(Language::Rust, &case.name),
                    payload,
                    out,
                );
            }
            out.push_str("}\n");
        }
        Kind::Flags { flags } => {
            let _ = writeln!(
                out,
                "{DERIVE_SIMPLE}\n#[serde(transparent)]\npub struct {name}(pub u32);\n\nimpl {name} {{"
            );
            for (bit, flag) in flags.iter().enumerate() {
                out.push_str(&comment::rust(&flag.docs, "    "));
                let local = names::flag(Language::Rust, &flag.name);
                let _ = writeln!(out, "    pub const {local}: {name} = {name}(1 << {bit});");
            }
            let _ = writeln!(
                out,
                "\n    /// Whether all flags of `other` are set.\n    pub fn contains(self, other: {name}) -> bool {{\n        self.0 & other.0 == other.0\n    }}\n}}"
            );
            let _ = writeln!(
                out,
                "\nimpl ::std::ops::BitOr for {name} {{\n    type Output = {name};\n\n    fn bitor(self, other: {name}) -> {name} {{\n        {name}(self.0 | other.0)\n    }}\n}}"
            );
        }
        _ => {}
    }
}

fn write_case(case: &Case, local: String, payload: String, out: &mut String) {
    out.push_str(&comment::rust(&case.docs, "    "));
    let _ = writeln!(
        out,
        "    #[serde(rename = \"{}\")]\n    {local}{payload},",
        case.name
    );
}

fn client(render: &Render<'_>, out: &mut String) {
    if functions(render.schema).next().is_none() {
        return;
    }
    let name = &render.module.interfaces[render.interface].name;
    let full = split(&render.schema.interface).0;
    let wanted = wanted(&render.schema.interface);
    let _ = writeln!(
        out,
        "\n/// A client of `{full}`.\npub struct {name}Client(pub ::hms_ffi::Client);\n\nimpl {name}Client {{\n    /// Connects to a provider of `{wanted}`.\n    pub fn connect() -> ::hms_ffi::Result<Self> {{\n        ::hms_ffi::Client::connect(\"{wanted}\").map(Self)\n    }}"
    );
    for (function, callable) in functions(render.schema) {
        let local = names::function(Language::Rust, &function.name);
        if callable {
            method(render, &local, function, out);
        } else {
            let _ = writeln!(
                out,
                "\n    // {local}: takes or returns handles or streams, which cannot be passed yet"
            );
        }
    }
    out.push_str("}\n");
}

fn method(render: &Render<'_>, local: &str, function: &Function, out: &mut String) {
    out.push('\n');
    out.push_str(&comment::rust(&function.docs, "    "));
    let params: Vec<(String, String)> = function
        .params
        .iter()
        .map(|param| {
            (
                names::param(Language::Rust, &param.name),
                render.ty(param.ty),
            )
        })
        .collect();
    let declared: String = params
        .iter()
        .map(|(name, ty)| format!(", {name}: &{ty}"))
        .collect();
    let given: Vec<&str> = params.iter().map(|(name, _)| name.as_str()).collect();
    let comma = if given.len() == 1 { "," } else { "" };
    let given = format!("({}{comma})", given.join(", "));
    let result = render
        .schema
        .outcome(function)
        .ok
        .map_or("()".to_owned(), |ty| render.ty(ty));
    // A function called `connect` would hide the constructor.
    let local = if local == "connect" {
        "connect_"
    } else {
        local
    };
    let _ = writeln!(
        out,
        "    pub fn {local}(&self{declared}) -> ::hms_ffi::Result<{result}> {{\n        self.0.call(\"{}\", {given})\n    }}",
        function.name
    );
}

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

impl Render<'_> {
    fn ty(&self, id: TypeId) -> String {
        let kind = &self.schema.ty(id).kind;
        match kind {
            Kind::Bool => "bool".into(),
            Kind::S8 => "i8".into(),
            Kind::S16 => "i16".into(),
            Kind::S32 => "i32".into(),
            Kind::S64 => "i64".into(),
            Kind::U8 | Kind::U16 | Kind::U32 | Kind::U64 | Kind::F32 | Kind::F64 | Kind::Char => {
                kind.keyword().into()
            }
            Kind::String => "::std::string::String".into(),
            Kind::List { element } => format!("::std::vec::Vec<{}>", self.ty(*element)),
            Kind::FixedList { element, length } if *length <= 32 => {
                format!("[{}; {length}]", self.ty(*element))
            }
            Kind::FixedList { element, .. } => format!("::std::vec::Vec<{}>", self.ty(*element)),
            Kind::Tuple { elements } => {
                let all: String = elements
                    .iter()
                    .map(|ty| format!("{}, ", self.ty(*ty)))
                    .collect();
                format!(
                    "({})",
                    if elements.len() == 1 {
                        all.trim_end()
                    } else {
                        all.trim_end_matches(", ")
                    }
                )
            }
            Kind::Set { element } => format!("::std::collections::BTreeSet<{}>", self.ty(*element)),
            Kind::Map { key, value } => {
                format!(
                    "::std::collections::BTreeMap<{}, {}>",
                    self.ty(*key),
                    self.ty(*value)
                )
            }
            Kind::Option { payload } => format!("::std::option::Option<{}>", self.ty(*payload)),
            Kind::Result { ok, err } => {
                let part = |ty: &Option<TypeId>| ty.map_or("()".to_owned(), |ty| self.ty(ty));
                format!("::std::result::Result<{}, {}>", part(ok), part(err))
            }
            Kind::Timestamp => "::hms_ffi::value::Timestamp".into(),
            Kind::ZonedTimestamp => "::hms_ffi::value::ZonedTimestamp".into(),
            Kind::Date => "::hms_ffi::value::Date".into(),
            Kind::PartialDate => "::hms_ffi::value::PartialDate".into(),
            Kind::TimeOfDay => "::hms_ffi::value::TimeOfDay".into(),
            Kind::Duration => "::hms_ffi::value::Duration".into(),
            Kind::Decimal => "::hms_ffi::value::Decimal".into(),
            Kind::Uuid => "::hms_ffi::value::Uuid".into(),
            Kind::Document => "::hms_ffi::value::Value".into(),
            Kind::Record { .. } | Kind::Enum { .. } | Kind::Flags { .. } | Kind::Variant { .. } => {
                self.module
                    .name(self.interface, id)
                    .unwrap_or("()")
                    .to_owned()
            }
            Kind::Own { .. } | Kind::Borrow { .. } | Kind::Stream { .. } | Kind::Future { .. } => {
                "()".into()
            }
        }
    }
}
