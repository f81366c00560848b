//! Which functions can be called: streams, futures, handles and topics load but wait for later versions.

use hms_ffi_core::contract::schema::{Function, Kind, Schema, TypeId};

/// For each function of the schema: why it cannot be called, or `None`.
pub fn uncallable(schema: &Schema) -> Vec<Option<String>> {
    schema
        .functions
        .iter()
        .map(|function| reason(schema, function))
        .collect()
}

fn reason(schema: &Schema, function: &Function) -> Option<String> {
    let place = |path: String, what: &str| {
        format!(
            "{}.{}: {path}: {what} cannot be called yet",
            schema.interface, function.name
        )
    };
    if function.topic {
        return Some(format!(
            "{}.{}: topics cannot be published or subscribed to yet",
            schema.interface, function.name
        ));
    }
    if function.name.starts_with('[') {
        return Some(format!(
            "{}.{}: resources cannot be called yet",
            schema.interface, function.name
        ));
    }
    for param in &function.params {
        if let Some((path, what)) = find(schema, param.ty) {
            return Some(place(format!("{}{path}", param.name), what));
        }
    }
    let (path, what) = find(schema, function.result?)?;
    Some(place(format!("result{path}"), what))
}

/// The path of the first handle, stream or future inside a type.
fn find(schema: &Schema, id: TypeId) -> Option<(String, &'static str)> {
    let below = |id: TypeId, step: &str| {
        find(schema, id).map(|(path, what)| (format!("{step}{path}"), what))
    };
    match &schema.ty(id).kind {
        Kind::Own { .. } | Kind::Borrow { .. } => Some((String::new(), "handles")),
        Kind::Stream { .. } => Some((String::new(), "streams")),
        Kind::Future { .. } => Some((String::new(), "futures")),
        Kind::List { element } | Kind::FixedList { element, .. } | Kind::Set { element } => {
            below(*element, "[]")
        }
        Kind::Map { key, value } => below(*key, "[key]").or_else(|| below(*value, "[]")),
        Kind::Option { payload } => below(*payload, ""),
        Kind::Tuple { elements } => elements
            .iter()
            .enumerate()
            .find_map(|(i, element)| below(*element, &format!("[{i}]"))),
        Kind::Record { fields } => fields
            .iter()
            .find_map(|field| below(field.ty, &format!(".{}", field.name))),
        Kind::Variant { cases, .. } => cases
            .iter()
            .find_map(|case| below(case.ty?, &format!(".{}", case.name))),
        Kind::Result { ok, err } => ok
            .and_then(|id| below(id, ".ok"))
            .or_else(|| err.and_then(|id| below(id, ".err"))),
        _ => None,
    }
}
