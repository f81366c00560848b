//! A document becomes any Rust type that serde can make of it.

use super::describe::json_text;
use super::problem::{Problem, Result};
use hms_ffi_core::convert::Segment;
use hms_ffi_core::wire::types::cbor::{self, Item};
use hms_ffi_core::wire::{Fault, Reader};
use serde::de::value::{BorrowedStrDeserializer, StringDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

/// Reads a document; `input` is where it stands in the message, and keeps count of elements and depth.
pub(super) fn lift<'de, T>(
    input: &mut Reader<'de>,
    visit: impl FnOnce(DocumentLift<'de, '_>) -> Result<T>,
) -> Result<T> {
    let mut rest = input.document()?;
    let value = visit(DocumentLift {
        rest: &mut rest,
        budget: input,
        whole: false,
    })?;
    if rest.is_empty() {
        Ok(value)
    } else {
        Err(Fault::Trailing.into())
    }
}

pub(super) struct DocumentLift<'de, 'r> {
    rest: &'r mut &'de [u8],
    budget: &'r mut Reader<'de>,
    /// Asked for by `Value`, which tells decimals from texts.
    whole: bool,
}

impl<'de, 'r> DocumentLift<'de, 'r> {
    fn visit<V: Visitor<'de>>(self, item: Item<'de>, visitor: V) -> Result<V::Value> {
        match item {
            Item::Null => visitor.visit_unit(),
            Item::Bool(value) => visitor.visit_bool(value),
            Item::Integer(value) => match (i64::try_from(value), u64::try_from(value)) {
                (_, Ok(value)) => visitor.visit_u64(value),
                (Ok(value), _) => visitor.visit_i64(value),
                _ => visitor.visit_i128(value),
            },
            Item::Float(value) => visitor.visit_f64(value),
            Item::Decimal(value) if self.whole => {
                visitor.visit_enum(DecimalCase(value.to_string()))
            }
            Item::Decimal(value) => visitor.visit_string(value.to_string()),
            Item::Text(value) => visitor.visit_borrowed_str(value),
            Item::Bytes(value) => visitor.visit_borrowed_bytes(value),
            Item::Array(len) => {
                let DocumentLift {
                    rest,
                    budget,
                    whole,
                } = self;
                budget.enter()?;
                budget.elements(len as u64)?;
                let mut items = Items {
                    rest,
                    budget,
                    whole,
                    left: len,
                    index: 0,
                    key: None,
                };
                let value = visitor.visit_seq(&mut items)?;
                items.finish(value)
            }
            Item::Map(len) => {
                let DocumentLift {
                    rest,
                    budget,
                    whole,
                } = self;
                budget.enter()?;
                budget.elements(len as u64)?;
                let mut items = Items {
                    rest,
                    budget,
                    whole,
                    left: len,
                    index: 0,
                    key: None,
                };
                let value = visitor.visit_map(&mut items)?;
                items.finish(value)
            }
        }
    }

    fn take(&mut self) -> Result<Item<'de>> {
        Ok(cbor::take(self.rest)?)
    }
}

impl<'de> Deserializer<'de> for DocumentLift<'de, '_> {
    type Error = Problem;

    fn is_human_readable(&self) -> bool {
        true
    }

    fn deserialize_any<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value> {
        let item = self.take()?;
        self.visit(item, visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value> {
        let mut ahead = *self.rest;
        if cbor::take(&mut ahead)? == Item::Null {
            self.take()?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        self.whole = name == "hms:value";
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.take()? {
            Item::Text(case) => visitor.visit_enum(BorrowedStrDeserializer::new(case)),
            Item::Map(1) => {
                self.budget.enter()?;
                self.budget.elements(1)?;
                let value = visitor.visit_enum(TaggedCase {
                    rest: self.rest,
                    budget: self.budget,
                })?;
                self.budget.leave();
                Ok(value)
            }
            _ => Err(Problem::shape(
                "expected a case: a text, or a map with one entry",
            )),
        }
    }

    // An integer is no float, and a float is no integer; serde's floats would take both.
    fn deserialize_f64<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value> {
        match self.take()? {
            Item::Integer(_) => Err(Problem::shape("expected a float, got an integer")),
            item => self.visit(item, visitor),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value> {
        match self.take()? {
            Item::Integer(_) => Err(Problem::shape("expected a float, got an integer")),
            Item::Float(value) => match super::lower::narrow(value) {
                Some(value) => visitor.visit_f32(value),
                None => Err(Problem::value(
                    "expected f32, got a number out of its range",
                )),
            },
            item => self.visit(item, visitor),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// Elements of an array or entries of a map.
struct Items<'de, 'r> {
    rest: &'r mut &'de [u8],
    budget: &'r mut Reader<'de>,
    whole: bool,
    left: usize,
    index: usize,
    key: Option<&'de str>,
}

impl<'de> Items<'de, '_> {
    fn finish<T>(self, value: T) -> Result<T> {
        if self.left > 0 {
            return Err(Problem::shape("the Rust type holds fewer elements"));
        }
        self.budget.leave();
        Ok(value)
    }

    fn item(&mut self) -> DocumentLift<'de, '_> {
        DocumentLift {
            rest: self.rest,
            budget: self.budget,
            whole: self.whole,
        }
    }
}

impl<'de> SeqAccess<'de> for &mut Items<'de, '_> {
    type Error = Problem;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        let index = self.index;
        self.index += 1;
        seed.deserialize(self.item())
            .map(Some)
            .map_err(|problem| problem.at(Segment::Index(index)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> MapAccess<'de> for &mut Items<'de, '_> {
    type Error = Problem;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        let index = self.index;
        self.index += 1;
        let key = cbor::take_key(self.rest, self.key)
            .map_err(|fault| Problem::from(fault).at(Segment::KeyAt(index)))?;
        self.key = Some(key);
        seed.deserialize(BorrowedStrDeserializer::new(key))
            .map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        let key = self.key.unwrap_or_default();
        seed.deserialize(self.item())
            .map_err(|problem| problem.at(Segment::Key(json_text(key))))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

/// A case with a payload: a map with one entry.
struct TaggedCase<'de, 'r> {
    rest: &'r mut &'de [u8],
    budget: &'r mut Reader<'de>,
}

impl<'de, 'r> EnumAccess<'de> for TaggedCase<'de, 'r> {
    type Error = Problem;
    type Variant = DocumentLift<'de, 'r>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant)> {
        let TaggedCase { rest, budget } = self;
        let key = cbor::take_key(rest, None)?;
        let case = seed.deserialize(BorrowedStrDeserializer::<Problem>::new(key))?;
        Ok((
            case,
            DocumentLift {
                rest,
                budget,
                whole: false,
            },
        ))
    }
}

impl<'de> VariantAccess<'de> for DocumentLift<'de, '_> {
    type Error = Problem;

    fn unit_variant(self) -> Result<()> {
        self.deserialize_any(IgnoredAny)?;
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_any(visitor)
    }
}

/// A decimal as `Value` sees it.
struct DecimalCase(String);

impl<'de> EnumAccess<'de> for DecimalCase {
    type Error = Problem;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self)> {
        Ok((
            seed.deserialize(BorrowedStrDeserializer::<Problem>::new("decimal"))?,
            self,
        ))
    }
}

impl<'de> VariantAccess<'de> for DecimalCase {
    type Error = Problem;

    fn unit_variant(self) -> Result<()> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value> {
        let text: StringDeserializer<Problem> = self.0.into_deserializer();
        seed.deserialize(text)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value> {
        visitor.visit_string(self.0)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_string(self.0)
    }
}
