//! serde for the well-known types: their text in formats for people, their parts in others. The names of the structs
//! and of the `hms:value` newtype tell our own serializers which type they see; other formats ignore them.

use super::{
    Date, Decimal, Duration, PartialDate, TimeOfDay, Timestamp, Uuid, Value, ZonedTimestamp,
};
use serde::de::{
    self, Deserialize, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

macro_rules! parts {
    ($ty:ident, $name:literal, { $($field:ident: $part:ty = $get:expr),* }, $make:expr) => {
        const _: () = {
            #[derive(serde::Serialize, serde::Deserialize)]
            #[serde(rename = $name)]
            struct Parts {
                $($field: $part,)*
            }

            impl Serialize for $ty {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    if serializer.is_human_readable() {
                        return serializer.collect_str(self);
                    }
                    Parts { $($field: $get(self),)* }.serialize(serializer)
                }
            }

            impl<'de> Deserialize<'de> for $ty {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    if deserializer.is_human_readable() {
                        return deserializer.deserialize_str(Text(PhantomData));
                    }
                    let Parts { $($field,)* } = Parts::deserialize(deserializer)?;
                    $make($($field),*).map_err(de::Error::custom)
                }
            }
        };
    };
}

parts!(Timestamp, "hms:timestamp", {
    seconds: i64 = |t: &Timestamp| t.seconds(),
    nanoseconds: u32 = |t: &Timestamp| t.nanoseconds()
}, Timestamp::new);
parts!(ZonedTimestamp, "hms:zoned-timestamp", {
    seconds: i64 = |t: &ZonedTimestamp| t.instant().seconds(),
    nanoseconds: u32 = |t: &ZonedTimestamp| t.instant().nanoseconds(),
    offset_minutes: i16 = |t: &ZonedTimestamp| t.offset_minutes()
}, |seconds, nanoseconds, offset| ZonedTimestamp::new(Timestamp::new(seconds, nanoseconds)?, offset));
parts!(Date, "hms:date", {
    year: u16 = |d: &Date| d.year(),
    month: u8 = |d: &Date| d.month(),
    day: u8 = |d: &Date| d.day()
}, Date::new);
parts!(PartialDate, "hms:partial-date", {
    year: u16 = |d: &PartialDate| d.year(),
    month: Option<u8> = |d: &PartialDate| d.month()
}, PartialDate::new);
parts!(TimeOfDay, "hms:time-of-day", {
    hour: u8 = |t: &TimeOfDay| t.hour(),
    minute: u8 = |t: &TimeOfDay| t.minute(),
    second: u8 = |t: &TimeOfDay| t.second(),
    nanoseconds: u32 = |t: &TimeOfDay| t.nanoseconds()
}, TimeOfDay::new);
parts!(Duration, "hms:duration", {
    seconds: i64 = |d: &Duration| d.seconds(),
    nanoseconds: u32 = |d: &Duration| d.nanoseconds()
}, Duration::new);
parts!(Uuid, "hms:uuid", {
    high: u64 = |u: &Uuid| (u.as_u128() >> 64) as u64,
    low: u64 = |u: &Uuid| u.as_u128() as u64
}, |high: u64, low: u64| Ok::<_, super::Invalid>(Uuid::from_u128(u128::from(high) << 64 | u128::from(low))));

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename = "hms:decimal")]
struct DecimalParts<T> {
    text: T,
}

/// The newtype's name shows through also in formats for people: in a document a decimal is no text.
impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return serializer.serialize_newtype_struct("hms:decimal", self.as_str());
        }
        DecimalParts {
            text: self.as_str(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return deserializer.deserialize_newtype_struct("hms:decimal", Text(PhantomData));
        }
        DecimalParts::<String>::deserialize(deserializer)?
            .text
            .parse()
            .map_err(de::Error::custom)
    }
}

struct Text<T>(PhantomData<T>);

impl<'de, T: FromStr<Err: fmt::Display>> Visitor<'de> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Integer(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => serializer.serialize_i64(value),
                (_, Ok(value)) => serializer.serialize_u64(value),
                _ => serializer.serialize_i128(*value),
            },
            Value::Float(value) => serializer.serialize_f64(*value),
            Value::Decimal(value) => value.serialize(serializer),
            Value::Text(value) => serializer.serialize_str(value),
            Value::Bytes(value) => serializer.serialize_bytes(value),
            Value::Array(items) => serializer.collect_seq(items),
            Value::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct("hms:value", ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Integer(value.into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Value, E> {
        Ok(Value::Integer(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::Text(value))
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Value, E> {
        Ok(Value::Bytes(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::with_capacity(items.size_hint().unwrap_or(0).min(1024));
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Vec::with_capacity(entries.size_hint().unwrap_or(0).min(1024));
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Value::Map(map))
    }

    /// How our own deserializer shows a decimal within a document.
    fn visit_enum<A: EnumAccess<'de>>(self, decimal: A) -> Result<Value, A::Error> {
        let (_, text) = decimal.variant::<de::IgnoredAny>()?;
        let text: String = text.newtype_variant()?;
        text.parse().map(Value::Decimal).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through_json<T: Serialize + for<'de> Deserialize<'de> + PartialEq + fmt::Debug>(
        value: T,
        json: &str,
    ) {
        assert_eq!(serde_json::to_string(&value).unwrap(), json);
        assert_eq!(serde_json::from_str::<T>(json).unwrap(), value);
    }

    #[test]
    fn people_see_texts() {
        through_json(
            Timestamp::new(0, 5).unwrap(),
            "\"1970-01-01T00:00:00.000000005Z\"",
        );
        through_json("1.10".parse::<Decimal>().unwrap(), "\"1.10\"");
        through_json(PartialDate::new(2024, Some(2)).unwrap(), "\"2024-02\"");
        assert!(serde_json::from_str::<Date>("\"2023-02-29\"").is_err());
    }

    #[test]
    fn dynamic_values_keep_their_kinds() {
        through_json(
            Value::Map(vec![
                (
                    "a".into(),
                    Value::Array(vec![Value::Integer(-1), Value::Float(1.0), Value::Null]),
                ),
                ("b".into(), Value::Bool(true)),
            ]),
            r#"{"a":[-1,1.0,null],"b":true}"#,
        );
    }
}
