//! Writes the bytes of one message.

use std::ops::Range;

use super::{Fault, Limits, Number};

/// Appends values of one message to a buffer that starts with the message, so that padding counts from its start.
#[derive(Debug)]
pub struct Writer {
    out: Vec<u8>,
    limits: Limits,
    depth: u32,
    elements: u64,
}

/// A place in the message that is filled in later.
#[derive(Debug)]
#[must_use]
pub struct Mark(usize);

macro_rules! scalars {
    ($($name:ident)*) => {$(
        #[doc = concat!("Writes a ", stringify!($name), ", little-endian.")]
        #[inline]
        pub fn $name(&mut self, value: $name) {
            self.out.extend_from_slice(&value.to_le_bytes());
        }
    )*};
}

impl Writer {
    /// An empty message.
    pub fn new(limits: Limits) -> Self {
        Self::with_buffer(Vec::with_capacity(256), limits)
    }

    /// Makes room for so many bytes at least.
    pub fn reserve(&mut self, bytes: usize) {
        self.out.reserve(bytes);
    }

    /// An empty message in the memory of `buffer`, whose contents are dropped.
    pub fn with_buffer(mut buffer: Vec<u8>, limits: Limits) -> Self {
        buffer.clear();
        Writer {
            out: buffer,
            limits,
            depth: 0,
            elements: 0,
        }
    }

    /// The message; an error if it is over the size limit.
    pub fn finish(self) -> Result<Vec<u8>, Fault> {
        if self.out.len() as u64 > self.limits.max_message {
            Err(Fault::Size)
        } else {
            Ok(self.out)
        }
    }

    /// The bytes so far.
    pub fn as_bytes(&self) -> &[u8] {
        &self.out
    }

    /// Number of bytes so far.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// True before the first byte.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// Begins a nested value: one level deeper, until [`leave`](Self::leave).
    #[inline]
    pub fn enter(&mut self) -> Result<(), Fault> {
        if self.depth >= self.limits.max_depth {
            return Err(Fault::Depth);
        }
        self.depth += 1;
        Ok(())
    }

    /// Ends a nested value.
    #[inline]
    pub fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Counts elements of a list, set or map.
    #[inline]
    pub fn elements(&mut self, count: u64) -> Result<(), Fault> {
        self.elements = self.elements.saturating_add(count);
        if self.elements > self.limits.max_elements {
            Err(Fault::Elements)
        } else {
            Ok(())
        }
    }

    scalars!(u8 u16 u32 u64 i8 i16 i32 i64);

    /// Writes a bool.
    #[inline]
    pub fn bool(&mut self, value: bool) {
        self.out.push(value.into());
    }

    /// Writes an f32; every NaN becomes the canonical one.
    #[inline]
    pub fn f32(&mut self, value: f32) {
        self.u32(if value.is_nan() {
            0x7fc0_0000
        } else {
            value.to_bits()
        });
    }

    /// Writes an f64; every NaN becomes the canonical one.
    #[inline]
    pub fn f64(&mut self, value: f64) {
        self.u64(if value.is_nan() {
            0x7ff8_0000_0000_0000
        } else {
            value.to_bits()
        });
    }

    /// Writes a char.
    #[inline]
    pub fn char(&mut self, value: char) {
        self.u32(value.into());
    }

    /// Writes a string.
    #[inline]
    pub fn string(&mut self, value: &str) -> Result<(), Fault> {
        self.sized(value.as_bytes())
    }

    /// Writes a `list<u8>`. Counts as one element.
    #[inline]
    pub fn bytes(&mut self, value: &[u8]) -> Result<(), Fault> {
        self.elements(1)?;
        self.sized(value)
    }

    #[inline]
    fn sized(&mut self, value: &[u8]) -> Result<(), Fault> {
        self.room(4 + value.len())?;
        self.u32(value.len() as u32);
        self.out.extend_from_slice(value);
        Ok(())
    }

    /// Refuses what would not fit a message, before anything is copied.
    #[inline]
    fn room(&self, more: usize) -> Result<(), Fault> {
        let size = self.out.len() as u64 + more as u64;
        // A count has 32 bits whatever the limit says.
        if size > self.limits.max_message || more > u32::MAX as usize {
            Err(Fault::Size)
        } else {
            Ok(())
        }
    }

    /// Writes a list of numbers from its packed elements, little-endian: count, padding, elements.
    /// Counts as one element. `packed` holds whole elements.
    pub fn numbers(&mut self, number: Number, packed: &[u8]) -> Result<(), Fault> {
        debug_assert_eq!(packed.len() % number.size(), 0, "whole elements");
        self.elements(1)?;
        self.room(4 + packed.len())?;
        self.u32((packed.len() / number.size()) as u32);
        if !packed.is_empty() {
            self.align(number.size());
            self.out.extend_from_slice(packed);
        }
        Ok(())
    }

    /// Writes a fixed-length list of numbers: padding, elements. Counts as one element.
    pub fn fixed_numbers(&mut self, number: Number, packed: &[u8]) -> Result<(), Fault> {
        debug_assert_eq!(packed.len() % number.size(), 0, "whole elements");
        self.elements(1)?;
        self.room(packed.len())?;
        if !packed.is_empty() {
            self.align(number.size());
            self.out.extend_from_slice(packed);
        }
        Ok(())
    }

    /// Writes zero bytes up to the next multiple of `size` (a power of two).
    #[inline]
    pub fn align(&mut self, size: usize) {
        let aligned = self.out.len().next_multiple_of(size);
        self.out.resize(aligned, 0);
    }

    /// Writes the index of an enum or variant with this number of cases.
    #[inline]
    pub fn discriminant(&mut self, index: u32, cases: usize) {
        match super::discriminant_size(cases) {
            1 => self.u8(index as u8),
            2 => self.u16(index as u16),
            _ => self.u32(index),
        }
    }

    /// Writes flags of this number of names; bit 0 is the first one.
    #[inline]
    pub fn flags(&mut self, bits: u32, flags: usize) {
        match super::flags_size(flags) {
            1 => self.u8(bits as u8),
            2 => self.u16(bits as u16),
            _ => self.u32(bits),
        }
    }

    /// Leaves room for a u32 (a count) that is known later.
    #[inline]
    pub fn mark(&mut self) -> Mark {
        let mark = Mark(self.out.len());
        self.u32(0);
        mark
    }

    /// Fills in a count.
    #[inline]
    pub fn fill(&mut self, mark: Mark, count: u32) {
        self.out[mark.0..mark.0 + 4].copy_from_slice(&count.to_le_bytes());
    }

    /// Sorts the elements of a set, which were written as they came: `pieces` are their ranges, which cover the
    /// message from the first one to its end. Gives back the place in `pieces` of an element that is there twice.
    pub fn sort_set(&mut self, mut pieces: Vec<Range<usize>>) -> Result<(), usize> {
        let Some(start) = pieces.first().map(|piece| piece.start) else {
            return Ok(());
        };
        if pieces.is_sorted_by(|a, b| self.out[a.clone()] < self.out[b.clone()]) {
            return Ok(());
        }
        let in_order = pieces.clone();
        pieces.sort_by(|a, b| self.out[a.clone()].cmp(&self.out[b.clone()]));
        if let Some(pair) = pieces
            .windows(2)
            .find(|pair| self.out[pair[0].clone()] == self.out[pair[1].clone()])
        {
            return Err(in_order.partition_point(|piece| piece.start < pair[1].start));
        }
        let sorted: Vec<u8> = pieces
            .iter()
            .flat_map(|piece| &self.out[piece.clone()])
            .copied()
            .collect();
        self.out.truncate(start);
        self.out.extend_from_slice(&sorted);
        Ok(())
    }

    /// Takes what was written after `start` bytes off the end again.
    pub fn split_off(&mut self, start: usize) -> Vec<u8> {
        self.out.split_off(start)
    }

    /// Appends bytes that are encoded already and hold no padding: a map's key, a document's items.
    #[inline]
    pub fn append(&mut self, encoded: &[u8]) {
        self.out.extend_from_slice(encoded);
    }

    /// Appends with `write` what is encoded elsewhere (see [`types::cbor`](super::types::cbor)).
    #[inline]
    pub fn append_with<R>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        write(&mut self.out)
    }

    /// Refuses a message that has grown over the size limit.
    #[inline]
    pub fn check_size(&self) -> Result<(), Fault> {
        self.room(0)
    }
}
