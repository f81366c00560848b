//! From the wire to any serde type: a `Deserializer` that a type of the schema drives. Strings and bytes are lent
//! from the message.

use super::describe::describe;
use super::known::{self, Wanted};
use super::lift_case::{CaseLift, Named, ResultLift};
use super::lift_list::{FlagNames, ListLift, Numbers};
use super::lift_record::{MapLift, RecordLift};
use super::problem::{Problem, Result};
use super::{document_lift, lift_record};
use hms_ffi_core::contract::schema::{Kind, TypeDef, TypeId};
use hms_ffi_core::convert::Converter;
use hms_ffi_core::wire::{Number, Reader};
use serde::de::{Deserializer, Visitor};

#[derive(Debug)]
pub(super) struct Lift<'de, 'r> {
    pub(super) converter: &'r Converter,
    pub(super) ty: TypeId,
    pub(super) input: &'r mut Reader<'de>,
}

impl<'de, 'r> Lift<'de, 'r> {
    #[inline]
    fn def(&self) -> &'r TypeDef {
        self.converter.schema().ty(self.ty)
    }

    #[inline]
    fn kind(&self) -> &'r Kind {
        &self.def().kind
    }

    #[cold]
    fn mismatch(&self, wanted: &str) -> Problem {
        match self.kind() {
            Kind::Own { .. } | Kind::Borrow { .. } => Problem::unimplemented("a handle"),
            Kind::Stream { .. } => Problem::unimplemented("a stream"),
            Kind::Future { .. } => Problem::unimplemented("a future"),
            _ => Problem::shape(format!(
                "expected {wanted}, got {}",
                describe(self.converter, self.ty)
            )),
        }
    }

    fn known<V: Visitor<'de>>(self, wanted: Wanted<'_>, visitor: V) -> Result<V::Value> {
        known::lift(self.converter, self.ty, self.input, wanted, visitor)
    }

    fn document<T>(
        self,
        visit: impl FnOnce(document_lift::DocumentLift<'de, '_>) -> Result<T>,
    ) -> Result<T> {
        document_lift::lift(self.input, visit)
    }

    fn list<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let Lift {
            converter,
            ty,
            input,
        } = self;
        match &converter.schema().ty(ty).kind {
            Kind::List { element } => match Number::of(&converter.schema().ty(*element).kind) {
                Some(number) => {
                    input.enter()?;
                    let packed = input.numbers(number)?;
                    input.leave();
                    Numbers::new(number, packed).visit(visitor)
                }
                None => ListLift::list(converter, *element, input)?.visit(visitor),
            },
            Kind::FixedList { element, length } => {
                match Number::of(&converter.schema().ty(*element).kind) {
                    Some(number) => {
                        input.enter()?;
                        let packed = input.fixed_numbers(number, *length as usize)?;
                        input.leave();
                        Numbers::new(number, packed).visit(visitor)
                    }
                    None => ListLift::fixed(converter, *element, *length, input)?.visit(visitor),
                }
            }
            Kind::Set { element } => ListLift::set(converter, *element, input)?.visit(visitor),
            Kind::Tuple { elements } => ListLift::tuple(converter, elements, input)?.visit(visitor),
            Kind::Flags { flags } => {
                FlagNames::new(flags, input.flags(flags.len())?).visit(visitor)
            }
            _ => Err(Lift {
                converter,
                ty,
                input,
            }
            .mismatch("list")),
        }
    }
}

macro_rules! integers {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            self.integer(visitor)
        }
    )*};
}

impl<'de> Lift<'de, '_> {
    #[inline]
    fn integer<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.kind() {
            Kind::U8 => visitor.visit_u8(self.input.u8()?),
            Kind::U16 => visitor.visit_u16(self.input.u16()?),
            Kind::U32 => visitor.visit_u32(self.input.u32()?),
            Kind::U64 => visitor.visit_u64(self.input.u64()?),
            Kind::S8 => visitor.visit_i8(self.input.i8()?),
            Kind::S16 => visitor.visit_i16(self.input.i16()?),
            Kind::S32 => visitor.visit_i32(self.input.i32()?),
            Kind::S64 => visitor.visit_i64(self.input.i64()?),
            Kind::Flags { flags } => visitor.visit_u32(self.input.flags(flags.len())?),
            Kind::Document => self.document(|document| document.deserialize_any(visitor)),
            _ => Err(self.mismatch("integer")),
        }
    }
}

impl<'de> Deserializer<'de> for Lift<'de, '_> {
    type Error = Problem;

    integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }

    // In a document the well-known types are texts.
    fn is_human_readable(&self) -> bool {
        *self.kind() == Kind::Document
    }

    /// What the value is by itself: for types that take anything, such as `Value`. Names are spelled as in Rust, cases
    /// as in WIT, a variant is a map of `tag` and `val`.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.kind() {
            Kind::Bool => visitor.visit_bool(self.input.bool()?),
            Kind::S8
            | Kind::S16
            | Kind::S32
            | Kind::S64
            | Kind::U8
            | Kind::U16
            | Kind::U32
            | Kind::U64 => self.integer(visitor),
            Kind::F32 => visitor.visit_f32(self.input.f32()?),
            Kind::F64 => visitor.visit_f64(self.input.f64()?),
            Kind::Char => visitor.visit_char(self.input.char()?),
            Kind::String => visitor.visit_borrowed_str(self.input.string()?),
            Kind::List { element } if self.converter.schema().ty(*element).kind == Kind::U8 => {
                self.deserialize_bytes(visitor)
            }
            Kind::List { .. }
            | Kind::FixedList { .. }
            | Kind::Set { .. }
            | Kind::Tuple { .. }
            | Kind::Flags { .. } => self.list(visitor),
            Kind::Map { .. } => self.deserialize_map(visitor),
            Kind::Record { fields } => {
                RecordLift::new(self.converter, fields, &[], self.input)?.visit(visitor)
            }
            Kind::Enum { cases, .. } => {
                visitor.visit_str(&cases[self.input.discriminant(cases.len())? as usize].name)
            }
            Kind::Variant { cases, .. } => {
                let case = &cases[self.input.discriminant(cases.len())? as usize];
                lift_record::visit_case(
                    self.converter,
                    &case.name,
                    &case.name,
                    case.ty,
                    self.input,
                    visitor,
                )
            }
            Kind::Option { .. } => self.deserialize_option(visitor),
            Kind::Result { ok, err } => {
                let (tag, ty) = if self.input.result()? {
                    ("err", *err)
                } else {
                    ("ok", *ok)
                };
                lift_record::visit_result(self.converter, tag, ty, self.input, visitor)
            }
            Kind::Document => self.document(|document| document.deserialize_any(visitor)),
            kind if known::is_known(kind) => self.known(Wanted::Any, visitor),
            _ => Err(self.mismatch("value")),
        }
    }

    #[inline]
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.kind() {
            Kind::Bool => visitor.visit_bool(self.input.bool()?),
            Kind::Document => self.document(|document| document.deserialize_bool(visitor)),
            _ => Err(self.mismatch("bool")),
        }
    }

    // serde's own types would take integers as floats and round an f64 to an f32.
    #[inline]
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.kind() {
            Kind::F32 => visitor.visit_f32(self.input.f32()?),
            Kind::Document => self.document(|document| document.deserialize_f32(visitor)),
            _ => Err(self.mismatch("f32")),
        }
    }

    #[inline]
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.kind() {
            Kind::F64 => visitor.visit_f64(self.input.f64()?),
            Kind::F32 => visitor.visit_f32(self.input.f32()?),
            Kind::Document => self.document(|document| document.deserialize_f64(visitor)),
            _ => Err(self.mismatch("f64")),
        }
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.kind() {
            Kind::Char => visitor.visit_char(self.input.char()?),
            Kind::Document => self.document(|document| document.deserialize_char(visitor)),
            _ => Err(self.mismatch("char")),
        }
    }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.kind() {
            Kind::String => visitor.visit_borrowed_str(self.input.string()?),
            Kind::Document => self.document(|document| document.deserialize_str(visitor)),
            _ => Err(self.mismatch("string")),
        }
    }

    #[inline]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let is_u8 = |id: &TypeId| self.converter.schema().ty(*id).kind == Kind::U8;
        match self.kind() {
            Kind::List { element } if is_u8(element) => {
                self.input.enter()?;
                let bytes = self.input.bytes()?;
                self.input.leave();
                visitor.visit_borrowed_bytes(bytes)
            }
            Kind::FixedList { element, length } if is_u8(element) => {
                self.input.enter()?;
                let bytes = self.input.fixed_numbers(Number::U8, *length as usize)?;
                self.input.leave();
                visitor.visit_borrowed_bytes(bytes)
            }
            Kind::Document => self.document(|document| document.deserialize_bytes(visitor)),
            kind if known::is_known(kind) => self.known(Wanted::Bytes, visitor),
            _ => Err(self.mismatch("bytes")),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_bytes(visitor)
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.kind() {
            Kind::Option { payload } => {
                if !self.input.option()? {
                    return visitor.visit_none();
                }
                self.input.enter()?;
                let value = visitor.visit_some(Lift {
                    converter: self.converter,
                    ty: *payload,
                    input: self.input,
                })?;
                self.input.leave();
                Ok(value)
            }
            Kind::Document => self.document(|document| document.deserialize_option(visitor)),
            _ => Err(self.mismatch("option")),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.kind() {
            Kind::Tuple { elements } if elements.is_empty() => {
                self.input.enter()?;
                self.input.elements(1)?;
                self.input.leave();
                visitor.visit_unit()
            }
            Kind::Document => self.document(|document| document.deserialize_unit(visitor)),
            _ => Err(self.mismatch("nothing")),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_unit(visitor)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        match self.kind() {
            Kind::Document => {
                self.document(|document| document.deserialize_newtype_struct(name, visitor))
            }
            _ => visitor.visit_newtype_struct(self),
        }
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.kind() {
            Kind::List { .. } | Kind::FixedList { .. } | Kind::Set { .. } | Kind::Flags { .. } => {
                self.list(visitor)
            }
            Kind::Document => self.document(|document| document.deserialize_seq(visitor)),
            _ => Err(self.mismatch("list")),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        match self.kind() {
            Kind::Tuple { elements } if elements.len() == len => self.list(visitor),
            Kind::FixedList { length, .. } if *length as usize == len => self.list(visitor),
            // An array `[T; N]` is a tuple to serde.
            Kind::List { .. } | Kind::Set { .. } | Kind::Flags { .. } => self.list(visitor),
            Kind::Document => self.document(|document| document.deserialize_tuple(len, visitor)),
            _ => Err(self.mismatch(&format!("tuple of {len}"))),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.kind() {
            Kind::Map { key, value } => {
                MapLift::new(self.converter, *key, *value, self.input)?.visit(visitor)
            }
            // A struct with flattened fields, or a map that takes what comes.
            Kind::Record { fields } => {
                RecordLift::new(self.converter, fields, &[], self.input)?.visit(visitor)
            }
            Kind::Document => self.document(|document| document.deserialize_map(visitor)),
            _ => Err(self.mismatch("map")),
        }
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.kind() {
            Kind::Record { fields } if !name.starts_with("hms:") => {
                RecordLift::new(self.converter, fields, names, self.input)?.visit(visitor)
            }
            Kind::Document => {
                self.document(|document| document.deserialize_struct(name, names, visitor))
            }
            kind if known::is_known(kind) => self.known(Wanted::Struct(name), visitor),
            _ => Err(self.mismatch(&format!("struct {}", name.trim_start_matches("hms:")))),
        }
    }

    #[inline]
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.kind() {
            Kind::Enum { cases, .. } => {
                let index = self.input.discriminant(cases.len())?;
                let name = Named::new(variants, &cases[index as usize].name, index);
                visitor.visit_enum(CaseLift {
                    converter: self.converter,
                    name,
                    ty: None,
                    input: self.input,
                })
            }
            Kind::Variant { cases, .. } => {
                let index = self.input.discriminant(cases.len())?;
                let case = &cases[index as usize];
                let name = Named::new(variants, &case.name, index);
                visitor.visit_enum(CaseLift {
                    converter: self.converter,
                    name,
                    ty: case.ty,
                    input: self.input,
                })
            }
            Kind::Result { ok, err } if variants == ["Ok", "Err"] => {
                let is_err = self.input.result()?;
                let ty = if is_err { *err } else { *ok };
                visitor.visit_enum(ResultLift {
                    converter: self.converter,
                    is_err,
                    ty,
                    input: self.input,
                })
            }
            Kind::Document => {
                self.document(|document| document.deserialize_enum("", variants, visitor))
            }
            _ => Err(self.mismatch("enum")),
        }
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_any(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_any(visitor)
    }
}
