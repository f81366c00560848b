//! Conversion between language values and wire bytes: walks a type of the schema and a language value together.
//!
//! A language supplies an object model ([`Lower`], [`Lift`]); the engine does the rest: ranges, limits, order of sets
//! and maps, and errors that name the place. [`Converter`] is the way in.

mod converter;
mod describe;
mod document;
mod failure;
pub mod json;
mod lift;
mod lower;
mod model;
pub mod numbers;

pub use converter::Converter;
pub use describe::describe;
pub use failure::{Failure, Segment};
pub use json::key_text;
pub use model::{Dynamic, Lift, Lifted, Lower, Lowered, Optional, Payload, Sequence, Type};
pub use numbers::exact_float;

/// The failure of a record that was given a member which it does not have.
pub fn unknown_field<H>(name: &str) -> Failure<H> {
    Failure::invalid("the record has no such field").at(Segment::Field(name.to_owned()))
}

/// The failure of an enum, flags or variant that was given a name which no case has.
pub fn unknown_case<H>(name: &str) -> Failure<H> {
    Failure::invalid(format!("there is no case {name:?}"))
}
