//! The CBOR of documents, item by item: core deterministic encoding (RFC 8949, section 4.2.1) of the kinds that
//! `docs/wire-format.md` allows. Nesting and element counts are the caller's to check.

use super::half::{from_half, to_half};
use super::integer::Magnitude;
use super::{Decimal, Invalid};
use crate::wire::Fault;

/// One item, or the head of an array or map whose items follow.
#[derive(Clone, Debug, PartialEq)]
pub enum Item<'a> {
    /// null
    Null,
    /// A bool.
    Bool(bool),
    /// An integer from −2⁶⁴ to 2⁶⁴ − 1.
    Integer(i128),
    /// A float.
    Float(f64),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// An exact decimal.
    Decimal(Decimal),
    /// An array of this many items.
    Array(usize),
    /// A map of this many entries: text key, value, and so on.
    Map(usize),
}

/// The least integer of a document.
pub const MIN_INTEGER: i128 = -(1 << 64);
/// The greatest integer of a document.
pub const MAX_INTEGER: i128 = (1 << 64) - 1;

const EXPONENT: std::ops::RangeInclusive<i128> = -4096..=4096;
/// 10^4096 has 1701 bytes: longer mantissas cannot fit a decimal's text.
const MAX_MANTISSA: usize = 1701;

const SHORTEST: Fault = Fault::Invalid("a document's lengths and numbers take their shortest form");
const UNKNOWN: Fault = Fault::Invalid("a document does not allow this CBOR item");
const KEY: Fault = Fault::Invalid("the keys of a document's maps are text");
const DECIMAL: Fault =
    Fault::Invalid("a document's decimal is tag 4 with an exponent -4096 to 4096 and a mantissa");

mod major {
    pub(super) const UNSIGNED: u8 = 0;
    pub(super) const NEGATIVE: u8 = 1;
    pub(super) const BYTES: u8 = 2;
    pub(super) const TEXT: u8 = 3;
    pub(super) const ARRAY: u8 = 4;
    pub(super) const MAP: u8 = 5;
    pub(super) const TAG: u8 = 6;
    pub(super) const SIMPLE: u8 = 7;
}

/// Appends a head: major type and argument.
fn put_head(out: &mut Vec<u8>, major: u8, argument: u64) {
    let major = major << 5;
    match argument {
        0..=23 => out.push(major | argument as u8),
        24..=0xff => out.extend_from_slice(&[major | 24, argument as u8]),
        0x100..=0xffff => {
            out.push(major | 25);
            out.extend_from_slice(&(argument as u16).to_be_bytes());
        }
        0x1_0000..=0xffff_ffff => {
            out.push(major | 26);
            out.extend_from_slice(&(argument as u32).to_be_bytes());
        }
        _ => {
            out.push(major | 27);
            out.extend_from_slice(&argument.to_be_bytes());
        }
    }
}

/// Appends null.
pub fn put_null(out: &mut Vec<u8>) {
    out.push(0xf6);
}

/// Appends a bool.
pub fn put_bool(out: &mut Vec<u8>, value: bool) {
    out.push(if value { 0xf5 } else { 0xf4 });
}

/// Appends an integer; an error beyond −2⁶⁴ to 2⁶⁴ − 1.
pub fn put_integer(out: &mut Vec<u8>, value: i128) -> Result<(), Invalid> {
    match value {
        0..=MAX_INTEGER => put_head(out, major::UNSIGNED, value as u64),
        MIN_INTEGER..0 => put_head(out, major::NEGATIVE, (-1 - value) as u64),
        _ => return Err(Invalid("an integer of a document is -2^64 to 2^64 - 1")),
    }
    Ok(())
}

/// Appends a float in the shortest of its three forms.
pub fn put_float(out: &mut Vec<u8>, value: f64) {
    let single = value as f32;
    if value.is_nan() {
        out.extend_from_slice(&[0xf9, 0x7e, 0x00]);
    } else if f64::from(single) != value {
        out.push(0xfb);
        out.extend_from_slice(&value.to_bits().to_be_bytes());
    } else if let Some(half) = to_half(single) {
        out.push(0xf9);
        out.extend_from_slice(&half.to_be_bytes());
    } else {
        out.push(0xfa);
        out.extend_from_slice(&single.to_bits().to_be_bytes());
    }
}

/// Appends text.
pub fn put_text(out: &mut Vec<u8>, value: &str) {
    put_head(out, major::TEXT, value.len() as u64);
    out.extend_from_slice(value.as_bytes());
}

/// Appends bytes.
pub fn put_bytes(out: &mut Vec<u8>, value: &[u8]) {
    put_head(out, major::BYTES, value.len() as u64);
    out.extend_from_slice(value);
}

/// Appends an exact decimal.
pub fn put_decimal(out: &mut Vec<u8>, value: &Decimal) {
    let (exponent, negative, magnitude) = value.parts();
    put_head(out, major::TAG, 4);
    put_head(out, major::ARRAY, 2);
    // A scale is at most the length of a decimal's text, which is within the exponent's range.
    let _ = put_integer(out, exponent.into());
    let (kind, tag, argument) = if negative {
        (major::NEGATIVE, 3, magnitude.minus_one())
    } else {
        (major::UNSIGNED, 2, magnitude)
    };
    match argument.to_u64() {
        Some(number) => put_head(out, kind, number),
        None => {
            put_head(out, major::TAG, tag);
            put_bytes(out, argument.as_bytes());
        }
    }
}

/// Appends the head of an array; its items follow.
pub fn put_array(out: &mut Vec<u8>, len: usize) {
    put_head(out, major::ARRAY, len as u64);
}

/// Appends the head of a map; its entries follow in the order of [`key_order`].
pub fn put_map(out: &mut Vec<u8>, len: usize) {
    put_head(out, major::MAP, len as u64);
}

/// The order of map keys: that of their encodings, in which a shorter text comes first.
pub fn key_order(a: &str, b: &str) -> std::cmp::Ordering {
    a.len()
        .cmp(&b.len())
        .then_with(|| a.as_bytes().cmp(b.as_bytes()))
}

/// Takes one item (or the head of an array or map) off `rest`.
pub fn take<'a>(rest: &mut &'a [u8]) -> Result<Item<'a>, Fault> {
    let Some(first) = rest.first() else {
        return Err(Fault::Truncated);
    };
    match *first {
        0xf4 => take_simple(rest, Item::Bool(false)),
        0xf5 => take_simple(rest, Item::Bool(true)),
        0xf6 => take_simple(rest, Item::Null),
        0xf9..=0xfb => Ok(Item::Float(take_float(rest)?)),
        _ => match take_head(rest)? {
            (major::UNSIGNED, argument) => Ok(Item::Integer(argument.into())),
            (major::NEGATIVE, argument) => Ok(Item::Integer(-1 - i128::from(argument))),
            (major::BYTES, len) => Ok(Item::Bytes(take_slice(rest, len)?)),
            (major::TEXT, len) => Ok(Item::Text(take_utf8(rest, len)?)),
            (major::ARRAY, len) => Ok(Item::Array(take_count(rest, len, 1)?)),
            (major::MAP, len) => Ok(Item::Map(take_count(rest, len, 2)?)),
            (major::TAG, 4) => Ok(Item::Decimal(take_decimal(rest)?)),
            _ => Err(UNKNOWN),
        },
    }
}

/// Takes a map's key off `rest`; keys have to rise by [`key_order`], so `last` is the key before.
pub fn take_key<'a>(rest: &mut &'a [u8], last: Option<&str>) -> Result<&'a str, Fault> {
    let (major, len) = take_head(rest)?;
    if major != major::TEXT {
        return Err(KEY);
    }
    let key = take_utf8(rest, len)?;
    match last.map(|last| key_order(last, key)) {
        None | Some(std::cmp::Ordering::Less) => Ok(key),
        Some(std::cmp::Ordering::Equal) => Err(Fault::Duplicate),
        Some(std::cmp::Ordering::Greater) => Err(Fault::Order),
    }
}

fn take_simple<'a>(rest: &mut &'a [u8], item: Item<'a>) -> Result<Item<'a>, Fault> {
    *rest = &rest[1..];
    Ok(item)
}

fn take_chunk<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Fault> {
    let (head, tail) = rest.split_first_chunk::<N>().ok_or(Fault::Truncated)?;
    *rest = tail;
    Ok(*head)
}

fn take_head(rest: &mut &[u8]) -> Result<(u8, u64), Fault> {
    let [first] = take_chunk(rest)?;
    let (argument, least) = match first & 0x1f {
        small @ 0..=23 => (small.into(), 0),
        24 => (take_chunk::<1>(rest)?[0].into(), 24),
        25 => (u16::from_be_bytes(take_chunk(rest)?).into(), 0x100),
        26 => (u32::from_be_bytes(take_chunk(rest)?).into(), 0x1_0000),
        27 => (u64::from_be_bytes(take_chunk(rest)?), 0x1_0000_0000),
        _ => return Err(UNKNOWN),
    };
    // Simple values have no shorter forms to compare with; none of those that get here is allowed.
    if first >> 5 == major::SIMPLE {
        return Err(UNKNOWN);
    }
    if argument < least {
        Err(SHORTEST)
    } else {
        Ok((first >> 5, argument))
    }
}

fn take_slice<'a>(rest: &mut &'a [u8], len: u64) -> Result<&'a [u8], Fault> {
    let len = usize::try_from(len).map_err(|_| Fault::Length)?;
    let (head, tail) = rest.split_at_checked(len).ok_or(Fault::Length)?;
    *rest = tail;
    Ok(head)
}

fn take_utf8<'a>(rest: &mut &'a [u8], len: u64) -> Result<&'a str, Fault> {
    std::str::from_utf8(take_slice(rest, len)?).map_err(|_| Fault::Utf8)
}

fn take_count(rest: &[u8], len: u64, smallest: u64) -> Result<usize, Fault> {
    if len.saturating_mul(smallest) > rest.len() as u64 {
        Err(Fault::Length)
    } else {
        Ok(len as usize)
    }
}

fn take_float(rest: &mut &[u8]) -> Result<f64, Fault> {
    let bytes = *rest;
    let [first] = take_chunk(rest)?;
    let value = match first {
        0xf9 => from_half(u16::from_be_bytes(take_chunk(rest)?)),
        0xfa => f32::from_bits(u32::from_be_bytes(take_chunk(rest)?)).into(),
        _ => f64::from_bits(u64::from_be_bytes(take_chunk(rest)?)),
    };
    let mut canonical = Vec::with_capacity(9);
    put_float(&mut canonical, value);
    if bytes[..bytes.len() - rest.len()] == canonical[..] {
        Ok(value)
    } else if value.is_nan() {
        Err(Fault::Nan)
    } else {
        Err(SHORTEST)
    }
}

fn take_decimal(rest: &mut &[u8]) -> Result<Decimal, Fault> {
    if take_head(rest)? != (major::ARRAY, 2) {
        return Err(DECIMAL);
    }
    let exponent = match take_head(rest)? {
        (major::UNSIGNED, argument) => i128::from(argument),
        (major::NEGATIVE, argument) => -1 - i128::from(argument),
        _ => return Err(DECIMAL),
    };
    if !EXPONENT.contains(&exponent) {
        return Err(DECIMAL);
    }
    let (negative, argument) = match take_head(rest)? {
        (major::UNSIGNED, argument) => (false, Magnitude::from_u64(argument)),
        (major::NEGATIVE, argument) => (true, Magnitude::from_u64(argument)),
        (major::TAG, tag @ (2 | 3)) => (tag == 3, take_bignum(rest)?),
        _ => return Err(DECIMAL),
    };
    let magnitude = if negative {
        argument.plus_one()
    } else {
        argument
    };
    Ok(Decimal::from_parts(exponent as i32, negative, &magnitude)?)
}

fn take_bignum(rest: &mut &[u8]) -> Result<Magnitude, Fault> {
    let (major::BYTES, len) = take_head(rest)? else {
        return Err(DECIMAL);
    };
    let bytes = take_slice(rest, len)?;
    match bytes {
        [0, ..] => Err(SHORTEST),
        _ if bytes.len() <= 8 => Err(SHORTEST),
        _ if bytes.len() > MAX_MANTISSA => Err(Fault::Invalid("a decimal has at most 4096 bytes")),
        _ => Ok(Magnitude::from_bytes(bytes)),
    }
}
