//! From JSON to the wire.

use std::convert::Infallible;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{INFINITY, Json, NAN, NAN_BITS, NEGATIVE_INFINITY};
use crate::contract::schema::{Case, Field, Kind};
use crate::convert::{
    Dynamic, Failure, Lower, Lowered, Optional, Payload, Segment, Type, exact_float, unknown_case,
    unknown_field,
};
use crate::wire::types::{
    Date, Duration, Invalid, PartialDate, TimeOfDay, Timestamp, Uuid, ZonedTimestamp,
};
use crate::wire::{Fault, Number};

/// A value within a JSON text.
#[derive(Clone, Copy, Debug)]
pub enum Node<'j> {
    /// A value.
    Value(&'j Json),
    /// The key of an object that stands for a map.
    Key(&'j str),
}

impl<'j> Node<'j> {
    fn text(self) -> Option<&'j str> {
        match self {
            Node::Value(Json::String(text)) => Some(text),
            Node::Key(text) => Some(text),
            Node::Value(_) => None,
        }
    }

    fn array<H>(self) -> Result<&'j [Json], Failure<H>> {
        match self {
            Node::Value(Json::Array(items)) => Ok(items),
            _ => Err(Failure::mismatch()),
        }
    }

    fn object<H>(self) -> Result<&'j [(String, Json)], Failure<H>> {
        match self {
            Node::Value(Json::Object(members)) => Ok(members),
            _ => Err(Failure::mismatch()),
        }
    }

    /// An integer; 64-bit ones may be strings.
    fn integer<T: TryFrom<i128> + FromStr>(self, number: Number) -> Result<T, Failure<Infallible>> {
        if let Node::Value(Json::Integer(integer)) = self {
            return T::try_from(*integer).map_err(|_| Failure::out_of_range());
        }
        let text = self
            .text()
            .filter(|_| number.size() == 8)
            .ok_or_else(Failure::mismatch)?;
        let digits = text.strip_prefix('-').unwrap_or(text);
        let canonical = digits.bytes().all(|byte| byte.is_ascii_digit())
            && (digits == "0" || !digits.starts_with('0'));
        if digits.is_empty() || !canonical || text == "-0" {
            return Err(Failure::mismatch());
        }
        text.parse().map_err(|_| Failure::out_of_range())
    }

    /// A well-known type that is written as text.
    fn parse<T: FromStr<Err = Invalid>>(self) -> Result<T, Failure<Infallible>> {
        Ok(self.text().ok_or_else(Failure::mismatch)?.parse::<T>()?)
    }
}

/// Lowers JSON.
#[derive(Debug, Default)]
pub struct FromJson<'j>(std::marker::PhantomData<&'j Json>);

impl<'j> Lower for FromJson<'j> {
    type Value = Node<'j>;
    type Host = Infallible;
    type Record = &'j [(String, Json)];

    fn describe(&mut self, value: &Node<'j>) -> String {
        match value {
            Node::Value(json) => json.kind().to_owned(),
            Node::Key(_) => "string".to_owned(),
        }
    }

    fn bool(&mut self, value: &Node<'j>) -> Lowered<bool, Self> {
        match value {
            Node::Value(Json::Bool(value)) => Ok(*value),
            _ => Err(Failure::mismatch()),
        }
    }

    fn signed(&mut self, value: &Node<'j>, number: Number) -> Lowered<i64, Self> {
        value.integer(number)
    }

    fn unsigned(&mut self, value: &Node<'j>, number: Number) -> Lowered<u64, Self> {
        value.integer(number)
    }

    fn float(&mut self, value: &Node<'j>, number: Number) -> Lowered<f64, Self> {
        match value {
            Node::Value(Json::Float(float)) => Ok(*float),
            Node::Value(Json::Integer(integer)) => {
                exact_float(*integer, number).ok_or_else(Failure::out_of_range)
            }
            _ => match value.text() {
                Some(NAN) => Ok(f64::NAN),
                Some(INFINITY) => Ok(f64::INFINITY),
                Some(NEGATIVE_INFINITY) => Ok(f64::NEG_INFINITY),
                _ => Err(Failure::mismatch()),
            },
        }
    }

    fn char(&mut self, value: &Node<'j>) -> Lowered<char, Self> {
        let mut chars = value.text().ok_or_else(Failure::mismatch)?.chars();
        match (chars.next(), chars.next()) {
            (Some(char), None) => Ok(char),
            _ => Err(Failure::invalid("expected one character")),
        }
    }

    fn string<R>(&mut self, value: &Node<'j>, read: impl FnOnce(&str) -> R) -> Lowered<R, Self> {
        Ok(read(value.text().ok_or_else(Failure::mismatch)?))
    }

    fn bytes<R>(&mut self, value: &Node<'j>, read: impl FnOnce(&[u8]) -> R) -> Lowered<R, Self> {
        let text = value.text().ok_or_else(Failure::mismatch)?;
        let bytes = STANDARD
            .decode(text)
            .map_err(|_| Failure::invalid("not base64 with padding"))?;
        Ok(read(&bytes))
    }

    /// Only lists of floats in which the bits of a NaN are given.
    fn packed<R>(
        &mut self,
        value: &Node<'j>,
        number: Number,
        read: impl FnOnce(&[u8]) -> R,
    ) -> Lowered<Option<R>, Self> {
        let items = value.array()?;
        let has_bits =
            |item: &Json| matches!(item, Json::String(text) if text.starts_with(NAN_BITS));
        if !matches!(number, Number::F32 | Number::F64) || !items.iter().any(has_bits) {
            return Ok(None);
        }
        let mut packed = Vec::with_capacity(items.len() * number.size());
        for (index, item) in items.iter().enumerate() {
            let bits = match item {
                Json::String(text) if text.starts_with(NAN_BITS) => {
                    nan_bits(&text[NAN_BITS.len()..], number)
                }
                item => self
                    .float(&Node::Value(item), number)
                    .map(|float| match number {
                        Number::F32 => (float as f32).to_bits().into(),
                        _ => float.to_bits(),
                    }),
            };
            let expected = || format!("expected {}", number.name());
            let bits = bits.map_err(|_| Failure::invalid(expected()).at(Segment::Index(index)))?;
            packed.extend_from_slice(&bits.to_le_bytes()[..number.size()]);
        }
        Ok(Some(read(&packed)))
    }

    fn list(
        &mut self,
        value: &Node<'j>,
        _: Type<'_>,
        mut each: impl FnMut(&mut Self, &Node<'j>) -> Lowered<(), Self>,
    ) -> Lowered<(), Self> {
        value
            .array()?
            .iter()
            .try_for_each(|item| each(self, &Node::Value(item)))
    }

    fn tuple(
        &mut self,
        value: &Node<'j>,
        ty: Type<'_>,
        each: impl FnMut(&mut Self, &Node<'j>) -> Lowered<(), Self>,
    ) -> Lowered<(), Self> {
        self.list(value, ty, each)
    }

    fn set(
        &mut self,
        value: &Node<'j>,
        ty: Type<'_>,
        each: impl FnMut(&mut Self, &Node<'j>) -> Lowered<(), Self>,
    ) -> Lowered<(), Self> {
        self.list(value, ty, each)
    }

    fn map(
        &mut self,
        value: &Node<'j>,
        ty: Type<'_>,
        mut each: impl FnMut(&mut Self, &Node<'j>, &Node<'j>) -> Lowered<(), Self>,
    ) -> Lowered<(), Self> {
        if matches!(ty.kind(), Kind::Map { key, .. } if *ty.with(*key).kind() == Kind::String) {
            return value
                .object()?
                .iter()
                .try_for_each(|(key, item)| each(self, &Node::Key(key), &Node::Value(item)));
        }
        value
            .array()?
            .iter()
            .enumerate()
            .try_for_each(|(index, pair)| match pair {
                Json::Array(pair) if pair.len() == 2 => {
                    each(self, &Node::Value(&pair[0]), &Node::Value(&pair[1]))
                }
                _ => {
                    Err(Failure::invalid("expected a pair of key and value")
                        .at(Segment::Index(index)))
                }
            })
    }

    fn record(
        &mut self,
        value: &Node<'j>,
        _: Type<'_>,
        fields: &[Field],
    ) -> Lowered<Self::Record, Self> {
        let members = value.object()?;
        match members
            .iter()
            .find(|(name, _)| fields.iter().all(|field| field.name != *name))
        {
            Some((name, _)) => Err(unknown_field(name)),
            None => Ok(members),
        }
    }

    fn field(
        &mut self,
        _: &Node<'j>,
        record: &mut Self::Record,
        _: Type<'_>,
        index: usize,
        field: &Field,
    ) -> Lowered<Option<Node<'j>>, Self> {
        // Most texts have the members in the contract's order.
        let at_index = record.get(index).filter(|member| member.0 == field.name);
        let member = at_index.or_else(|| record.iter().find(|member| member.0 == field.name));
        Ok(member.map(|member| Node::Value(&member.1)))
    }

    fn enumeration(&mut self, value: &Node<'j>, _: Type<'_>, cases: &[Case]) -> Lowered<u32, Self> {
        case_index(value.text().ok_or_else(Failure::mismatch)?, cases)
    }

    fn flags(&mut self, value: &Node<'j>, ty: Type<'_>, flags: &[Case]) -> Lowered<u32, Self> {
        let mut bits = 0;
        let mut index = 0;
        self.list(value, ty, |_, item| {
            let name = item
                .text()
                .ok_or_else(|| Failure::invalid("expected the name of a flag"));
            let bit = name
                .and_then(|name| case_index(name, flags))
                .and_then(|flag| match 1 << flag {
                    bit if bits & bit != 0 => Err(Fault::Duplicate.into()),
                    bit => Ok(bit),
                })
                .map_err(|failure| failure.at(Segment::Index(index)))?;
            bits |= bit;
            index += 1;
            Ok(())
        })?;
        Ok(bits)
    }

    fn variant(
        &mut self,
        value: &Node<'j>,
        _: Type<'_>,
        cases: &[Case],
    ) -> Lowered<(u32, Option<Node<'j>>), Self> {
        let members = value.object()?;
        if let Some((name, _)) = members
            .iter()
            .find(|(name, _)| name != "tag" && name != "val")
        {
            return Err(unknown_field(name));
        }
        let member = |key: &str| {
            members
                .iter()
                .find(|member| member.0 == key)
                .map(|member| &member.1)
        };
        match member("tag") {
            Some(Json::String(tag)) => {
                Ok((case_index(tag, cases)?, member("val").map(Node::Value)))
            }
            _ => Err(Failure::invalid("expected the name of a case")
                .at(Segment::Field("tag".to_owned()))),
        }
    }

    fn result(&mut self, value: &Node<'j>, ty: Type<'_>) -> Lowered<Payload<Node<'j>>, Self> {
        let Kind::Result { ok, err } = ty.kind() else {
            return Err(Failure::mismatch());
        };
        let payload = |json: &'j Json, has_payload: bool| match json {
            Json::Null if !has_payload => None,
            json => Some(Node::Value(json)),
        };
        match value.object()? {
            [(key, json)] if key == "ok" => Ok(Ok(payload(json, ok.is_some()))),
            [(key, json)] if key == "err" => Ok(Err(payload(json, err.is_some()))),
            _ => Err(Failure::invalid("expected one member, ok or err")),
        }
    }

    fn option(&mut self, value: &Node<'j>, boxed: bool) -> Lowered<Optional<Node<'j>>, Self> {
        if let Node::Value(Json::Null) = value {
            return Ok(Optional::None);
        }
        if !boxed {
            return Ok(Optional::Same);
        }
        match value {
            Node::Value(Json::Object(members)) if members.len() == 1 && members[0].0 == "some" => {
                Ok(Optional::Boxed(Node::Value(&members[0].1)))
            }
            _ => Err(Failure::invalid(
                "expected null or an object with the one member some",
            )),
        }
    }

    fn timestamp(&mut self, value: &Node<'j>) -> Lowered<Timestamp, Self> {
        value.parse()
    }

    fn zoned_timestamp(&mut self, value: &Node<'j>) -> Lowered<ZonedTimestamp, Self> {
        value.parse()
    }

    fn date(&mut self, value: &Node<'j>) -> Lowered<Date, Self> {
        value.parse()
    }

    fn partial_date(&mut self, value: &Node<'j>) -> Lowered<PartialDate, Self> {
        value.parse()
    }

    fn time_of_day(&mut self, value: &Node<'j>) -> Lowered<TimeOfDay, Self> {
        value.parse()
    }

    fn duration(&mut self, value: &Node<'j>) -> Lowered<Duration, Self> {
        value.parse()
    }

    fn decimal<R>(&mut self, value: &Node<'j>, read: impl FnOnce(&str) -> R) -> Lowered<R, Self> {
        self.string(value, read)
    }

    fn uuid(&mut self, value: &Node<'j>) -> Lowered<Uuid, Self> {
        value.parse()
    }

    fn dynamic(&mut self, value: &Node<'j>) -> Lowered<Dynamic, Self> {
        Ok(match value {
            Node::Value(Json::Null) => Dynamic::Null,
            Node::Value(Json::Bool(value)) => Dynamic::Bool(*value),
            Node::Value(Json::Integer(value)) => Dynamic::Integer(*value),
            Node::Value(Json::Float(value)) => Dynamic::Float(*value),
            Node::Value(Json::String(_)) | Node::Key(_) => Dynamic::Text,
            Node::Value(Json::Array(_)) => Dynamic::Array,
            Node::Value(Json::Object(_)) => Dynamic::Map,
        })
    }

    fn document_array(
        &mut self,
        value: &Node<'j>,
        mut each: impl FnMut(&mut Self, &Node<'j>) -> Lowered<(), Self>,
    ) -> Lowered<(), Self> {
        value
            .array()?
            .iter()
            .try_for_each(|item| each(self, &Node::Value(item)))
    }

    fn document_map(
        &mut self,
        value: &Node<'j>,
        mut each: impl FnMut(&mut Self, &str, &Node<'j>) -> Lowered<(), Self>,
    ) -> Lowered<(), Self> {
        value
            .object()?
            .iter()
            .try_for_each(|(key, item)| each(self, key, &Node::Value(item)))
    }
}

fn case_index<H>(name: &str, cases: &[Case]) -> Result<u32, Failure<H>> {
    match cases.iter().position(|case| case.name == name) {
        Some(index) => Ok(index as u32),
        None => Err(unknown_case(name)),
    }
}

/// The bits of a NaN of this width from exactly as many hexadecimal digits as it has.
fn nan_bits(digits: &str, number: Number) -> Result<u64, Failure<Infallible>> {
    let well_formed =
        digits.len() == 2 * number.size() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let bits = u64::from_str_radix(digits, 16).ok().filter(|_| well_formed);
    let is_nan = |bits: &u64| match number {
        Number::F32 => f32::from_bits(*bits as u32).is_nan(),
        _ => f64::from_bits(*bits).is_nan(),
    };
    bits.filter(is_nan).ok_or_else(Failure::mismatch)
}
