//! The JSON mapping: the object model of the command line, the vectors and gateways.
//!
//! Names stay in kebab-case. 64-bit integers are numbers within ±(2⁵³ − 1), else strings; both are accepted. `list<u8>`
//! is base64, `map` is an object for string keys, else a list of pairs; a `variant` is `{"tag", "val"}`, a `result`
//! `{"ok"}` or `{"err"}` (null without payload). NaN and infinities are strings; in lists of floats a NaN other than the
//! canonical one is `"NaN:0x…"` with its bits. Within a document, bytes and exact decimals become strings, one way only.

mod lift;
mod lower;
mod value;

use std::convert::Infallible;

use super::{Converter, Failure};
use crate::contract::schema::TypeId;
use crate::error::Result;
use crate::wire::{Limits, Reader};

pub use lift::ToJson;
pub use lower::{FromJson, Node};
pub use value::Json;

/// A failed conversion from or to JSON.
pub type JsonFailure = Failure<Infallible>;

/// The message of one value of a type; paths begin with `root`.
pub fn to_wire(
    converter: &Converter,
    ty: TypeId,
    root: &str,
    json: &Json,
    limits: &Limits,
) -> Result<Vec<u8>> {
    Ok(converter.lower_message(
        ty,
        root,
        &mut FromJson::default(),
        &Node::Value(json),
        limits,
    )?)
}

/// The value of a message of one value; paths begin with `root`.
pub fn from_wire(
    converter: &Converter,
    ty: TypeId,
    root: &str,
    message: &[u8],
    limits: &Limits,
) -> Result<Json> {
    Ok(converter.lift_message(ty, root, &mut ToJson, message, limits)?)
}

/// A map's key in a path: as JSON.
#[cold]
pub fn key_text(converter: &Converter, ty: TypeId, encoded: &[u8]) -> String {
    let limits = Limits::DEFAULT;
    let key = Reader::new(encoded, &limits)
        .map_err(JsonFailure::from)
        .and_then(|mut reader| converter.lift(ty, &mut ToJson, &mut reader));
    key.map_or_else(|_| "?".to_owned(), |key| key.to_string())
}

/// How NaN and the infinities are written.
const NAN: &str = "NaN";
const INFINITY: &str = "Infinity";
const NEGATIVE_INFINITY: &str = "-Infinity";
/// In front of the bits of a NaN in hexadecimal.
const NAN_BITS: &str = "NaN:0x";

/// The greatest integer that every JSON reader keeps.
const MAX_EXACT: i128 = (1 << 53) - 1;
