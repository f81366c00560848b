//! Enums, variants and results as serde enums.

use super::describe::describe;
use super::lift::Lift;
use super::names::choose;
use super::problem::{Problem, Result};
use hms_ffi_core::contract::schema::{Kind, TypeId};
use hms_ffi_core::convert::{Converter, Segment};
use hms_ffi_core::wire::Reader;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, IgnoredAny, VariantAccess, Visitor};

/// A case by its WIT name, and by the Rust type's name for it if it has one.
pub(super) struct Named<'r> {
    wit: &'r str,
    rust: Option<&'static str>,
}

impl<'r> Named<'r> {
    pub(super) fn new(variants: &'static [&'static str], wit: &'r str, index: u32) -> Self {
        Named {
            wit,
            rust: choose(variants, wit, index as usize),
        }
    }
}

/// A case of an enum or variant.
pub(super) struct CaseLift<'de, 'r> {
    pub(super) converter: &'r Converter,
    pub(super) name: Named<'r>,
    pub(super) ty: Option<TypeId>,
    pub(super) input: &'r mut Reader<'de>,
}

impl<'de> EnumAccess<'de> for CaseLift<'de, '_> {
    type Error = Problem;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self)> {
        let variant = match self.name.rust {
            Some(name) => seed.deserialize(BorrowedStrDeserializer::<Problem>::new(name))?,
            None => seed.deserialize(StrDeserializer::<Problem>::new(self.name.wit))?,
        };
        Ok((variant, self))
    }
}

impl<'de> CaseLift<'de, '_> {
    fn payload<T>(self, take: impl FnOnce(Lift<'de, '_>) -> Result<T>) -> Result<T> {
        let segment = |problem: Problem| problem.at(Segment::Case(self.name.wit.to_owned()));
        let Some(ty) = self.ty else {
            return Err(segment(Problem::shape(
                "expected a payload, got a case without one",
            )));
        };
        self.input.enter()?;
        let value = take(Lift {
            converter: self.converter,
            ty,
            input: self.input,
        })
        .map_err(segment)?;
        self.input.leave();
        Ok(value)
    }
}

impl<'de> VariantAccess<'de> for CaseLift<'de, '_> {
    type Error = Problem;

    fn unit_variant(self) -> Result<()> {
        match self.ty {
            None => Ok(()),
            // The variant that takes every other case (`#[serde(other)]`) takes no payload.
            Some(_) if self.name.rust.is_none() => {
                self.payload(|payload| payload.deserialize_ignored_any(IgnoredAny))?;
                Ok(())
            }
            Some(ty) => {
                let got = describe(self.converter, ty);
                let problem = Problem::shape(format!("expected no payload, got {got}"));
                Err(problem.at(Segment::Case(self.name.wit.to_owned())))
            }
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value> {
        if self.ty.is_none() {
            return seed.deserialize(Nothing);
        }
        self.payload(|payload| seed.deserialize(payload))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        self.payload(|payload| payload.deserialize_tuple(len, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.payload(
            |payload| match &payload.converter.schema().ty(payload.ty).kind {
                Kind::Record { .. } => payload.deserialize_struct("", names, visitor),
                _ => Err(Problem::shape(format!(
                    "expected fields, got {}",
                    describe(payload.converter, payload.ty)
                ))),
            },
        )
    }
}

/// A result as a value.
pub(super) struct ResultLift<'de, 'r> {
    pub(super) converter: &'r Converter,
    pub(super) is_err: bool,
    pub(super) ty: Option<TypeId>,
    pub(super) input: &'r mut Reader<'de>,
}

impl<'de> EnumAccess<'de> for ResultLift<'de, '_> {
    type Error = Problem;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self)> {
        let name = if self.is_err { "Err" } else { "Ok" };
        Ok((
            seed.deserialize(BorrowedStrDeserializer::<Problem>::new(name))?,
            self,
        ))
    }
}

impl<'de> VariantAccess<'de> for ResultLift<'de, '_> {
    type Error = Problem;

    fn unit_variant(self) -> Result<()> {
        self.newtype_variant_seed(std::marker::PhantomData::<()>)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value> {
        let Some(ty) = self.ty else {
            return seed.deserialize(Nothing);
        };
        let segment = if self.is_err {
            Segment::Err
        } else {
            Segment::Ok
        };
        self.input.enter()?;
        let payload = Lift {
            converter: self.converter,
            ty,
            input: self.input,
        };
        let value = seed
            .deserialize(payload)
            .map_err(|problem| problem.at(segment))?;
        self.input.leave();
        Ok(value)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value> {
        Err(Problem::shape("expected a result"))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value> {
        Err(Problem::shape("expected a result"))
    }
}

/// The value of a position without a type.
pub(super) struct Nothing;

impl<'de> Deserializer<'de> for Nothing {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    // serde's `Option` would take a unit for none.
    fn deserialize_option<V: Visitor<'de>>(self, _: V) -> Result<V::Value> {
        Err(Problem::shape("expected option, got nothing"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
