//! Any serde value becomes a document.

use super::describe::json_text;
use super::only::{Name, Only};
use super::problem::{Problem, Result};
use hms_ffi_core::convert::Segment;
use hms_ffi_core::wire::types::{Decimal, Value};
use hms_ffi_core::wire::{Fault, Writer};
use serde::Serialize;
use serde::ser::{self, SerializeMap, Serializer};

/// Writes any serde value as a document.
pub(super) fn lower<T: Serialize + ?Sized>(value: &T, out: &mut Writer) -> Result<()> {
    let value = value.serialize(DocumentLower)?;
    count(&value, out)?;
    let cbor = value
        .encode()
        .map_err(|invalid| Problem::value(invalid.message()))?;
    out.u32(u32::try_from(cbor.len()).map_err(|_| Fault::Size)?);
    out.append(&cbor);
    Ok(out.check_size()?)
}

/// Holds nesting and elements against the limits.
fn count(value: &Value, out: &mut Writer) -> Result<()> {
    match value {
        Value::Array(items) => {
            out.enter()?;
            out.elements(items.len() as u64)?;
            for item in items {
                count(item, out)?;
            }
            out.leave();
        }
        Value::Map(entries) => {
            out.enter()?;
            out.elements(entries.len() as u64)?;
            for (_, value) in entries {
                count(value, out)?;
            }
            out.leave();
        }
        _ => {}
    }
    Ok(())
}

struct DocumentLower;

/// An array or a map in the making; `case` is the enum's variant around it.
struct Making {
    items: Vec<Value>,
    entries: Vec<(String, Value)>,
    key: Option<String>,
    case: Option<&'static str>,
}

impl Making {
    fn new(case: Option<&'static str>) -> Making {
        Making {
            items: Vec::new(),
            entries: Vec::new(),
            key: None,
            case,
        }
    }

    fn entry<T: Serialize + ?Sized>(&mut self, key: String, value: &T) -> Result<()> {
        match value.serialize(DocumentLower) {
            Ok(value) => self.entries.push((key, value)),
            Err(problem) => return Err(problem.at(Segment::Key(json_text(&key)))),
        }
        Ok(())
    }

    fn finish(self, value: Value) -> Value {
        match self.case {
            Some(case) => tagged(case, value),
            None => value,
        }
    }
}

/// An enum's variant with a payload, as serde shows it by default.
fn tagged(case: &str, value: Value) -> Value {
    Value::Map(vec![(case.to_owned(), value)])
}

macro_rules! numbers {
    ($($method:ident($ty:ty) => $kind:ident;)*) => {$(
        fn $method(self, value: $ty) -> Result<Value> {
            Ok(Value::$kind(value.into()))
        }
    )*};
}

impl Serializer for DocumentLower {
    type Ok = Value;
    type Error = Problem;
    type SerializeSeq = Making;
    type SerializeTuple = Making;
    type SerializeTupleStruct = Making;
    type SerializeTupleVariant = Making;
    type SerializeMap = Making;
    type SerializeStruct = Making;
    type SerializeStructVariant = Making;

    numbers! {
        serialize_bool(bool) => Bool;
        serialize_i8(i8) => Integer;
        serialize_i16(i16) => Integer;
        serialize_i32(i32) => Integer;
        serialize_i64(i64) => Integer;
        serialize_i128(i128) => Integer;
        serialize_u8(u8) => Integer;
        serialize_u16(u16) => Integer;
        serialize_u32(u32) => Integer;
        serialize_u64(u64) => Integer;
        serialize_f32(f32) => Float;
        serialize_f64(f64) => Float;
        serialize_char(char) => Text;
        serialize_str(&str) => Text;
        serialize_bytes(&[u8]) => Bytes;
    }

    // Documents have no types of their own for times and the like: these show themselves as texts.
    fn is_human_readable(&self) -> bool {
        true
    }

    fn serialize_none(self) -> Result<Value> {
        Ok(Value::Null)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<Value> {
        Ok(Value::Null)
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<Value> {
        Ok(Value::Null)
    }
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Value> {
        Ok(Value::Text(variant.to_owned()))
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Value> {
        match value.serialize(self)? {
            Value::Text(text) if name == "hms:decimal" => text
                .parse::<Decimal>()
                .map(Value::Decimal)
                .map_err(|invalid| Problem::value(invalid.message())),
            value => Ok(value),
        }
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value> {
        Ok(tagged(variant, value.serialize(self)?))
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Making> {
        Ok(Making::new(None))
    }
    fn serialize_tuple(self, _: usize) -> Result<Making> {
        Ok(Making::new(None))
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Making> {
        Ok(Making::new(None))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Making> {
        Ok(Making::new(Some(variant)))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Making> {
        Ok(Making::new(None))
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Making> {
        Ok(Making::new(None))
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Making> {
        Ok(Making::new(Some(variant)))
    }
}

macro_rules! arrays {
    ($($name:ident::$method:ident)*) => {$(
        impl ser::$name for Making {
            type Ok = Value;
            type Error = Problem;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
                let index = self.items.len();
                let item = value.serialize(DocumentLower).map_err(|problem| problem.at(Segment::Index(index)))?;
                self.items.push(item);
                Ok(())
            }

            fn end(mut self) -> Result<Value> {
                let items = std::mem::take(&mut self.items);
                Ok(self.finish(Value::Array(items)))
            }
        }
    )*};
}

arrays! {
    SerializeSeq::serialize_element
    SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field
    SerializeTupleVariant::serialize_field
}

macro_rules! structs {
    ($($name:ident)*) => {$(
        impl ser::$name for Making {
            type Ok = Value;
            type Error = Problem;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<()> {
                self.entry(key.to_owned(), value)
            }

            fn end(self) -> Result<Value> {
                SerializeMap::end(self)
            }
        }
    )*};
}

structs!(SerializeStruct SerializeStructVariant);

impl SerializeMap for Making {
    type Ok = Value;
    type Error = Problem;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.key = Some(key.serialize(Only(Name))?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        match self.key.take() {
            Some(key) => self.entry(key, value),
            None => Err(Problem::shape("a value came without its key")),
        }
    }

    fn end(mut self) -> Result<Value> {
        let entries = std::mem::take(&mut self.entries);
        Ok(self.finish(Value::Map(entries)))
    }
}
