//! From the wire to JSON.

use std::convert::Infallible;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{INFINITY, Json, MAX_EXACT, NAN, NAN_BITS, NEGATIVE_INFINITY};
use crate::contract::schema::{Case, Field, Kind};
use crate::convert::{Lift, Lifted, Payload, Sequence, Type, numbers};
use crate::wire::Number;
use crate::wire::types::{Date, Duration, PartialDate, TimeOfDay, Timestamp, Uuid, ZonedTimestamp};

/// Lifts JSON.
#[derive(Debug, Default)]
pub struct ToJson;

/// A map in the making: an object or a list of pairs.
#[derive(Debug)]
pub enum Entries {
    /// With string keys.
    Object(Vec<(String, Json)>),
    /// With any others.
    Pairs(Vec<Json>),
}

fn text(value: impl ToString) -> Lifted<Json, ToJson> {
    Ok(Json::String(value.to_string()))
}

fn float(value: f64) -> Json {
    if value.is_nan() {
        Json::String(NAN.to_owned())
    } else if value.is_infinite() {
        Json::String(
            if value > 0.0 {
                INFINITY
            } else {
                NEGATIVE_INFINITY
            }
            .to_owned(),
        )
    } else {
        Json::Float(value)
    }
}

fn integer(value: i128, number: Number) -> Json {
    if number.size() == 8 && !(-MAX_EXACT..=MAX_EXACT).contains(&value) {
        Json::String(value.to_string())
    } else {
        Json::Integer(value)
    }
}

/// An f32 of a list, with its bits if it is a NaN but not the canonical one.
fn packed_f32(value: f32) -> Json {
    match value.to_bits() {
        bits if value.is_nan() && bits != 0x7fc0_0000 => {
            Json::String(format!("{NAN_BITS}{bits:08x}"))
        }
        _ => float(value.into()),
    }
}

/// An f64 of a list, with its bits if it is a NaN but not the canonical one.
fn packed_f64(value: f64) -> Json {
    match value.to_bits() {
        bits if value.is_nan() && bits != 0x7ff8_0000_0000_0000 => {
            Json::String(format!("{NAN_BITS}{bits:016x}"))
        }
        _ => float(value),
    }
}

impl Lift for ToJson {
    type Value = Json;
    type Host = Infallible;
    type Items = Vec<Json>;
    type Record = Vec<(String, Json)>;
    type Map = Entries;

    fn bool(&mut self, value: bool) -> Lifted<Json, Self> {
        Ok(Json::Bool(value))
    }

    fn signed(&mut self, value: i64, number: Number) -> Lifted<Json, Self> {
        Ok(integer(value.into(), number))
    }

    fn unsigned(&mut self, value: u64, number: Number) -> Lifted<Json, Self> {
        Ok(integer(value.into(), number))
    }

    fn float(&mut self, value: f64, _: Number) -> Lifted<Json, Self> {
        Ok(float(value))
    }

    fn char(&mut self, value: char) -> Lifted<Json, Self> {
        text(value)
    }

    fn string(&mut self, value: &str) -> Lifted<Json, Self> {
        text(value)
    }

    fn bytes(&mut self, value: &[u8]) -> Lifted<Json, Self> {
        Ok(Json::String(STANDARD.encode(value)))
    }

    fn packed(&mut self, number: Number, packed: &[u8], _: Type<'_>) -> Lifted<Json, Self> {
        fn integers<T: Into<i128>>(values: impl Iterator<Item = T>, number: Number) -> Vec<Json> {
            values.map(|value| integer(value.into(), number)).collect()
        }
        Ok(Json::Array(match number {
            Number::S8 => integers(numbers::i8(packed), number),
            Number::S16 => integers(numbers::i16(packed), number),
            Number::S32 => integers(numbers::i32(packed), number),
            Number::S64 => integers(numbers::i64(packed), number),
            Number::U8 => integers(packed.iter().copied(), number),
            Number::U16 => integers(numbers::u16(packed), number),
            Number::U32 => integers(numbers::u32(packed), number),
            Number::U64 => integers(numbers::u64(packed), number),
            Number::F32 => numbers::f32(packed).map(packed_f32).collect(),
            Number::F64 => numbers::f64(packed).map(packed_f64).collect(),
        }))
    }

    fn begin_items(&mut self, _: Sequence, _: Type<'_>, len: usize) -> Lifted<Vec<Json>, Self> {
        // Elements without bytes are bounded by the element limit only; those need no memory in advance.
        Ok(Vec::with_capacity(len.min(1024)))
    }

    fn push_item(&mut self, items: &mut Vec<Json>, value: Json) -> Lifted<(), Self> {
        items.push(value);
        Ok(())
    }

    fn end_items(&mut self, _: Sequence, items: Vec<Json>, _: Type<'_>) -> Lifted<Json, Self> {
        Ok(Json::Array(items))
    }

    fn begin_map(&mut self, ty: Type<'_>, _: usize) -> Lifted<Entries, Self> {
        let has_string_keys =
            matches!(ty.kind(), Kind::Map { key, .. } if *ty.with(*key).kind() == Kind::String);
        Ok(if has_string_keys {
            Entries::Object(Vec::new())
        } else {
            Entries::Pairs(Vec::new())
        })
    }

    fn put_entry(&mut self, map: &mut Entries, key: Json, value: Json) -> Lifted<(), Self> {
        match (map, key) {
            (Entries::Object(members), Json::String(key)) => members.push((key, value)),
            (Entries::Pairs(pairs), key) => pairs.push(Json::Array(vec![key, value])),
            (Entries::Object(_), key) => {
                unreachable!("a string key is lifted to a string, not {}", key.kind())
            }
        }
        Ok(())
    }

    fn end_map(&mut self, map: Entries, _: Type<'_>) -> Lifted<Json, Self> {
        Ok(match map {
            Entries::Object(members) => Json::Object(members),
            Entries::Pairs(pairs) => Json::Array(pairs),
        })
    }

    fn begin_record(&mut self, _: Type<'_>, fields: &[Field]) -> Lifted<Self::Record, Self> {
        Ok(Vec::with_capacity(fields.len()))
    }

    fn put_field(
        &mut self,
        record: &mut Self::Record,
        _: usize,
        field: &Field,
        value: Json,
    ) -> Lifted<(), Self> {
        record.push((field.name.clone(), value));
        Ok(())
    }

    fn end_record(&mut self, record: Self::Record, _: Type<'_>) -> Lifted<Json, Self> {
        Ok(Json::Object(record))
    }

    fn enumeration(&mut self, _: Type<'_>, _: u32, case: &Case) -> Lifted<Json, Self> {
        text(&case.name)
    }

    fn flags(&mut self, _: Type<'_>, bits: u32, flags: &[Case]) -> Lifted<Json, Self> {
        let set = flags
            .iter()
            .enumerate()
            .filter(|(index, _)| bits >> index & 1 == 1);
        Ok(Json::Array(
            set.map(|(_, flag)| Json::String(flag.name.clone()))
                .collect(),
        ))
    }

    fn variant(
        &mut self,
        _: Type<'_>,
        _: u32,
        case: &Case,
        payload: Option<Json>,
    ) -> Lifted<Json, Self> {
        let mut members = vec![("tag".to_owned(), Json::String(case.name.clone()))];
        members.extend(payload.map(|payload| ("val".to_owned(), payload)));
        Ok(Json::Object(members))
    }

    fn result(&mut self, _: Type<'_>, value: Payload<Json>) -> Lifted<Json, Self> {
        let (key, payload) = match value {
            Ok(payload) => ("ok", payload),
            Err(payload) => ("err", payload),
        };
        Ok(Json::Object(vec![(
            key.to_owned(),
            payload.unwrap_or(Json::Null),
        )]))
    }

    fn none(&mut self) -> Lifted<Json, Self> {
        Ok(Json::Null)
    }

    fn some_boxed(&mut self, value: Json) -> Lifted<Json, Self> {
        Ok(Json::Object(vec![("some".to_owned(), value)]))
    }

    fn timestamp(&mut self, value: Timestamp) -> Lifted<Json, Self> {
        text(value)
    }

    fn zoned_timestamp(&mut self, value: ZonedTimestamp) -> Lifted<Json, Self> {
        text(value)
    }

    fn date(&mut self, value: Date) -> Lifted<Json, Self> {
        text(value)
    }

    fn partial_date(&mut self, value: PartialDate) -> Lifted<Json, Self> {
        text(value)
    }

    fn time_of_day(&mut self, value: TimeOfDay) -> Lifted<Json, Self> {
        text(value)
    }

    fn duration(&mut self, value: Duration) -> Lifted<Json, Self> {
        text(value)
    }

    fn decimal(&mut self, value: &str) -> Lifted<Json, Self> {
        text(value)
    }

    fn uuid(&mut self, value: Uuid) -> Lifted<Json, Self> {
        text(value)
    }

    fn document_integer(&mut self, value: i128) -> Lifted<Json, Self> {
        Ok(Json::Integer(value))
    }

    fn document_float(&mut self, value: f64) -> Lifted<Json, Self> {
        Ok(float(value))
    }

    fn begin_document_array(&mut self, len: usize) -> Lifted<Vec<Json>, Self> {
        Ok(Vec::with_capacity(len.min(1024)))
    }

    fn end_document_array(&mut self, items: Vec<Json>) -> Lifted<Json, Self> {
        Ok(Json::Array(items))
    }

    fn begin_document_map(&mut self, _: usize) -> Lifted<Entries, Self> {
        Ok(Entries::Object(Vec::new()))
    }

    fn put_document_entry(
        &mut self,
        map: &mut Entries,
        key: &str,
        value: Json,
    ) -> Lifted<(), Self> {
        self.put_entry(map, Json::String(key.to_owned()), value)
    }

    fn end_document_map(&mut self, map: Entries) -> Lifted<Json, Self> {
        Ok(match map {
            Entries::Object(members) => Json::Object(members),
            Entries::Pairs(pairs) => Json::Array(pairs),
        })
    }
}
