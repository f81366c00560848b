//! Records, maps and single-entry maps as serde maps.

use super::lift::Lift;
use super::lift_list::ascending;
use super::names::{choose, snake};
use super::problem::{Problem, Result};
use hms_ffi_core::contract::schema::{Field, TypeId};
use hms_ffi_core::convert::{Converter, Segment, key_text};
use hms_ffi_core::wire::Reader;
use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, MapAccess, Visitor};

/// A record's fields in the contract's order.
pub(super) struct RecordLift<'de, 'r> {
    converter: &'r Converter,
    fields: &'r [Field],
    /// The names that the Rust type has; empty if it takes any.
    names: &'static [&'static str],
    input: &'r mut Reader<'de>,
    index: usize,
}

impl<'de, 'r> RecordLift<'de, 'r> {
    pub(super) fn new(
        converter: &'r Converter,
        fields: &'r [Field],
        names: &'static [&'static str],
        input: &'r mut Reader<'de>,
    ) -> Result<Self> {
        input.enter()?;
        Ok(RecordLift {
            converter,
            fields,
            names,
            input,
            index: 0,
        })
    }

    #[inline]
    pub(super) fn visit<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value> {
        let value = visitor.visit_map(&mut self)?;
        if self.index < self.fields.len() {
            return Err(Problem::shape("the Rust type did not take all fields"));
        }
        self.input.leave();
        Ok(value)
    }
}

impl<'de> MapAccess<'de> for RecordLift<'de, '_> {
    type Error = Problem;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        let Some(field) = self.fields.get(self.index) else {
            return Ok(None);
        };
        match choose(self.names, &field.name, self.index) {
            Some(name) => seed.deserialize(BorrowedStrDeserializer::new(name)),
            None => seed.deserialize(StrDeserializer::new(&snake(&field.name))),
        }
        .map(Some)
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        let Some(field) = self.fields.get(self.index) else {
            return Err(Problem::shape("the record has no more fields"));
        };
        self.index += 1;
        seed.deserialize(Lift {
            converter: self.converter,
            ty: field.ty,
            input: self.input,
        })
        .map_err(|problem| problem.at(Segment::Field(field.name.clone())))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.fields.len() - self.index)
    }
}

/// A map's entries, whose keys must ascend.
pub(super) struct MapLift<'de, 'r> {
    converter: &'r Converter,
    key: TypeId,
    value: TypeId,
    input: &'r mut Reader<'de>,
    index: usize,
    count: usize,
    last: Option<&'de [u8]>,
}

impl<'de, 'r> MapLift<'de, 'r> {
    pub(super) fn new(
        converter: &'r Converter,
        key: TypeId,
        value: TypeId,
        input: &'r mut Reader<'de>,
    ) -> Result<Self> {
        let count = input.count(
            converter
                .smallest(key)
                .saturating_add(converter.smallest(value)),
        )?;
        input.enter()?;
        Ok(MapLift {
            converter,
            key,
            value,
            input,
            index: 0,
            count,
            last: None,
        })
    }

    pub(super) fn visit<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value> {
        let value = visitor.visit_map(&mut self)?;
        if self.index < self.count {
            return Err(Problem::shape("the Rust type did not take all entries"));
        }
        self.input.leave();
        Ok(value)
    }
}

impl<'de> MapAccess<'de> for MapLift<'de, '_> {
    type Error = Problem;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        if self.index == self.count {
            return Ok(None);
        }
        let at = |problem: Problem| problem.at(Segment::KeyAt(self.index));
        let before = self.input.rest();
        let key = seed
            .deserialize(Lift {
                converter: self.converter,
                ty: self.key,
                input: self.input,
            })
            .map_err(at)?;
        let encoded = &before[..before.len() - self.input.remaining()];
        ascending(self.last, encoded).map_err(|fault| at(fault.into()))?;
        self.last = Some(encoded);
        self.index += 1;
        Ok(Some(key))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        seed.deserialize(Lift {
            converter: self.converter,
            ty: self.value,
            input: self.input,
        })
        .map_err(|problem| {
            let key = key_text(self.converter, self.key, self.last.unwrap_or_default());
            problem.at(Segment::Key(key))
        })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.count - self.index)
    }
}

/// A variant for a type that takes anything: a map of `tag` and, with a payload, `val`.
pub(super) fn visit_case<'de, V: Visitor<'de>>(
    converter: &Converter,
    tag: &str,
    case: &str,
    ty: Option<TypeId>,
    input: &mut Reader<'de>,
    visitor: V,
) -> Result<V::Value> {
    let payload = ty.map(|ty| Payload {
        converter,
        ty,
        segment: Segment::Case(case.to_owned()),
    });
    visitor.visit_map(Entries {
        tag: Some(tag),
        payload,
        name: "val",
        value: Next::Tag,
        input,
    })
}

/// A result for a type that takes anything: a map of `ok` or `err`.
pub(super) fn visit_result<'de, V: Visitor<'de>>(
    converter: &Converter,
    name: &'static str,
    ty: Option<TypeId>,
    input: &mut Reader<'de>,
    visitor: V,
) -> Result<V::Value> {
    let segment = if name == "ok" {
        Segment::Ok
    } else {
        Segment::Err
    };
    let Some(ty) = ty else {
        // Without a payload the name alone says everything.
        return visitor.visit_map(Entries {
            tag: Some(name),
            payload: None,
            name,
            value: Next::Tag,
            input,
        });
    };
    let payload = Some(Payload {
        converter,
        ty,
        segment,
    });
    visitor.visit_map(Entries {
        tag: None,
        payload,
        name,
        value: Next::Payload,
        input,
    })
}

struct Payload<'r> {
    converter: &'r Converter,
    ty: TypeId,
    segment: Segment,
}

enum Next {
    Tag,
    Payload,
}

struct Entries<'de, 'r, 't> {
    tag: Option<&'t str>,
    payload: Option<Payload<'r>>,
    name: &'static str,
    value: Next,
    input: &'r mut Reader<'de>,
}

impl<'de> MapAccess<'de> for Entries<'de, '_, '_> {
    type Error = Problem;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        let key = if self.tag.is_some() {
            self.value = Next::Tag;
            "tag"
        } else if self.payload.is_some() {
            self.value = Next::Payload;
            self.name
        } else {
            return Ok(None);
        };
        seed.deserialize(BorrowedStrDeserializer::new(key))
            .map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        match (&self.value, self.tag.take(), self.payload.take()) {
            (Next::Tag, Some(tag), payload) => {
                self.payload = payload;
                seed.deserialize(StrDeserializer::new(tag))
            }
            (Next::Payload, _, Some(payload)) => {
                self.input.enter()?;
                let value = seed
                    .deserialize(Lift {
                        converter: payload.converter,
                        ty: payload.ty,
                        input: self.input,
                    })
                    .map_err(|problem| problem.at(payload.segment))?;
                self.input.leave();
                Ok(value)
            }
            _ => Err(Problem::shape("a value came without its key")),
        }
    }
}
