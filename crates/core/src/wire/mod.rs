//! Bytes of values as `docs/wire-format.md` specifies them: what writes and reads them without knowing any language.
//!
//! A [`Writer`] and a [`Reader`] handle one message. Both count elements and depth against [`Limits`]; the reader
//! checks everything before it allocates. The well-known types of `hms:types` are plain Rust types in [`types`].

mod fault;
mod limits;
mod number;
mod reader;
pub mod types;
mod writer;

pub use fault::Fault;
pub use limits::Limits;
pub use number::Number;
pub use reader::Reader;
pub use writer::{Mark, Writer};

/// Bytes of the index of an enum or variant with this number of cases: 1, 2 or 4.
pub const fn discriminant_size(cases: usize) -> usize {
    match cases {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    }
}

/// Bytes of flags with this number of names: 1, 2 or 4.
pub const fn flags_size(flags: usize) -> usize {
    match flags {
        0..=8 => 1,
        9..=16 => 2,
        _ => 4,
    }
}
