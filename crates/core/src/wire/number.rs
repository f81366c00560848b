//! The fixed-width numbers, whose lists are packed.

use crate::contract::schema::Kind;

/// A numeric type: lists of these are aligned and move as one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Number {
    S8,
    S16,
    S32,
    S64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
}

impl Number {
    /// The number type of a kind, if it is one.
    pub const fn of(kind: &Kind) -> Option<Number> {
        Some(match kind {
            Kind::S8 => Number::S8,
            Kind::S16 => Number::S16,
            Kind::S32 => Number::S32,
            Kind::S64 => Number::S64,
            Kind::U8 => Number::U8,
            Kind::U16 => Number::U16,
            Kind::U32 => Number::U32,
            Kind::U64 => Number::U64,
            Kind::F32 => Number::F32,
            Kind::F64 => Number::F64,
            _ => return None,
        })
    }

    /// Bytes of one number, which is also its alignment in lists.
    #[inline]
    pub const fn size(self) -> usize {
        match self {
            Number::S8 | Number::U8 => 1,
            Number::S16 | Number::U16 => 2,
            Number::S32 | Number::U32 | Number::F32 => 4,
            Number::S64 | Number::U64 | Number::F64 => 8,
        }
    }

    /// The WIT name.
    pub const fn name(self) -> &'static str {
        match self {
            Number::S8 => "s8",
            Number::S16 => "s16",
            Number::S32 => "s32",
            Number::S64 => "s64",
            Number::U8 => "u8",
            Number::U16 => "u16",
            Number::U32 => "u32",
            Number::U64 => "u64",
            Number::F32 => "f32",
            Number::F64 => "f64",
        }
    }
}
