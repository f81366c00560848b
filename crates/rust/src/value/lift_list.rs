//! Lists, sets and tuples as serde sequences.

use super::lift::Lift;
use super::problem::{Problem, Result};
use hms_ffi_core::contract::schema::{Case, TypeId};
use hms_ffi_core::convert::{Converter, Segment};
use hms_ffi_core::wire::{Fault, Number, Reader};
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, SeqAccess, Visitor};

/// Elements of any type but numbers.
pub(super) struct ListLift<'de, 'r> {
    converter: &'r Converter,
    types: Types<'r>,
    input: &'r mut Reader<'de>,
    index: usize,
    count: usize,
    /// The encoding of the last element of a set.
    last: Option<&'de [u8]>,
}

enum Types<'r> {
    Same(TypeId),
    Set(TypeId),
    Each(&'r [TypeId]),
}

impl<'de, 'r> ListLift<'de, 'r> {
    fn new(
        converter: &'r Converter,
        types: Types<'r>,
        count: usize,
        input: &'r mut Reader<'de>,
    ) -> Result<Self> {
        input.enter()?;
        Ok(ListLift {
            converter,
            types,
            input,
            index: 0,
            count,
            last: None,
        })
    }

    pub(super) fn list(
        converter: &'r Converter,
        element: TypeId,
        input: &'r mut Reader<'de>,
    ) -> Result<Self> {
        let count = input.count(converter.smallest(element))?;
        Self::new(converter, Types::Same(element), count, input)
    }

    pub(super) fn set(
        converter: &'r Converter,
        element: TypeId,
        input: &'r mut Reader<'de>,
    ) -> Result<Self> {
        let count = input.count(converter.smallest(element))?;
        Self::new(converter, Types::Set(element), count, input)
    }

    pub(super) fn fixed(
        converter: &'r Converter,
        element: TypeId,
        length: u32,
        input: &'r mut Reader<'de>,
    ) -> Result<Self> {
        input.fixed_count(length as usize, converter.smallest(element))?;
        Self::new(converter, Types::Same(element), length as usize, input)
    }

    pub(super) fn tuple(
        converter: &'r Converter,
        elements: &'r [TypeId],
        input: &'r mut Reader<'de>,
    ) -> Result<Self> {
        if elements.is_empty() {
            input.elements(1)?;
        }
        Self::new(converter, Types::Each(elements), elements.len(), input)
    }

    #[inline]
    pub(super) fn visit<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value> {
        let value = visitor.visit_seq(&mut self)?;
        if self.index < self.count {
            return Err(fewer(self.index, self.count));
        }
        self.input.leave();
        Ok(value)
    }

    #[inline]
    fn element<S: DeserializeSeed<'de>>(&mut self, index: usize, seed: S) -> Result<S::Value> {
        let ty = match self.types {
            Types::Same(ty) | Types::Set(ty) => ty,
            Types::Each(types) => types[index],
        };
        let before = self.input.rest();
        let value = seed.deserialize(Lift {
            converter: self.converter,
            ty,
            input: self.input,
        })?;
        if let Types::Set(_) = self.types {
            let encoded = &before[..before.len() - self.input.remaining()];
            ascending(self.last, encoded)?;
            self.last = Some(encoded);
        }
        Ok(value)
    }
}

/// Holds the order of sets and maps.
pub(super) fn ascending(last: Option<&[u8]>, encoded: &[u8]) -> Result<(), Fault> {
    match last.map(|last| last.cmp(encoded)) {
        None | Some(std::cmp::Ordering::Less) => Ok(()),
        Some(std::cmp::Ordering::Equal) => Err(Fault::Duplicate),
        Some(std::cmp::Ordering::Greater) => Err(Fault::Order),
    }
}

#[cold]
fn fewer(taken: usize, count: usize) -> Problem {
    Problem::shape(format!("the Rust type holds {taken} elements, got {count}"))
}

impl<'de> SeqAccess<'de> for ListLift<'de, '_> {
    type Error = Problem;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        if self.index == self.count {
            return Ok(None);
        }
        let index = self.index;
        self.index += 1;
        self.element(index, seed)
            .map(Some)
            .map_err(|problem| problem.at(Segment::Index(index)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.count - self.index)
    }
}

/// Packed numbers.
pub(super) struct Numbers<'de> {
    number: Number,
    rest: &'de [u8],
    index: usize,
}

impl<'de> Numbers<'de> {
    pub(super) fn new(number: Number, rest: &'de [u8]) -> Self {
        Numbers {
            number,
            rest,
            index: 0,
        }
    }

    #[inline]
    pub(super) fn visit<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value> {
        let value = visitor.visit_seq(&mut self)?;
        if self.rest.is_empty() {
            return Ok(value);
        }
        Err(fewer(
            self.index,
            self.index + self.rest.len() / self.number.size(),
        ))
    }
}

impl<'de> SeqAccess<'de> for Numbers<'de> {
    type Error = Problem;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        let Some((head, rest)) = self
            .rest
            .split_at_checked(self.number.size())
            .filter(|_| !self.rest.is_empty())
        else {
            return Ok(None);
        };
        self.rest = rest;
        let index = self.index;
        self.index += 1;
        seed.deserialize(NumberLift {
            number: self.number,
            bytes: head,
        })
        .map(Some)
        .map_err(|problem| problem.at(Segment::Index(index)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len() / self.number.size())
    }
}

/// One number of a packed list; `bytes` is as long as the number.
struct NumberLift<'de> {
    number: Number,
    bytes: &'de [u8],
}

impl NumberLift<'_> {
    #[inline]
    fn bits<const N: usize>(&self) -> [u8; N] {
        let mut bits = [0; N];
        bits.copy_from_slice(self.bytes);
        bits
    }

    fn is_float(&self) -> bool {
        matches!(self.number, Number::F32 | Number::F64)
    }

    #[cold]
    fn mismatch<T>(&self, wanted: &str) -> Result<T> {
        Err(Problem::shape(format!(
            "expected {wanted}, got {}",
            self.number.name()
        )))
    }
}

impl<'de> Deserializer<'de> for NumberLift<'de> {
    type Error = Problem;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.number {
            Number::U8 => visitor.visit_u8(self.bytes[0]),
            Number::S8 => visitor.visit_i8(self.bytes[0] as i8),
            Number::U16 => visitor.visit_u16(u16::from_le_bytes(self.bits())),
            Number::S16 => visitor.visit_i16(i16::from_le_bytes(self.bits())),
            Number::U32 => visitor.visit_u32(u32::from_le_bytes(self.bits())),
            Number::S32 => visitor.visit_i32(i32::from_le_bytes(self.bits())),
            Number::U64 => visitor.visit_u64(u64::from_le_bytes(self.bits())),
            Number::S64 => visitor.visit_i64(i64::from_le_bytes(self.bits())),
            Number::F32 => visitor.visit_f32(f32::from_le_bytes(self.bits())),
            Number::F64 => visitor.visit_f64(f64::from_le_bytes(self.bits())),
        }
    }

    #[inline]
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.is_float() {
            self.deserialize_any(visitor)
        } else {
            self.mismatch("f64")
        }
    }

    #[inline]
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.number == Number::F32 {
            self.deserialize_any(visitor)
        } else {
            self.mismatch("f32")
        }
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, _: V) -> Result<V::Value> {
        self.mismatch("option")
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// Flags as the names of those that are set.
pub(super) struct FlagNames<'r> {
    flags: &'r [Case],
    bits: u32,
}

impl<'r> FlagNames<'r> {
    pub(super) fn new(flags: &'r [Case], bits: u32) -> Self {
        FlagNames { flags, bits }
    }

    pub(super) fn visit<'de, V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value> {
        let value = visitor.visit_seq(&mut self)?;
        if self.bits == 0 {
            Ok(value)
        } else {
            Err(Problem::shape("the Rust type holds fewer flags"))
        }
    }
}

impl<'de> SeqAccess<'de> for FlagNames<'_> {
    type Error = Problem;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        if self.bits == 0 {
            return Ok(None);
        }
        let index = self.bits.trailing_zeros();
        self.bits &= self.bits - 1;
        seed.deserialize(FlagName {
            name: &self.flags[index as usize].name,
            index,
        })
        .map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.bits.count_ones() as usize)
    }
}

/// One flag, for a string or for an enum with a variant for each flag.
struct FlagName<'r> {
    name: &'r str,
    index: u32,
}

impl<'de> Deserializer<'de> for FlagName<'_> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_str(self.name)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let name =
            super::names::choose(variants, self.name, self.index as usize).unwrap_or(self.name);
        visitor.visit_enum(IntoDeserializer::<Problem>::into_deserializer(name))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
