//! A value of any type of a schema that serializes and deserializes just as a Rust type made for it would.

use hms_ffi::value::{
    Date, Decimal, Duration, PartialDate, TimeOfDay, Timestamp, Uuid, Value, ZonedTimestamp,
};
use hms_ffi_core::contract::schema::{Case, Kind, Schema, TypeId};
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::ser::{SerializeStruct, SerializeTuple};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

#[derive(Debug)]
pub enum Dynamic {
    Bool(bool),
    U8(u8),
    U16(u16),
    U32(u32),
    U64(u64),
    S8(i8),
    S16(i16),
    S32(i32),
    S64(i64),
    F32(f32),
    F64(f64),
    Char(char),
    String(String),
    List(Vec<Dynamic>),
    Tuple(Vec<Dynamic>),
    Map(Vec<(Dynamic, Dynamic)>),
    Record(Vec<(&'static str, Dynamic)>),
    /// An enum's or variant's case, with the index of another one: only the name may count.
    Case(u32, &'static str, Option<Box<Dynamic>>),
    Result(Result<Box<Dynamic>, Box<Dynamic>>),
    Option(Option<Box<Dynamic>>),
    Nothing,
    Timestamp(Timestamp),
    ZonedTimestamp(ZonedTimestamp),
    Date(Date),
    PartialDate(PartialDate),
    TimeOfDay(TimeOfDay),
    Duration(Duration),
    Decimal(Decimal),
    Uuid(Uuid),
    Document(Value),
}

/// A field's name as a Rust struct has it.
pub fn snake(wit: &str) -> &'static str {
    wit.replace('-', "_").leak()
}

/// A case's name as a Rust enum has it.
pub fn pascal(wit: &str) -> &'static str {
    let mut name = String::new();
    for word in wit.split('-') {
        let (first, rest) = word.split_at(1);
        name.push_str(&first.to_uppercase());
        name.push_str(rest);
    }
    name.leak()
}

impl Serialize for Dynamic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Dynamic::Bool(value) => value.serialize(serializer),
            Dynamic::U8(value) => value.serialize(serializer),
            Dynamic::U16(value) => value.serialize(serializer),
            Dynamic::U32(value) => value.serialize(serializer),
            Dynamic::U64(value) => value.serialize(serializer),
            Dynamic::S8(value) => value.serialize(serializer),
            Dynamic::S16(value) => value.serialize(serializer),
            Dynamic::S32(value) => value.serialize(serializer),
            Dynamic::S64(value) => value.serialize(serializer),
            Dynamic::F32(value) => value.serialize(serializer),
            Dynamic::F64(value) => value.serialize(serializer),
            Dynamic::Char(value) => value.serialize(serializer),
            Dynamic::String(value) => value.serialize(serializer),
            Dynamic::List(items) => items.serialize(serializer),
            Dynamic::Tuple(items) => {
                let mut tuple = serializer.serialize_tuple(items.len())?;
                for item in items {
                    tuple.serialize_element(item)?;
                }
                tuple.end()
            }
            Dynamic::Map(entries) => {
                serializer.collect_map(entries.iter().map(|(key, value)| (key, value)))
            }
            Dynamic::Record(fields) => {
                // The last field first: order must not matter.
                let mut record = serializer.serialize_struct("Record", fields.len())?;
                for (name, value) in fields.iter().rev() {
                    record.serialize_field(name, value)?;
                }
                record.end()
            }
            Dynamic::Case(index, name, None) => {
                serializer.serialize_unit_variant("Enum", *index, name)
            }
            Dynamic::Case(index, name, Some(payload)) => {
                serializer.serialize_newtype_variant("Enum", *index, name, payload)
            }
            Dynamic::Result(value) => value.serialize(serializer),
            Dynamic::Option(value) => value.serialize(serializer),
            Dynamic::Nothing => serializer.serialize_unit(),
            Dynamic::Timestamp(value) => value.serialize(serializer),
            Dynamic::ZonedTimestamp(value) => value.serialize(serializer),
            Dynamic::Date(value) => value.serialize(serializer),
            Dynamic::PartialDate(value) => value.serialize(serializer),
            Dynamic::TimeOfDay(value) => value.serialize(serializer),
            Dynamic::Duration(value) => value.serialize(serializer),
            Dynamic::Decimal(value) => value.serialize(serializer),
            Dynamic::Uuid(value) => value.serialize(serializer),
            Dynamic::Document(value) => value.serialize(serializer),
        }
    }
}

/// Deserializes as the Rust type for a type of the schema would; `None` is the position of an absent payload.
#[derive(Clone, Copy)]
pub struct For<'s> {
    pub schema: &'s Schema,
    pub ty: Option<TypeId>,
}

impl<'s> For<'s> {
    fn with(self, ty: TypeId) -> For<'s> {
        For {
            ty: Some(ty),
            ..self
        }
    }

    fn kind(self) -> Option<&'s Kind> {
        self.ty.map(|ty| &self.schema.ty(ty).kind)
    }
}

impl<'de> DeserializeSeed<'de> for For<'_> {
    type Value = Dynamic;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Dynamic, D::Error> {
        let names = |names: &mut dyn Iterator<Item = &'static str>| -> &'static [&'static str] {
            names.collect::<Vec<_>>().leak()
        };
        let cases = |cases: &[Case]| names(&mut cases.iter().map(|case| pascal(&case.name)));
        match self.kind() {
            None => <()>::deserialize(from).map(|()| Dynamic::Nothing),
            Some(Kind::Bool) => bool::deserialize(from).map(Dynamic::Bool),
            Some(Kind::U8) => u8::deserialize(from).map(Dynamic::U8),
            Some(Kind::U16) => u16::deserialize(from).map(Dynamic::U16),
            Some(Kind::U32) => u32::deserialize(from).map(Dynamic::U32),
            Some(Kind::U64) => u64::deserialize(from).map(Dynamic::U64),
            Some(Kind::S8) => i8::deserialize(from).map(Dynamic::S8),
            Some(Kind::S16) => i16::deserialize(from).map(Dynamic::S16),
            Some(Kind::S32) => i32::deserialize(from).map(Dynamic::S32),
            Some(Kind::S64) => i64::deserialize(from).map(Dynamic::S64),
            Some(Kind::F32) => f32::deserialize(from).map(Dynamic::F32),
            Some(Kind::F64) => f64::deserialize(from).map(Dynamic::F64),
            Some(Kind::Char) => char::deserialize(from).map(Dynamic::Char),
            Some(Kind::String) => String::deserialize(from).map(Dynamic::String),
            Some(Kind::List { .. } | Kind::Set { .. } | Kind::Flags { .. }) => {
                from.deserialize_seq(self)
            }
            Some(Kind::FixedList { .. }) => from.deserialize_seq(self),
            Some(Kind::Tuple { elements }) => from.deserialize_tuple(elements.len(), self),
            Some(Kind::Map { .. }) => from.deserialize_map(self),
            Some(Kind::Record { fields }) => {
                let names = names(&mut fields.iter().map(|field| snake(&field.name)));
                from.deserialize_struct("Record", names, self)
            }
            Some(Kind::Enum { cases: all, .. } | Kind::Variant { cases: all, .. }) => {
                from.deserialize_enum("Enum", cases(all), self)
            }
            Some(Kind::Result { .. }) => from.deserialize_enum("Result", &["Ok", "Err"], self),
            Some(Kind::Option { .. }) => from.deserialize_option(self),
            Some(Kind::Timestamp) => Timestamp::deserialize(from).map(Dynamic::Timestamp),
            Some(Kind::ZonedTimestamp) => {
                ZonedTimestamp::deserialize(from).map(Dynamic::ZonedTimestamp)
            }
            Some(Kind::Date) => Date::deserialize(from).map(Dynamic::Date),
            Some(Kind::PartialDate) => PartialDate::deserialize(from).map(Dynamic::PartialDate),
            Some(Kind::TimeOfDay) => TimeOfDay::deserialize(from).map(Dynamic::TimeOfDay),
            Some(Kind::Duration) => Duration::deserialize(from).map(Dynamic::Duration),
            Some(Kind::Decimal) => Decimal::deserialize(from).map(Dynamic::Decimal),
            Some(Kind::Uuid) => Uuid::deserialize(from).map(Dynamic::Uuid),
            Some(Kind::Document) => Value::deserialize(from).map(Dynamic::Document),
            Some(kind) => panic!("no vectors for {kind:?}"),
        }
    }
}

impl<'de> Visitor<'de> for For<'_> {
    type Value = Dynamic;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of the type")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Dynamic, A::Error> {
        let mut items = Vec::new();
        match self.kind() {
            Some(Kind::Tuple { elements }) => {
                for element in elements {
                    let item = from.next_element_seed(self.with(*element))?;
                    items.push(item.ok_or_else(|| de::Error::custom("a short tuple"))?);
                }
                Ok(Dynamic::Tuple(items))
            }
            Some(Kind::Flags { .. }) => {
                while let Some(name) = from.next_element()? {
                    items.push(Dynamic::String(name));
                }
                Ok(Dynamic::List(items))
            }
            Some(
                Kind::List { element } | Kind::Set { element } | Kind::FixedList { element, .. },
            ) => {
                while let Some(item) = from.next_element_seed(self.with(*element))? {
                    items.push(item);
                }
                Ok(Dynamic::List(items))
            }
            kind => panic!("no sequence: {kind:?}"),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Dynamic, A::Error> {
        match self.kind() {
            Some(Kind::Record { fields }) => {
                let mut members = Vec::new();
                while let Some(name) = from.next_key::<String>()? {
                    let field = fields
                        .iter()
                        .find(|field| snake(&field.name) == name)
                        .expect("a field's name");
                    members.push((
                        snake(&field.name),
                        from.next_value_seed(self.with(field.ty))?,
                    ));
                }
                Ok(Dynamic::Record(members))
            }
            Some(Kind::Map { key, value }) => {
                let mut entries = Vec::new();
                while let Some(key) = from.next_key_seed(self.with(*key))? {
                    entries.push((key, from.next_value_seed(self.with(*value))?));
                }
                Ok(Dynamic::Map(entries))
            }
            kind => panic!("no map: {kind:?}"),
        }
    }

    fn visit_enum<A: EnumAccess<'de>>(self, from: A) -> Result<Dynamic, A::Error> {
        let (name, payload) = from.variant::<String>()?;
        let of = |ty: Option<TypeId>| For { ty, ..self };
        match self.kind() {
            Some(Kind::Result { ok, .. }) if name == "Ok" => Ok(Dynamic::Result(Ok(Box::new(
                payload.newtype_variant_seed(of(*ok))?,
            )))),
            Some(Kind::Result { err, .. }) => Ok(Dynamic::Result(Err(Box::new(
                payload.newtype_variant_seed(of(*err))?,
            )))),
            Some(Kind::Enum { cases, .. } | Kind::Variant { cases, .. }) => {
                let case = cases
                    .iter()
                    .find(|case| pascal(&case.name) == name)
                    .expect("a case's name");
                match case.ty {
                    None => payload
                        .unit_variant()
                        .map(|()| Dynamic::Case(7, pascal(&case.name), None)),
                    Some(ty) => {
                        let value = payload.newtype_variant_seed(self.with(ty))?;
                        Ok(Dynamic::Case(7, pascal(&case.name), Some(Box::new(value))))
                    }
                }
            }
            kind => panic!("no enum: {kind:?}"),
        }
    }

    fn visit_none<E>(self) -> Result<Dynamic, E> {
        Ok(Dynamic::Option(None))
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Dynamic, D::Error> {
        let Some(Kind::Option { payload }) = self.kind() else {
            panic!("no option")
        };
        Ok(Dynamic::Option(Some(Box::new(
            self.with(*payload).deserialize(from)?,
        ))))
    }
}
