//! `document`: a self-describing value.

use super::{Decimal, Invalid, cbor};
use crate::wire::{Fault, Limits, Reader};

/// The value of a document, whole. Conversions between a language and the wire do without it; Rust programs use it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// null
    Null,
    /// A bool.
    Bool(bool),
    /// An integer, −2⁶⁴ to 2⁶⁴ − 1.
    Integer(i128),
    /// A float; it stays a float even if it is whole.
    Float(f64),
    /// An exact decimal.
    Decimal(Decimal),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// An array.
    Array(Vec<Value>),
    /// A map with text keys, in any order; equal keys are an error when it is encoded.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// The deterministic encoding; an error for integers out of range and for a map with two equal keys.
    /// Nesting is not limited here.
    pub fn encode(&self) -> Result<Vec<u8>, Invalid> {
        let mut out = Vec::new();
        self.encode_into(&mut out)?;
        Ok(out)
    }

    fn encode_into(&self, out: &mut Vec<u8>) -> Result<(), Invalid> {
        match self {
            Value::Null => cbor::put_null(out),
            Value::Bool(value) => cbor::put_bool(out, *value),
            Value::Integer(value) => cbor::put_integer(out, *value)?,
            Value::Float(value) => cbor::put_float(out, *value),
            Value::Decimal(value) => cbor::put_decimal(out, value),
            Value::Text(value) => cbor::put_text(out, value),
            Value::Bytes(value) => cbor::put_bytes(out, value),
            Value::Array(items) => {
                cbor::put_array(out, items.len());
                for item in items {
                    item.encode_into(out)?;
                }
            }
            Value::Map(entries) => {
                let mut entries: Vec<&(String, Value)> = entries.iter().collect();
                entries.sort_by(|a, b| cbor::key_order(&a.0, &b.0));
                if entries.windows(2).any(|pair| pair[0].0 == pair[1].0) {
                    return Err(Invalid("a map has the same key twice"));
                }
                cbor::put_map(out, entries.len());
                for (key, value) in entries {
                    cbor::put_text(out, key);
                    value.encode_into(out)?;
                }
            }
        }
        Ok(())
    }

    /// Decodes one document and checks everything; limits as for a message.
    pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Value, Fault> {
        let mut budget = Reader::new(bytes, limits)?;
        let mut rest = bytes;
        let value = decode_item(&mut rest, &mut budget)?;
        if rest.is_empty() {
            Ok(value)
        } else {
            Err(Fault::Trailing)
        }
    }
}

fn decode_item(rest: &mut &[u8], budget: &mut Reader<'_>) -> Result<Value, Fault> {
    Ok(match cbor::take(rest)? {
        cbor::Item::Null => Value::Null,
        cbor::Item::Bool(value) => Value::Bool(value),
        cbor::Item::Integer(value) => Value::Integer(value),
        cbor::Item::Float(value) => Value::Float(value),
        cbor::Item::Decimal(value) => Value::Decimal(value),
        cbor::Item::Text(value) => Value::Text(value.to_owned()),
        cbor::Item::Bytes(value) => Value::Bytes(value.to_owned()),
        cbor::Item::Array(len) => {
            budget.enter()?;
            budget.elements(len as u64)?;
            let mut items = Vec::with_capacity(len.min(1024));
            for _ in 0..len {
                items.push(decode_item(rest, budget)?);
            }
            budget.leave();
            Value::Array(items)
        }
        cbor::Item::Map(len) => {
            budget.enter()?;
            budget.elements(len as u64)?;
            let mut entries = Vec::with_capacity(len.min(1024));
            let mut last = None;
            for _ in 0..len {
                let key = cbor::take_key(rest, last)?;
                last = Some(key);
                entries.push((key.to_owned(), decode_item(rest, budget)?));
            }
            budget.leave();
            Value::Map(entries)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn encodings_of_rfc_8949_appendix_a() {
        for (value, expected) in [
            (Value::Integer(0), "00"),
            (Value::Integer(24), "1818"),
            (Value::Integer(1_000_000_000_000), "1b000000e8d4a51000"),
            (
                Value::Integer(18_446_744_073_709_551_615),
                "1bffffffffffffffff",
            ),
            (
                Value::Integer(-18_446_744_073_709_551_616),
                "3bffffffffffffffff",
            ),
            (Value::Integer(-1000), "3903e7"),
            (Value::Float(0.0), "f90000"),
            (Value::Float(-0.0), "f98000"),
            (Value::Float(1.1), "fb3ff199999999999a"),
            (Value::Float(65504.0), "f97bff"),
            (Value::Float(100_000.0), "fa47c35000"),
            (Value::Float(5.960_464_477_539_063e-8), "f90001"),
            (Value::Float(f64::INFINITY), "f97c00"),
            (Value::Bool(true), "f5"),
            (Value::Null, "f6"),
            (Value::Text("\u{10151}".to_owned()), "64f0908591"),
            (Value::Bytes(vec![1, 2, 3, 4]), "4401020304"),
            (Value::Decimal("273.15".parse().unwrap()), "c48221196ab3"),
        ] {
            let bytes = value.encode().unwrap();
            assert_eq!(hex(&bytes), expected);
            assert_eq!(Value::decode(&bytes, &Limits::DEFAULT).unwrap(), value);
        }
    }

    #[test]
    fn maps_are_sorted_and_have_no_duplicates() {
        let entry = |key: &str| (key.to_owned(), Value::Null);
        let value = Value::Map(vec![entry("aa"), entry("b"), entry("a")]);
        assert_eq!(hex(&value.encode().unwrap()), "a36161f66162f6626161f6");
        assert!(Value::Map(vec![entry("a"), entry("a")]).encode().is_err());
    }

    #[test]
    fn long_decimals() {
        for text in [
            "-123456789012345678901234567890.1234567890",
            "-18446744073709551616",
            "18446744073709551615.0",
        ] {
            let value = Value::Decimal(text.parse().unwrap());
            assert_eq!(
                Value::decode(&value.encode().unwrap(), &Limits::DEFAULT).unwrap(),
                value
            );
        }
    }

    #[test]
    fn depth_is_limited() {
        let deep = |levels: usize| [vec![0x81; levels], vec![0xf6]].concat();
        assert!(Value::decode(&deep(64), &Limits::DEFAULT).is_ok());
        assert_eq!(
            Value::decode(&deep(65), &Limits::DEFAULT),
            Err(Fault::Depth)
        );
    }
}
