//! From any serde value to the wire: a `Serializer` that a type of the schema drives. Nothing is collected on the way
//! except where the wire's order is not the value's (sets and maps).

use super::describe::describe;
use super::lower_list::{Items, ListLower};
use super::lower_map::MapLower;
use super::lower_record::{Pass, RecordLower};
use super::names;
use super::only::{Nothing, Only};
use super::problem::{Problem, Result};
use super::{document_lower, known};
use hms_ffi_core::contract::schema::{Case, Kind, TypeId};
use hms_ffi_core::convert::{Converter, Segment};
use hms_ffi_core::wire::{Number, Writer};
use serde::Serialize;
use serde::ser::Serializer;

/// Writes `value` as a value of the type `ty`.
#[inline]
pub(super) fn lower<T: Serialize + ?Sized>(
    converter: &Converter,
    ty: TypeId,
    value: &T,
    out: &mut Writer,
) -> Result<()> {
    match &converter.schema().ty(ty).kind {
        Kind::Record { .. } | Kind::Variant { .. } => {
            // A record is written in the contract's order. A value that shows its fields in another order is visited
            // again for those that came too early: no copy of a field is ever kept.
            let mut pass = Pass::default();
            loop {
                value.serialize(Lower {
                    converter,
                    ty,
                    out,
                    pass: &mut pass,
                })?;
                if !pass.again() {
                    return Ok(());
                }
            }
        }
        Kind::Document => document_lower::lower(value, out),
        kind if known::is_known(kind) => known::lower(converter, ty, value, out),
        _ => value.serialize(Lower {
            converter,
            ty,
            out,
            pass: &mut Pass::default(),
        }),
    }
}

pub(super) struct Lower<'a> {
    pub(super) converter: &'a Converter,
    pub(super) ty: TypeId,
    pub(super) out: &'a mut Writer,
    pub(super) pass: &'a mut Pass,
}

impl<'a> Lower<'a> {
    #[inline]
    fn kind(&self) -> &'a Kind {
        &self.converter.schema().ty(self.ty).kind
    }

    #[cold]
    pub(super) fn mismatch(&self, got: &str) -> Problem {
        mismatch(self.converter, self.ty, got)
    }

    #[cold]
    fn out_of_range(&self) -> Problem {
        Problem::value(format!(
            "expected {}, got a number out of its range",
            describe(self.converter, self.ty)
        ))
    }

    /// The case that a Rust variant stands for.
    fn case(&self, cases: &'a [Case], hint: u32, variant: &str) -> Result<(u32, &'a Case)> {
        match names::find(cases, variant, hint as usize) {
            Some(index) => Ok((index as u32, &cases[index])),
            None => Err(Problem::shape(format!(
                "{} has no case \"{variant}\"",
                describe(self.converter, self.ty)
            ))),
        }
    }

    /// Writes which case it is, once, and says which type its payload has.
    pub(super) fn begin_case(
        &mut self,
        hint: u32,
        variant: &str,
    ) -> Result<(&'a Case, Option<TypeId>)> {
        let Kind::Variant { cases, .. } = self.kind() else {
            return Err(self.mismatch("variant"));
        };
        let (index, case) = self.case(cases, hint, variant)?;
        if self.pass.is_first() {
            self.out.discriminant(index, cases.len());
        }
        Ok((case, case.ty))
    }

    fn unit_case(&mut self, hint: u32, variant: &str) -> Result<()> {
        match self.kind() {
            Kind::Enum { cases, .. } => {
                let (index, _) = self.case(cases, hint, variant)?;
                self.out.discriminant(index, cases.len());
                Ok(())
            }
            Kind::Variant { .. } => {
                match self.begin_case(hint, variant)? {
                    (_, None) => Ok(()),
                    (case, Some(_)) => Err(Problem::shape("the payload is missing")
                        .at(Segment::Case(case.name.clone()))),
                }
            }
            _ => Err(self.mismatch("case without payload")),
        }
    }

    fn payload<T: Serialize + ?Sized>(&mut self, ty: Option<TypeId>, value: &T) -> Result<()> {
        let Some(ty) = ty else {
            return value.serialize(Only(Nothing));
        };
        self.out.enter()?;
        lower(self.converter, ty, value, self.out)?;
        self.out.leave();
        Ok(())
    }

    /// A result as a value, known by the names that serde gives its cases.
    fn result<T: Serialize + ?Sized>(&mut self, variant: &str, value: &T) -> Result<()> {
        let Kind::Result { ok, err } = self.kind() else {
            return Err(self.mismatch("result"));
        };
        let (is_err, ty, segment) = match variant {
            "Ok" | "ok" => (false, *ok, Segment::Ok),
            "Err" | "err" => (true, *err, Segment::Err),
            _ => return Err(self.mismatch("variant")),
        };
        self.out.bool(is_err);
        self.payload(ty, value)
            .map_err(|problem| problem.at(segment))
    }

    fn list(self, got: impl FnOnce() -> String) -> Result<ListLower<'a>> {
        let Lower {
            converter, ty, out, ..
        } = self;
        match &converter.schema().ty(ty).kind {
            Kind::List { element } => ListLower::list(converter, *element, out),
            Kind::FixedList { element, length } => {
                ListLower::fixed(converter, *element, *length, out)
            }
            Kind::Set { element } => ListLower::set(converter, *element, out),
            Kind::Flags { flags } => Ok(ListLower::new(
                converter,
                out,
                Items::Flags { flags, bits: 0 },
            )),
            _ => Err(mismatch(converter, ty, &got())),
        }
    }

    fn tuple(self, len: usize) -> Result<ListLower<'a>> {
        match self.kind() {
            Kind::Tuple { elements } if elements.len() == len => {
                ListLower::tuple(self.converter, elements, self.out)
            }
            // An array `[T; N]` is a tuple to serde.
            _ => self.list(|| format!("tuple of {len}")),
        }
    }
}

#[cold]
pub(super) fn mismatch(converter: &Converter, ty: TypeId, got: &str) -> Problem {
    match &converter.schema().ty(ty).kind {
        Kind::Own { .. } | Kind::Borrow { .. } => Problem::unimplemented("a handle"),
        Kind::Stream { .. } => Problem::unimplemented("a stream"),
        Kind::Future { .. } => Problem::unimplemented("a future"),
        _ => Problem::shape(format!("expected {}, got {got}", describe(converter, ty))),
    }
}

macro_rules! integers {
    ($($method:ident($ty:ty) => $kind:ident.$write:ident, $wide:ident;)*) => {$(
        #[inline]
        fn $method(self, value: $ty) -> Result<()> {
            match self.kind() {
                Kind::$kind => self.out.$write(value),
                _ => return self.$wide(value.into()),
            }
            Ok(())
        }
    )*};
}

impl Lower<'_> {
    fn signed(self, value: i64) -> Result<()> {
        match u64::try_from(value) {
            Ok(value) => self.unsigned(value),
            Err(_) => {
                let range = |_| self.out_of_range();
                match self.kind() {
                    Kind::S8 => self.out.i8(i8::try_from(value).map_err(range)?),
                    Kind::S16 => self.out.i16(i16::try_from(value).map_err(range)?),
                    Kind::S32 => self.out.i32(i32::try_from(value).map_err(range)?),
                    Kind::S64 => self.out.i64(value),
                    Kind::U8 | Kind::U16 | Kind::U32 | Kind::U64 | Kind::Flags { .. } => {
                        return Err(self.out_of_range());
                    }
                    _ => return Err(self.mismatch("integer")),
                }
                Ok(())
            }
        }
    }

    fn unsigned(self, value: u64) -> Result<()> {
        let range = |_| self.out_of_range();
        match self.kind() {
            Kind::U8 => self.out.u8(u8::try_from(value).map_err(range)?),
            Kind::U16 => self.out.u16(u16::try_from(value).map_err(range)?),
            Kind::U32 => self.out.u32(u32::try_from(value).map_err(range)?),
            Kind::U64 => self.out.u64(value),
            Kind::S8 => self.out.i8(i8::try_from(value).map_err(range)?),
            Kind::S16 => self.out.i16(i16::try_from(value).map_err(range)?),
            Kind::S32 => self.out.i32(i32::try_from(value).map_err(range)?),
            Kind::S64 => self.out.i64(i64::try_from(value).map_err(range)?),
            Kind::Flags { flags } => match u32::try_from(value) {
                Ok(bits) if value >> flags.len() == 0 => self.out.flags(bits, flags.len()),
                _ => return Err(Problem::value("a bit is set that no flag has")),
            },
            _ => return Err(self.mismatch("integer")),
        }
        Ok(())
    }
}

impl<'a> Serializer for Lower<'a> {
    type Ok = ();
    type Error = Problem;
    type SerializeSeq = ListLower<'a>;
    type SerializeTuple = ListLower<'a>;
    type SerializeTupleStruct = ListLower<'a>;
    type SerializeTupleVariant = ListLower<'a>;
    type SerializeMap = MapLower<'a>;
    type SerializeStruct = RecordLower<'a>;
    type SerializeStructVariant = RecordLower<'a>;

    integers! {
        serialize_i8(i8) => S8.i8, signed;
        serialize_i16(i16) => S16.i16, signed;
        serialize_i32(i32) => S32.i32, signed;
        serialize_i64(i64) => S64.i64, signed;
        serialize_u8(u8) => U8.u8, unsigned;
        serialize_u16(u16) => U16.u16, unsigned;
        serialize_u32(u32) => U32.u32, unsigned;
        serialize_u64(u64) => U64.u64, unsigned;
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_i128(self, value: i128) -> Result<()> {
        match i64::try_from(value) {
            Ok(value) => self.signed(value),
            Err(_) => match u64::try_from(value) {
                Ok(value) => self.unsigned(value),
                Err(_) => Err(self.out_of_range()),
            },
        }
    }

    fn serialize_u128(self, value: u128) -> Result<()> {
        match u64::try_from(value) {
            Ok(value) => self.unsigned(value),
            Err(_) => Err(self.out_of_range()),
        }
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<()> {
        match self.kind() {
            Kind::Bool => self.out.bool(value),
            _ => return Err(self.mismatch("bool")),
        }
        Ok(())
    }

    #[inline]
    fn serialize_f32(self, value: f32) -> Result<()> {
        match self.kind() {
            Kind::F32 => self.out.f32(value),
            Kind::F64 => self.out.f64(value.into()),
            _ => return Err(self.mismatch("float")),
        }
        Ok(())
    }

    #[inline]
    fn serialize_f64(self, value: f64) -> Result<()> {
        match self.kind() {
            Kind::F64 => self.out.f64(value),
            Kind::F32 => match narrow(value) {
                Some(value) => self.out.f32(value),
                None => return Err(self.out_of_range()),
            },
            _ => return Err(self.mismatch("float")),
        }
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<()> {
        match self.kind() {
            Kind::Char => self.out.char(value),
            _ => return Err(self.mismatch("char")),
        }
        Ok(())
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<()> {
        match self.kind() {
            Kind::String => Ok(self.out.string(value)?),
            _ => Err(self.mismatch("string")),
        }
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<()> {
        let is_u8 = |id: &TypeId| self.converter.schema().ty(*id).kind == Kind::U8;
        match self.kind() {
            Kind::List { element } if is_u8(element) => Ok(self.out.bytes(value)?),
            Kind::FixedList { element, length }
                if is_u8(element) && value.len() == *length as usize =>
            {
                Ok(self.out.fixed_numbers(Number::U8, value)?)
            }
            _ => Err(self.mismatch(&format!("{} bytes", value.len()))),
        }
    }

    #[inline]
    fn serialize_none(self) -> Result<()> {
        match self.kind() {
            Kind::Option { .. } => self.out.bool(false),
            _ => return Err(self.mismatch("none")),
        }
        Ok(())
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        let Kind::Option { payload } = self.kind() else {
            return Err(self.mismatch("option"));
        };
        self.out.bool(true);
        self.out.enter()?;
        lower(self.converter, *payload, value, self.out)?;
        self.out.leave();
        Ok(())
    }

    fn serialize_unit(self) -> Result<()> {
        match self.kind() {
            Kind::Tuple { elements } if elements.is_empty() => self.tuple(0)?.finish(),
            _ => Err(self.mismatch("nothing")),
        }
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<()> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_unit_variant(
        mut self,
        _: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<()> {
        self.unit_case(index, variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<()> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<()> {
        if matches!(self.kind(), Kind::Result { .. }) {
            return self.result(variant, value);
        }
        let (case, ty) = self.begin_case(index, variant)?;
        self.payload(ty, value)
            .map_err(|problem| problem.at(Segment::Case(case.name.clone())))
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<ListLower<'a>> {
        // An element has a byte at least.
        self.out.reserve(len.map_or(0, |len| len.min(4096)));
        self.list(|| "list".to_owned())
    }

    fn serialize_tuple(self, len: usize) -> Result<ListLower<'a>> {
        self.tuple(len)
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<ListLower<'a>> {
        self.tuple(len)
    }

    fn serialize_tuple_variant(
        mut self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<ListLower<'a>> {
        let (case, ty) = self.begin_case(index, variant)?;
        let name = &*case.name;
        let at = |problem: Problem| problem.at(Segment::Case(name.to_owned()));
        let ty = ty.ok_or_else(|| {
            at(Problem::shape(format!(
                "expected no payload, got tuple of {len}"
            )))
        })?;
        self.out.enter()?;
        let inner = Lower { ty, ..self };
        inner.tuple(len).map(|list| list.in_case(name)).map_err(at)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<MapLower<'a>> {
        match self.kind() {
            Kind::Map { key, value } => MapLower::map(self.converter, *key, *value, self.out),
            Kind::Record { .. } => Ok(MapLower::record(RecordLower::begin(self, None)?)),
            _ => Err(self.mismatch("map")),
        }
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<RecordLower<'a>> {
        match self.kind() {
            Kind::Record { .. } if !name.starts_with("hms:") => RecordLower::begin(self, None),
            _ => Err(self.mismatch(&format!("struct {}", name.trim_start_matches("hms:")))),
        }
    }

    fn serialize_struct_variant(
        mut self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<RecordLower<'a>> {
        let (case, ty) = self.begin_case(index, variant)?;
        let name = &*case.name;
        match ty {
            Some(ty) if matches!(self.converter.schema().ty(ty).kind, Kind::Record { .. }) => {
                self.out.enter()?;
                RecordLower::begin(Lower { ty, ..self }, Some(name))
            }
            Some(ty) => Err(mismatch(self.converter, ty, "fields")),
            None => Err(Problem::shape("expected no payload, got fields")),
        }
        .map_err(|problem| problem.at(Segment::Case(name.to_owned())))
    }
}

/// The nearest f32; `None` if a finite value overflows.
pub(super) fn narrow(value: f64) -> Option<f32> {
    let narrow = value as f32;
    (narrow.is_finite() || !value.is_finite()).then_some(narrow)
}
