//! The well-known types of `hms:types`: the embedded package, and how its types are recognised.

use wit_parser::{InterfaceId, PackageId, Resolve, Span, Type, TypeDefKind, TypeId, TypeOwner};

use super::schema::Kind;

/// The package `hms:types@1.0.0` as files; contracts need no copy of it.
pub(super) const EMBEDDED: [(&str, &str); 3] = [
    (
        "hms-types/numbers.wit",
        include_str!("../../../../wit/hms-types/numbers.wit"),
    ),
    (
        "hms-types/time.wit",
        include_str!("../../../../wit/hms-types/time.wit"),
    ),
    (
        "hms-types/values.wit",
        include_str!("../../../../wit/hms-types/values.wit"),
    ),
];

/// Interface, type name, structure, and the kind it is lowered to (none: an ordinary record).
const TABLE: [(&str, &str, &str, Option<Kind>); 11] = [
    (
        "time",
        "timestamp",
        "record{seconds:s64,nanoseconds:u32}",
        Some(Kind::Timestamp),
    ),
    (
        "time",
        "zoned-timestamp",
        "record{seconds:s64,nanoseconds:u32,offset-minutes:s16}",
        Some(Kind::ZonedTimestamp),
    ),
    (
        "time",
        "date",
        "record{year:u16,month:u8,day:u8}",
        Some(Kind::Date),
    ),
    (
        "time",
        "partial-date",
        "record{year:u16,month:option<u8>}",
        Some(Kind::PartialDate),
    ),
    (
        "time",
        "time-of-day",
        "record{hour:u8,minute:u8,second:u8,nanoseconds:u32}",
        Some(Kind::TimeOfDay),
    ),
    (
        "time",
        "duration",
        "record{seconds:s64,nanoseconds:u32}",
        Some(Kind::Duration),
    ),
    (
        "numbers",
        "decimal",
        "record{text:string}",
        Some(Kind::Decimal),
    ),
    (
        "numbers",
        "money",
        "record{amount:record{text:string},currency:string}",
        None,
    ),
    (
        "numbers",
        "quantity",
        "record{value:record{text:string},unit:string}",
        None,
    ),
    (
        "values",
        "uuid",
        "record{high:u64,low:u64}",
        Some(Kind::Uuid),
    ),
    (
        "values",
        "document",
        "record{cbor:list<u8>}",
        Some(Kind::Document),
    ),
];

/// True for the package `hms:types` of the track that we know.
pub(super) fn is_ours(resolve: &Resolve, package: PackageId) -> bool {
    let name = &resolve.packages[package].name;
    name.namespace == "hms"
        && name.name == "types"
        && name.version.as_ref().is_some_and(|v| v.major == 1)
}

/// The kind of a well-known type, if `id` is one.
pub(super) fn kind(resolve: &Resolve, id: TypeId) -> Option<Kind> {
    let ty = &resolve.types[id];
    let TypeOwner::Interface(owner) = ty.owner else {
        return None;
    };
    let owner = &resolve.interfaces[owner];
    if !is_ours(resolve, owner.package?) {
        return None;
    }
    let (interface, name) = (owner.name.as_deref()?, ty.name.as_deref()?);
    let entry = TABLE
        .iter()
        .find(|entry| entry.0 == interface && entry.1 == name)?;
    (shape(resolve, Type::Id(id)) == entry.2)
        .then(|| entry.3.clone())
        .flatten()
}

/// What a vendored copy of `hms:types` says differently from ours: the place and the difference.
/// It may lack types, and a later minor version may have more of them.
pub(super) fn difference(resolve: &Resolve, package: PackageId) -> Option<(Span, String)> {
    let contents = &resolve.packages[package];
    let later = contents
        .name
        .version
        .as_ref()
        .is_some_and(|v| v.minor > 0 || v.patch > 0);
    for (name, &id) in &contents.interfaces {
        if let Some(found) = interface_difference(resolve, name, id, later) {
            return Some(found);
        }
    }
    None
}

fn interface_difference(
    resolve: &Resolve,
    name: &str,
    id: InterfaceId,
    later: bool,
) -> Option<(Span, String)> {
    let interface = &resolve.interfaces[id];
    let known = TABLE.iter().any(|entry| entry.0 == name);
    if !known {
        return (!later).then(|| {
            (
                interface.span,
                format!("hms:types has no interface `{name}`"),
            )
        });
    }
    for (type_name, &ty) in &interface.types {
        if matches!(resolve.types[ty].kind, TypeDefKind::Type(_)) {
            continue; // `use`
        }
        let span = resolve.types[ty].span;
        match TABLE
            .iter()
            .find(|entry| entry.0 == name && entry.1 == type_name)
        {
            Some(entry) => {
                let found = shape(resolve, Type::Id(ty));
                if found != entry.2 {
                    let message = format!(
                        "this copy of hms:types differs from the well-known type `{type_name}`: expected {}, found {found}",
                        entry.2
                    );
                    return Some((span, message));
                }
            }
            None if later => {}
            None => {
                return Some((
                    span,
                    format!("hms:types has no type `{type_name}` in the interface `{name}`"),
                ));
            }
        }
    }
    match interface.functions.values().next() {
        Some(function) if !later => Some((
            function.span,
            format!("hms:types has no function `{}`", function.name),
        )),
        _ => None,
    }
}

/// The structure of a type as text, aliases expanded. Only what `hms:types` uses is spelled out; the depth is bounded.
fn shape(resolve: &Resolve, ty: Type) -> String {
    fn write(resolve: &Resolve, ty: Type, depth: u32, out: &mut String) {
        let id = match ty {
            Type::Id(id) if depth < 8 => id,
            Type::Id(_) => return out.push_str("..."),
            Type::Bool => return out.push_str("bool"),
            Type::U8 => return out.push_str("u8"),
            Type::U16 => return out.push_str("u16"),
            Type::U32 => return out.push_str("u32"),
            Type::U64 => return out.push_str("u64"),
            Type::S8 => return out.push_str("s8"),
            Type::S16 => return out.push_str("s16"),
            Type::S32 => return out.push_str("s32"),
            Type::S64 => return out.push_str("s64"),
            Type::F32 => return out.push_str("f32"),
            Type::F64 => return out.push_str("f64"),
            Type::Char => return out.push_str("char"),
            Type::String => return out.push_str("string"),
            Type::ErrorContext => return out.push_str("error-context"),
        };
        match &resolve.types[id].kind {
            TypeDefKind::Type(target) => write(resolve, *target, depth + 1, out),
            TypeDefKind::Record(record) => {
                out.push_str("record{");
                for (i, field) in record.fields.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    out.push_str(&field.name);
                    out.push(':');
                    write(resolve, field.ty, depth + 1, out);
                }
                out.push('}');
            }
            TypeDefKind::Option(payload) => {
                out.push_str("option<");
                write(resolve, *payload, depth + 1, out);
                out.push('>');
            }
            TypeDefKind::List(element) => {
                out.push_str("list<");
                write(resolve, *element, depth + 1, out);
                out.push('>');
            }
            other => out.push_str(other.as_str()),
        }
    }
    let mut out = String::new();
    write(resolve, ty, 0, &mut out);
    out
}
