//! The value that a vector's JSON stands for.

use crate::dynamic::{Dynamic, pascal, snake};
use hms_ffi::value::Value;
use hms_ffi_core::contract::schema::{Kind, Schema, TypeId};
use hms_ffi_core::convert::json::Json;

pub fn from_json(schema: &Schema, ty: TypeId, json: &Json) -> Dynamic {
    let of = |ty: TypeId, json: &Json| from_json(schema, ty, json);
    macro_rules! integer {
        ($variant:ident) => {
            Dynamic::$variant(match json {
                Json::Integer(value) => (*value).try_into().unwrap(),
                json => text(json).parse().unwrap(),
            })
        };
    }
    match &schema.ty(ty).kind {
        Kind::Bool => Dynamic::Bool(*json == Json::Bool(true)),
        Kind::U8 => integer!(U8),
        Kind::U16 => integer!(U16),
        Kind::U32 => integer!(U32),
        Kind::U64 => integer!(U64),
        Kind::S8 => integer!(S8),
        Kind::S16 => integer!(S16),
        Kind::S32 => integer!(S32),
        Kind::S64 => integer!(S64),
        Kind::F32 => Dynamic::F32(single(json)),
        Kind::F64 => Dynamic::F64(double(json)),
        Kind::Char => Dynamic::Char(text(json).parse().unwrap()),
        Kind::String => Dynamic::String(text(json).to_owned()),
        Kind::List { element } | Kind::FixedList { element, .. }
            if schema.ty(*element).kind == Kind::U8 =>
        {
            Dynamic::List(base64(text(json)).into_iter().map(Dynamic::U8).collect())
        }
        Kind::List { element } | Kind::FixedList { element, .. } | Kind::Set { element } => {
            Dynamic::List(array(json).iter().map(|item| of(*element, item)).collect())
        }
        Kind::Tuple { elements } => Dynamic::Tuple(
            elements
                .iter()
                .zip(array(json))
                .map(|(ty, item)| of(*ty, item))
                .collect(),
        ),
        Kind::Map { key, value } => Dynamic::Map(match json {
            Json::Object(members) => members
                .iter()
                .map(|(name, item)| (Dynamic::String(name.clone()), of(*value, item)))
                .collect(),
            json => array(json)
                .iter()
                .map(|pair| (of(*key, &array(pair)[0]), of(*value, &array(pair)[1])))
                .collect(),
        }),
        Kind::Record { fields } => Dynamic::Record(
            fields
                .iter()
                .filter_map(|field| {
                    Some((snake(&field.name), of(field.ty, json.get(&field.name)?)))
                })
                .collect(),
        ),
        Kind::Flags { .. } => Dynamic::List(
            array(json)
                .iter()
                .map(|name| Dynamic::String(text(name).to_owned()))
                .collect(),
        ),
        Kind::Enum { .. } => Dynamic::Case(3, pascal(text(json)), None),
        Kind::Variant { cases, .. } => {
            let tag = text(json.get("tag").unwrap());
            let payload = cases.iter().find(|case| case.name == tag).unwrap().ty;
            Dynamic::Case(
                3,
                pascal(tag),
                payload.map(|ty| Box::new(of(ty, json.get("val").unwrap()))),
            )
        }
        Kind::Result { ok, err } => {
            let side = |ty: &Option<TypeId>, json: &Json| {
                Box::new(ty.map_or(Dynamic::Nothing, |ty| of(ty, json)))
            };
            Dynamic::Result(match (json.get("ok"), json.get("err")) {
                (Some(value), None) => Ok(side(ok, value)),
                (None, Some(value)) => Err(side(err, value)),
                _ => panic!("{json} is a result"),
            })
        }
        Kind::Option { payload } => {
            let boxed = matches!(
                schema.ty(*payload).kind,
                Kind::Option { .. } | Kind::Document
            );
            Dynamic::Option(match json {
                Json::Null => None,
                json if boxed => Some(Box::new(of(*payload, json.get("some").unwrap()))),
                json => Some(Box::new(of(*payload, json))),
            })
        }
        Kind::Timestamp => Dynamic::Timestamp(text(json).parse().unwrap()),
        Kind::ZonedTimestamp => Dynamic::ZonedTimestamp(text(json).parse().unwrap()),
        Kind::Date => Dynamic::Date(text(json).parse().unwrap()),
        Kind::PartialDate => Dynamic::PartialDate(text(json).parse().unwrap()),
        Kind::TimeOfDay => Dynamic::TimeOfDay(text(json).parse().unwrap()),
        Kind::Duration => Dynamic::Duration(text(json).parse().unwrap()),
        Kind::Decimal => Dynamic::Decimal(text(json).parse().unwrap()),
        Kind::Uuid => Dynamic::Uuid(text(json).parse().unwrap()),
        Kind::Document => Dynamic::Document(document(json)),
        kind => panic!("no vectors for {kind:?}"),
    }
}

fn document(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Integer(value) => Value::Integer(*value),
        Json::Float(value) => Value::Float(*value),
        Json::String(value) => Value::Text(value.clone()),
        Json::Array(items) => Value::Array(items.iter().map(document).collect()),
        Json::Object(members) => Value::Map(
            members
                .iter()
                .map(|(key, value)| (key.clone(), document(value)))
                .collect(),
        ),
    }
}

fn text(json: &Json) -> &str {
    let Json::String(text) = json else {
        panic!("{json} is a string")
    };
    text
}

fn array(json: &Json) -> &[Json] {
    let Json::Array(items) = json else {
        panic!("{json} is an array")
    };
    items
}

fn double(json: &Json) -> f64 {
    match json {
        Json::Integer(value) => *value as f64,
        Json::Float(value) => *value,
        json => match text(json).strip_prefix("NaN:0x") {
            Some(bits) => f64::from_bits(u64::from_str_radix(bits, 16).unwrap()),
            None => text(json).parse().unwrap(),
        },
    }
}

fn single(json: &Json) -> f32 {
    match json {
        Json::String(text) if text.starts_with("NaN:0x") => {
            f32::from_bits(u32::from_str_radix(&text[6..], 16).unwrap())
        }
        json => double(json) as f32,
    }
}

fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0u32, 0);
    for digit in text.bytes().filter(|byte| *byte != b'=') {
        bits = bits << 6 | DIGITS.iter().position(|other| *other == digit).unwrap() as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    bytes
}
