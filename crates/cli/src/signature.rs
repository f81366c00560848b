//! Functions and types of a schema as WIT writes them.

use hms_ffi_core::contract::schema::{Function, Kind, Schema, TypeId};

/// `adjudicate: async func(claim: claim) -> result<decision, denial>`
pub fn function(schema: &Schema, function: &Function) -> String {
    let params: Vec<String> = function
        .params
        .iter()
        .map(|param| format!("{}: {}", param.name, ty(schema, param.ty)))
        .collect();
    let is_async = if function.is_async { "async " } else { "" };
    let result = function
        .result
        .map(|id| format!(" -> {}", ty(schema, id)))
        .unwrap_or_default();
    format!(
        "{}: {is_async}func({}){result}",
        function.name,
        params.join(", ")
    )
}

fn ty(schema: &Schema, id: TypeId) -> String {
    let def = schema.ty(id);
    if let Some(name) = &def.name {
        return name.clone();
    }
    let of = |id: &TypeId| ty(schema, *id);
    let optional = |id: &Option<TypeId>| id.as_ref().map_or("_".to_owned(), of);
    let resource = |index: &u32| schema.resources[*index as usize].name.clone();
    match &def.kind {
        Kind::List { element } => format!("list<{}>", of(element)),
        Kind::FixedList { element, length } => format!("list<{}, {length}>", of(element)),
        Kind::Set { element } => format!("set<{}>", of(element)),
        Kind::Tuple { elements } => {
            format!(
                "tuple<{}>",
                elements.iter().map(of).collect::<Vec<_>>().join(", ")
            )
        }
        Kind::Map { key, value } => format!("map<{}, {}>", of(key), of(value)),
        Kind::Option { payload } => format!("option<{}>", of(payload)),
        Kind::Result {
            ok: None,
            err: None,
        } => "result".to_owned(),
        Kind::Result { ok, err: None } => format!("result<{}>", optional(ok)),
        Kind::Result { ok, err } => format!("result<{}, {}>", optional(ok), optional(err)),
        Kind::Own { resource: index } => resource(index),
        Kind::Borrow { resource: index } => format!("borrow<{}>", resource(index)),
        Kind::Stream { element: None } => "stream".to_owned(),
        Kind::Stream {
            element: Some(element),
        } => format!("stream<{}>", of(element)),
        Kind::Future { element: None } => "future".to_owned(),
        Kind::Future {
            element: Some(element),
        } => format!("future<{}>", of(element)),
        other => other.keyword().to_owned(),
    }
}
