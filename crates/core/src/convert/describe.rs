//! Types in the words of WIT, for messages.

use super::Type;
use crate::contract::schema::Kind;

/// What a message calls a type: its name, else its WIT expression.
pub fn describe(ty: Type<'_>) -> String {
    nested(ty, 0)
}

fn nested(ty: Type<'_>, depth: u32) -> String {
    // Beyond this a message is no easier to read.
    if depth > 4 {
        return "…".to_owned();
    }
    let of = |id| nested(ty.with(id), depth + 1);
    if let Some(name) = &ty.def().name {
        let word = match ty.kind() {
            Kind::Record { .. } => "record ",
            Kind::Variant { .. } => "variant ",
            Kind::Enum { .. } => "enum ",
            Kind::Flags { .. } => "flags ",
            Kind::Set { .. } => "set ",
            _ => "",
        };
        return format!("{word}{name}");
    }
    match ty.kind() {
        Kind::Bool => "bool".to_owned(),
        Kind::Char => "char".to_owned(),
        Kind::String => "string".to_owned(),
        Kind::List { element } => format!("list<{}>", of(*element)),
        Kind::FixedList { element, length } => format!("list<{}, {length}>", of(*element)),
        Kind::Tuple { elements } => {
            format!(
                "tuple<{}>",
                elements
                    .iter()
                    .map(|id| of(*id))
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        }
        Kind::Set { element } => format!("set of {}", of(*element)),
        Kind::Map { key, value } => format!("map<{}, {}>", of(*key), of(*value)),
        Kind::Option { payload } => format!("option<{}>", of(*payload)),
        Kind::Result { ok, err } => {
            let side = |id: &Option<_>| id.map_or("_".to_owned(), of);
            format!("result<{}, {}>", side(ok), side(err))
        }
        Kind::Record { .. } => "record".to_owned(),
        Kind::Enum { .. } => "enum".to_owned(),
        Kind::Flags { .. } => "flags".to_owned(),
        Kind::Variant { .. } => "variant".to_owned(),
        Kind::Timestamp => "timestamp".to_owned(),
        Kind::ZonedTimestamp => "zoned-timestamp".to_owned(),
        Kind::Date => "date".to_owned(),
        Kind::PartialDate => "partial-date".to_owned(),
        Kind::TimeOfDay => "time-of-day".to_owned(),
        Kind::Duration => "duration".to_owned(),
        Kind::Decimal => "decimal".to_owned(),
        Kind::Uuid => "uuid".to_owned(),
        Kind::Document => "document".to_owned(),
        Kind::Own { resource } => ty.schema.resources[*resource as usize].name.clone(),
        Kind::Borrow { resource } => {
            format!("borrow<{}>", ty.schema.resources[*resource as usize].name)
        }
        Kind::Stream { element } => {
            element.map_or("stream".to_owned(), |id| format!("stream<{}>", of(id)))
        }
        Kind::Future { element } => {
            element.map_or("future".to_owned(), |id| format!("future<{}>", of(id)))
        }
        kind => crate::wire::Number::of(kind)
            .map_or("value", crate::wire::Number::name)
            .to_owned(),
    }
}
