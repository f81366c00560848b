//! What a contract marks as sensitive (`hms:sensitive`) is never printed by a trace.

use hms_ffi_core::contract::schema::{Field, Kind, Schema, TypeId};
use hms_ffi_core::convert::json::Json;

const HIDDEN: &str = "<sensitive>";

/// Hides the sensitive parts of a parameter's or field's value.
pub fn hide_field(schema: &Schema, field: &Field, value: &mut Json) {
    if field.constraints.sensitive {
        *value = Json::String(HIDDEN.to_owned());
    } else {
        hide(schema, field.ty, value);
    }
}

/// Hides the sensitive parts of a value of type `ty`, which is in the JSON mapping.
pub fn hide(schema: &Schema, ty: TypeId, value: &mut Json) {
    let def = schema.ty(ty);
    if def.constraints.sensitive {
        *value = Json::String(HIDDEN.to_owned());
        return;
    }
    match (&def.kind, value) {
        (Kind::Record { fields }, Json::Object(members)) => {
            for (name, value) in members {
                if let Some(field) = fields.iter().find(|field| field.name == *name) {
                    hide_field(schema, field, value);
                }
            }
        }
        (
            Kind::List { element } | Kind::FixedList { element, .. } | Kind::Set { element },
            Json::Array(items),
        ) => {
            items
                .iter_mut()
                .for_each(|item| hide(schema, *element, item));
        }
        (Kind::Tuple { elements }, Json::Array(items)) => {
            for (ty, item) in elements.iter().zip(items) {
                hide(schema, *ty, item);
            }
        }
        // Keys are plain scalars and strings: nothing marks them.
        (Kind::Map { value: ty, .. }, Json::Object(members)) => {
            members
                .iter_mut()
                .for_each(|(_, value)| hide(schema, *ty, value));
        }
        (Kind::Map { value: ty, .. }, Json::Array(pairs)) => {
            for pair in pairs {
                if let Json::Array(pair) = pair
                    && let Some(value) = pair.get_mut(1)
                {
                    hide(schema, *ty, value);
                }
            }
        }
        (Kind::Option { .. }, Json::Null) => {}
        (Kind::Option { payload }, value) => {
            let is_boxed = matches!(
                schema.ty(*payload).kind,
                Kind::Option { .. } | Kind::Document
            );
            match value {
                Json::Object(members) if is_boxed => {
                    members
                        .iter_mut()
                        .for_each(|(_, value)| hide(schema, *payload, value));
                }
                value => hide(schema, *payload, value),
            }
        }
        (Kind::Result { ok, err }, Json::Object(members)) => {
            for (name, value) in members {
                if let Some(ty) = if name == "ok" { ok } else { err } {
                    hide(schema, *ty, value);
                }
            }
        }
        (Kind::Variant { cases, .. }, Json::Object(members)) => {
            let tag = members
                .iter()
                .find(|(name, _)| name == "tag")
                .map(|(_, tag)| tag.clone());
            let case = cases
                .iter()
                .find(|case| tag == Some(Json::String(case.name.clone())));
            let payload = members.iter_mut().find(|(name, _)| name == "val");
            if let (Some(ty), Some((_, payload))) = (case.and_then(|case| case.ty), payload) {
                hide(schema, ty, payload);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use hms_ffi_core::contract::Contract;

    use super::*;

    #[test]
    fn sensitive_members_and_types_are_hidden_wherever_they_are() {
        let contract = Contract::parse(
            "a.wit",
            "package test:a@1.0.0;
             interface a {
               @external-id(\"hms:sensitive\")
               type secret = string;
               @external-id(\"hms:sensitive.name\")
               record person { name: string, age: u8, note: option<secret> }
               variant v { none, one(person), many(list<person>) }
               f: func(v: v, m: map<string, secret>, k: map<u8, secret>, r: result<secret, person>,
                       o: option<option<secret>>, t: tuple<u8, secret>);
             }",
        )
        .unwrap();
        let schema = contract.schema("test:a/a").unwrap();
        let values = r#"[
            {"tag": "many", "val": [{"name": "n-secret", "age": 3, "note": "n-secret"}, {"name": "n-secret", "age": 4, "note": null}]},
            {"key": "n-secret"}, [[1, "n-secret"]], {"err": {"name": "n-secret", "age": 5, "note": null}},
            {"some": "n-secret"}, [7, "n-secret"]
        ]"#;
        let Json::Array(mut values) = Json::parse(values).unwrap() else {
            unreachable!()
        };
        for (param, value) in schema.functions[0].params.iter().zip(&mut values) {
            hide_field(&schema, param, value);
        }
        let shown = Json::Array(values).to_string();
        assert!(!shown.contains("n-secret"), "{shown}");
        for kept in [
            "many",
            "\"age\":3",
            "\"age\":4",
            "\"age\":5",
            "\"note\":null",
            "key",
            "[7,",
        ] {
            assert!(shown.contains(kept), "{kept} is gone: {shown}");
        }
    }
}
