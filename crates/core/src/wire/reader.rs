//! Reads the bytes of one message and checks all of them.

use super::{Fault, Limits, Number};

/// Reads values of one message from its start. Nothing is trusted: lengths are held against what is left, elements
/// and depth against the limits, before anything is allocated.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    len: usize,
    depth_left: u32,
    elements_left: u64,
}

macro_rules! scalars {
    ($($name:ident)*) => {$(
        #[doc = concat!("Reads a ", stringify!($name), ", little-endian.")]
        #[inline]
        pub fn $name(&mut self) -> Result<$name, Fault> {
            Ok($name::from_le_bytes(*self.chunk()?))
        }
    )*};
}

impl<'a> Reader<'a> {
    /// A reader at the start of `message`; an error if it is over the size limit.
    pub fn new(message: &'a [u8], limits: &Limits) -> Result<Self, Fault> {
        if message.len() as u64 > limits.max_message {
            return Err(Fault::Size);
        }
        Ok(Reader {
            rest: message,
            len: message.len(),
            depth_left: limits.max_depth,
            elements_left: limits.max_elements,
        })
    }

    /// Bytes that are left.
    #[inline]
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Bytes read so far.
    #[inline]
    pub fn position(&self) -> usize {
        self.len - self.rest.len()
    }

    /// The bytes that are left, without reading them.
    #[inline]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The end of the message: bytes left over are an error.
    #[inline]
    pub fn finish(&self) -> Result<(), Fault> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Fault::Trailing)
        }
    }

    /// Begins a nested value: one level deeper, until [`leave`](Self::leave).
    #[inline]
    pub fn enter(&mut self) -> Result<(), Fault> {
        self.depth_left = self.depth_left.checked_sub(1).ok_or(Fault::Depth)?;
        Ok(())
    }

    /// Ends a nested value.
    #[inline]
    pub fn leave(&mut self) {
        self.depth_left += 1;
    }

    /// Counts elements against the limit.
    #[inline]
    pub fn elements(&mut self, count: u64) -> Result<(), Fault> {
        self.elements_left = self
            .elements_left
            .checked_sub(count)
            .ok_or(Fault::Elements)?;
        Ok(())
    }

    #[inline]
    fn chunk<const N: usize>(&mut self) -> Result<&'a [u8; N], Fault> {
        let (head, rest) = self.rest.split_first_chunk().ok_or(Fault::Truncated)?;
        self.rest = rest;
        Ok(head)
    }

    /// Takes `count` bytes as they are.
    #[inline]
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Fault> {
        let (head, rest) = self.rest.split_at_checked(count).ok_or(Fault::Length)?;
        self.rest = rest;
        Ok(head)
    }

    scalars!(u8 u16 u32 u64 i8 i16 i32 i64);

    #[inline]
    fn bit(&mut self, fault: Fault) -> Result<bool, Fault> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(fault),
        }
    }

    /// Reads a bool.
    #[inline]
    pub fn bool(&mut self) -> Result<bool, Fault> {
        self.bit(Fault::Bool)
    }

    /// Reads the first byte of an option: true if a payload follows.
    #[inline]
    pub fn option(&mut self) -> Result<bool, Fault> {
        self.bit(Fault::Option)
    }

    /// Reads the first byte of a result: true if it is the error.
    #[inline]
    pub fn result(&mut self) -> Result<bool, Fault> {
        self.bit(Fault::Result)
    }

    /// Reads an f32; a NaN other than the canonical one is an error.
    #[inline]
    pub fn f32(&mut self) -> Result<f32, Fault> {
        let bits = self.u32()?;
        let value = f32::from_bits(bits);
        if value.is_nan() && bits != 0x7fc0_0000 {
            Err(Fault::Nan)
        } else {
            Ok(value)
        }
    }

    /// Reads an f64; a NaN other than the canonical one is an error.
    #[inline]
    pub fn f64(&mut self) -> Result<f64, Fault> {
        let bits = self.u64()?;
        let value = f64::from_bits(bits);
        if value.is_nan() && bits != 0x7ff8_0000_0000_0000 {
            Err(Fault::Nan)
        } else {
            Ok(value)
        }
    }

    /// Reads a char.
    #[inline]
    pub fn char(&mut self) -> Result<char, Fault> {
        char::from_u32(self.u32()?).ok_or(Fault::Char)
    }

    /// Reads a string without copying it.
    #[inline]
    pub fn string(&mut self) -> Result<&'a str, Fault> {
        let len = self.u32()? as usize;
        std::str::from_utf8(self.take(len)?).map_err(|_| Fault::Utf8)
    }

    /// Reads a `list<u8>` without copying it. Counts as one element.
    #[inline]
    pub fn bytes(&mut self) -> Result<&'a [u8], Fault> {
        let len = self.u32()? as usize;
        let bytes = self.take(len)?;
        self.elements(1)?;
        Ok(bytes)
    }

    /// Reads the count of a list, set or map whose elements (or entries) take at least `smallest` bytes each,
    /// and counts the elements.
    #[inline]
    pub fn count(&mut self, smallest: u64) -> Result<usize, Fault> {
        let count = self.u32()? as usize;
        self.fits(count, smallest)?;
        self.elements(count as u64)?;
        Ok(count)
    }

    /// Refuses a fixed number of elements of at least `smallest` bytes each that the bytes left cannot hold, and counts
    /// the elements, or one for none: without bytes they are bounded by this alone.
    #[inline]
    pub fn fixed_count(&mut self, count: usize, smallest: u64) -> Result<(), Fault> {
        self.fits(count, smallest)?;
        self.elements((count as u64).max(1))
    }

    #[inline]
    fn fits(&self, count: usize, smallest: u64) -> Result<(), Fault> {
        if (count as u64).saturating_mul(smallest) > self.rest.len() as u64 {
            return Err(Fault::Length);
        }
        Ok(())
    }

    /// Reads the CBOR of a document, unchecked and uncounted (see [`types::cbor`](super::types::cbor)).
    #[inline]
    pub fn document(&mut self) -> Result<&'a [u8], Fault> {
        let len = self.u32()? as usize;
        self.take(len)
    }

    /// Reads a list of numbers: its packed elements, little-endian. Counts as one element.
    pub fn numbers(&mut self, number: Number) -> Result<&'a [u8], Fault> {
        let count = self.u32()? as usize;
        self.fixed_numbers(number, count)
    }

    /// Reads a fixed-length list of numbers: its packed elements, little-endian. Counts as one element.
    pub fn fixed_numbers(&mut self, number: Number, count: usize) -> Result<&'a [u8], Fault> {
        let size = count.checked_mul(number.size()).ok_or(Fault::Length)?;
        let padding = if count == 0 {
            0
        } else {
            self.position().wrapping_neg() % number.size()
        };
        if self.rest.len() < padding || self.rest.len() - padding < size {
            return Err(Fault::Length);
        }
        self.elements(1)?;
        if self.take(padding)?.iter().any(|byte| *byte != 0) {
            return Err(Fault::Padding);
        }
        self.take(size)
    }

    /// Reads the index of an enum or variant with this number of cases.
    #[inline]
    pub fn discriminant(&mut self, cases: usize) -> Result<u32, Fault> {
        let index = match super::discriminant_size(cases) {
            1 => self.u8()?.into(),
            2 => self.u16()?.into(),
            _ => self.u32()?,
        };
        if (index as usize) < cases {
            Ok(index)
        } else {
            Err(Fault::Discriminant)
        }
    }

    /// Reads flags of this number of names; bit 0 is the first one.
    #[inline]
    pub fn flags(&mut self, flags: usize) -> Result<u32, Fault> {
        let bits = match super::flags_size(flags) {
            1 => self.u8()?.into(),
            2 => self.u16()?.into(),
            _ => self.u32()?,
        };
        if u64::from(bits) >> flags == 0 {
            Ok(bits)
        } else {
            Err(Fault::Flags)
        }
    }
}
