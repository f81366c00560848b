//! The well-known types of `hms:types`: seen by serde as structs with names of their own, and standard library types
//! where they are exact.

use super::lower::mismatch;
use super::only::{Accept, Only};
use super::problem::{Problem, Result};
use hms_ffi_core::contract::schema::{Kind, TypeId};
use hms_ffi_core::convert::Converter;
use hms_ffi_core::wire::types::{
    Date, Decimal, Duration, Invalid, PartialDate, TimeOfDay, Timestamp, Uuid, ZonedTimestamp,
};
use hms_ffi_core::wire::{Reader, Writer};
use serde::Serialize;
use serde::de::{self, Visitor};
use serde::ser::{Impossible, SerializeStruct, Serializer};

/// Whether the type is well-known, other than `document`.
pub(super) fn is_known(kind: &Kind) -> bool {
    name_of(kind).is_some()
}

/// The name under which serde sees the type.
fn name_of(kind: &Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Timestamp => "hms:timestamp",
        Kind::ZonedTimestamp => "hms:zoned-timestamp",
        Kind::Date => "hms:date",
        Kind::PartialDate => "hms:partial-date",
        Kind::TimeOfDay => "hms:time-of-day",
        Kind::Duration => "hms:duration",
        Kind::Decimal => "hms:decimal",
        Kind::Uuid => "hms:uuid",
        _ => return None,
    })
}

/// Whether a struct of this name stands for the type: ours, or the standard library's.
fn is_for(kind: &Kind, name: &str) -> bool {
    name_of(kind) == Some(name)
        || matches!(
            (kind, name),
            (Kind::Timestamp, "SystemTime") | (Kind::Duration, "Duration")
        )
}

pub(super) fn lower<T: Serialize + ?Sized>(
    converter: &Converter,
    ty: TypeId,
    value: &T,
    out: &mut Writer,
) -> Result<()> {
    value.serialize(KnownLower {
        converter,
        ty,
        out,
        parts: Default::default(),
        count: 0,
    })
}

struct KnownLower<'a> {
    converter: &'a Converter,
    ty: TypeId,
    out: &'a mut Writer,
    parts: [Part; 4],
    count: usize,
}

/// One part of a well-known type, such as its seconds.
#[derive(Default)]
enum Part {
    #[default]
    Absent,
    Number(i128),
    Text(String),
}

struct TakePart;

impl Accept for TakePart {
    type Out = Part;
    fn expected(&self) -> String {
        "a part of a well-known type".to_owned()
    }
    fn signed(self, value: i64) -> Result<Part> {
        Ok(Part::Number(value.into()))
    }
    fn unsigned(self, value: u64) -> Result<Part> {
        Ok(Part::Number(value.into()))
    }
    fn text(self, value: &str) -> Result<Part> {
        Ok(Part::Text(value.to_owned()))
    }
    fn none(self) -> Result<Part> {
        Ok(Part::Absent)
    }
    fn some<T: Serialize + ?Sized>(self, value: &T) -> Result<Part> {
        value.serialize(Only(self))
    }
}

impl SerializeStruct for KnownLower<'_> {
    type Ok = ();
    type Error = Problem;

    // The parts come in the order of the type's constructor: the structs are ours or the standard library's.
    fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Result<()> {
        match self.parts.get_mut(self.count) {
            Some(part) => *part = value.serialize(Only(TakePart))?,
            None => return Err(mismatch(self.converter, self.ty, "another struct")),
        }
        self.count += 1;
        Ok(())
    }

    fn end(self) -> Result<()> {
        let out = self.out;
        let [a, b, c, d] = &self.parts;
        match &self.converter.schema().ty(self.ty).kind {
            Kind::Timestamp => check(Timestamp::new(a.number()?, b.number()?))?.write(out),
            Kind::ZonedTimestamp => {
                let instant = check(Timestamp::new(a.number()?, b.number()?))?;
                check(ZonedTimestamp::new(instant, c.number()?))?.write(out);
            }
            Kind::Date => check(Date::new(a.number()?, b.number()?, c.number()?))?.write(out),
            Kind::PartialDate => {
                let month = match b {
                    Part::Absent => None,
                    month => Some(month.number()?),
                };
                check(PartialDate::new(a.number()?, month))?.write(out);
            }
            Kind::TimeOfDay => {
                check(TimeOfDay::new(
                    a.number()?,
                    b.number()?,
                    c.number()?,
                    d.number()?,
                ))?
                .write(out);
            }
            Kind::Duration => check(Duration::new(a.number()?, b.number()?))?.write(out),
            Kind::Uuid => {
                let (high, low): (u64, u64) = (a.number()?, b.number()?);
                Uuid::from_u128(u128::from(high) << 64 | u128::from(low)).write(out);
            }
            _ => {
                let Part::Text(text) = a else {
                    return Err(Problem::shape("expected decimal"));
                };
                check(Decimal::check(text))?;
                out.string(text)?;
            }
        }
        Ok(())
    }
}

impl Part {
    fn number<T: TryFrom<i128>>(&self) -> Result<T> {
        match self {
            Part::Number(number) => {
                T::try_from(*number).map_err(|_| Problem::value("a number out of its range"))
            }
            _ => Err(Problem::shape("expected a number")),
        }
    }
}

fn check<T>(made: Result<T, Invalid>) -> Result<T> {
    made.map_err(|invalid| Problem::value(invalid.message()))
}

type Never = Impossible<(), Problem>;

macro_rules! refuse {
    ($($method:ident($($ty:ty),*) -> $ok:ty = $got:literal;)*) => {$(
        fn $method(self, $(_: $ty),*) -> Result<$ok> {
            Err(mismatch(self.converter, self.ty, $got))
        }
    )*};
}

impl<'a> Serializer for KnownLower<'a> {
    type Ok = ();
    type Error = Problem;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Self;
    type SerializeStructVariant = Never;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Self> {
        if is_for(&self.converter.schema().ty(self.ty).kind, name) {
            return Ok(self);
        }
        Err(mismatch(
            self.converter,
            self.ty,
            &format!("struct {}", name.trim_start_matches("hms:")),
        ))
    }

    /// The `uuid` crate's type shows itself as 16 bytes.
    fn serialize_bytes(self, value: &[u8]) -> Result<()> {
        match (
            &self.converter.schema().ty(self.ty).kind,
            <[u8; 16]>::try_from(value),
        ) {
            (Kind::Uuid, Ok(bytes)) => {
                Uuid::from_bytes(bytes).write(self.out);
                Ok(())
            }
            _ => Err(mismatch(
                self.converter,
                self.ty,
                &format!("{} bytes", value.len()),
            )),
        }
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<()> {
        value.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<()> {
        Err(mismatch(self.converter, self.ty, "option"))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<()> {
        Err(mismatch(self.converter, self.ty, "case with payload"))
    }

    refuse! {
        serialize_bool(bool) -> () = "bool";
        serialize_i8(i8) -> () = "integer";
        serialize_i16(i16) -> () = "integer";
        serialize_i32(i32) -> () = "integer";
        serialize_i64(i64) -> () = "integer";
        serialize_u8(u8) -> () = "integer";
        serialize_u16(u16) -> () = "integer";
        serialize_u32(u32) -> () = "integer";
        serialize_u64(u64) -> () = "integer";
        serialize_f32(f32) -> () = "float";
        serialize_f64(f64) -> () = "float";
        serialize_char(char) -> () = "char";
        serialize_str(&str) -> () = "string";
        serialize_none() -> () = "option";
        serialize_unit() -> () = "nothing";
        serialize_unit_struct(&'static str) -> () = "nothing";
        serialize_unit_variant(&'static str, u32, &'static str) -> () = "case without payload";
        serialize_seq(Option<usize>) -> Never = "list";
        serialize_tuple(usize) -> Never = "tuple";
        serialize_tuple_struct(&'static str, usize) -> Never = "tuple";
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never = "case with payload";
        serialize_map(Option<usize>) -> Never = "map";
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never = "case with payload";
    }
}

/// How a well-known type is asked for.
pub(super) enum Wanted<'n> {
    /// As a struct of this name.
    Struct(&'n str),
    /// As 16 bytes.
    Bytes,
    /// As whatever it is: its text.
    Any,
}

/// Reads a well-known type.
pub(super) fn lift<'de, V: Visitor<'de>>(
    converter: &Converter,
    ty: TypeId,
    input: &mut Reader<'de>,
    wanted: Wanted<'_>,
    visitor: V,
) -> Result<V::Value> {
    let kind = &converter.schema().ty(ty).kind;
    match wanted {
        Wanted::Struct(name) if is_for(kind, name) => {}
        Wanted::Struct(name) => {
            return Err(lift_mismatch(
                converter,
                ty,
                name.trim_start_matches("hms:"),
            ));
        }
        Wanted::Bytes if *kind == Kind::Uuid => {
            return visitor.visit_bytes(&Uuid::read(input)?.to_bytes());
        }
        Wanted::Bytes => return Err(lift_mismatch(converter, ty, "bytes")),
        Wanted::Any => return lift_text(kind, input, visitor),
    }
    match kind {
        Kind::Timestamp => {
            let t = Timestamp::read(input)?;
            parts(visitor, [t.seconds().into(), t.nanoseconds().into()])
        }
        Kind::ZonedTimestamp => {
            let t = ZonedTimestamp::read(input)?;
            let instant = t.instant();
            parts(
                visitor,
                [
                    instant.seconds().into(),
                    instant.nanoseconds().into(),
                    t.offset_minutes().into(),
                ],
            )
        }
        Kind::Date => {
            let d = Date::read(input)?;
            parts(visitor, [d.year().into(), d.month().into(), d.day().into()])
        }
        Kind::PartialDate => {
            let d = PartialDate::read(input)?;
            parts(
                visitor,
                [
                    PartLift::Number(d.year().into()),
                    PartLift::Month(d.month()),
                ],
            )
        }
        Kind::TimeOfDay => {
            let t = TimeOfDay::read(input)?;
            parts(
                visitor,
                [
                    t.hour().into(),
                    t.minute().into(),
                    t.second().into(),
                    t.nanoseconds().into(),
                ],
            )
        }
        Kind::Duration => {
            let d = Duration::read(input)?;
            parts(visitor, [d.seconds().into(), d.nanoseconds().into()])
        }
        Kind::Uuid => {
            let uuid = Uuid::read(input)?.as_u128();
            parts(
                visitor,
                [
                    PartLift::Half((uuid >> 64) as u64),
                    PartLift::Half(uuid as u64),
                ],
            )
        }
        _ => {
            let text = input.string()?;
            check(Decimal::check(text)).map_err(Problem::in_wire)?;
            parts(visitor, [PartLift::Text(text)])
        }
    }
}

#[cold]
fn lift_mismatch(converter: &Converter, ty: TypeId, wanted: &str) -> Problem {
    Problem::shape(format!(
        "expected {wanted}, got {}",
        super::describe::describe(converter, ty)
    ))
}

fn lift_text<'de, V: Visitor<'de>>(
    kind: &Kind,
    input: &mut Reader<'de>,
    visitor: V,
) -> Result<V::Value> {
    let text = match kind {
        Kind::Timestamp => Timestamp::read(input)?.to_string(),
        Kind::ZonedTimestamp => ZonedTimestamp::read(input)?.to_string(),
        Kind::Date => Date::read(input)?.to_string(),
        Kind::PartialDate => PartialDate::read(input)?.to_string(),
        Kind::TimeOfDay => TimeOfDay::read(input)?.to_string(),
        Kind::Duration => Duration::read(input)?.to_string(),
        Kind::Uuid => Uuid::read(input)?.to_string(),
        _ => {
            let text = input.string()?;
            check(Decimal::check(text)).map_err(Problem::in_wire)?;
            return visitor.visit_borrowed_str(text);
        }
    };
    visitor.visit_string(text)
}

/// One part on its way to a Rust type.
#[derive(Clone, Copy)]
enum PartLift<'de> {
    Number(i64),
    Half(u64),
    Month(Option<u8>),
    Text(&'de str),
}

impl<T: Into<i64>> From<T> for PartLift<'_> {
    fn from(number: T) -> Self {
        PartLift::Number(number.into())
    }
}

fn parts<'de, V: Visitor<'de>, const N: usize>(
    visitor: V,
    parts: [PartLift<'de>; N],
) -> Result<V::Value> {
    visitor.visit_seq(de::value::SeqDeserializer::new(parts.into_iter()))
}

impl<'de> de::IntoDeserializer<'de, Problem> for PartLift<'de> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> de::Deserializer<'de> for PartLift<'de> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self {
            PartLift::Number(number) => visitor.visit_i64(number),
            PartLift::Half(number) => visitor.visit_u64(number),
            PartLift::Month(None) => visitor.visit_none(),
            PartLift::Month(Some(month)) => visitor.visit_some(PartLift::Number(month.into())),
            PartLift::Text(text) => visitor.visit_borrowed_str(text),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
