//! Running a plan: reads the writer's bytes and writes the reader's.

use super::step::{Case, Members, Step, StepId};
use crate::contract::schema::Kind;
use crate::convert::{Failure, Segment};
use crate::error::Code;
use crate::wire::{Fault, Limits, Number, Reader, Writer};

type Done = Result<(), Failure>;

pub(super) struct Transcoder<'p, 'm> {
    pub steps: &'p [Step],
    pub reader: Reader<'m>,
    pub writer: Writer,
    /// Who does not know what is refused, for messages.
    pub reading_side: &'p str,
}

impl Transcoder<'_, '_> {
    /// The message of one value.
    pub(super) fn value(mut self, step: StepId) -> Result<Vec<u8>, Failure> {
        self.step(step)?;
        self.finish()
    }

    /// The message of several values by name.
    pub(super) fn members(mut self, members: &Members) -> Result<Vec<u8>, Failure> {
        self.each_member(members, Segment::Root)?;
        self.finish()
    }

    fn finish(self) -> Result<Vec<u8>, Failure> {
        self.reader.finish()?;
        Ok(self.writer.finish()?)
    }

    fn enter(&mut self) -> Result<(), Fault> {
        self.reader.enter()?;
        self.writer.enter()
    }

    fn leave(&mut self) {
        self.reader.leave();
        self.writer.leave();
    }

    fn step(&mut self, id: StepId) -> Done {
        let steps = self.steps;
        match &steps[id as usize] {
            Step::Fixed(size) => {
                let bytes = self.reader.take(*size).map_err(|_| Fault::Truncated)?;
                self.writer.append(bytes);
            }
            Step::Sized => {
                let len = self.reader.u32()?;
                let bytes = self.reader.take(len as usize)?;
                self.writer.u32(len);
                self.writer.append(bytes);
            }
            Step::PartialDate => {
                self.writer.u16(self.reader.u16()?);
                let month = self.reader.option()?;
                self.writer.bool(month);
                if month {
                    self.writer.u8(self.reader.u8()?);
                }
            }
            Step::Numbers(number) => {
                self.enter()?;
                let packed = self.reader.numbers(*number)?;
                self.writer.numbers(*number, packed)?;
                self.leave();
            }
            Step::FixedNumbers(number, length) => {
                self.enter()?;
                let packed = self.reader.fixed_numbers(*number, *length)?;
                self.writer.fixed_numbers(*number, packed)?;
                self.leave();
            }
            Step::Unpack {
                number,
                length,
                element,
            } => self.unpack(*number, *length, *element)?,
            Step::List { smallest, element } => {
                self.enter()?;
                let count = self.reader.count(*smallest)?;
                self.writer.elements(count as u64)?;
                self.writer.u32(count as u32);
                self.items(*element, count)?;
                self.leave();
            }
            Step::FixedList {
                smallest,
                length,
                element,
            } => {
                self.enter()?;
                self.reader.fixed_count(*length, *smallest)?;
                self.writer.elements(*length as u64)?;
                self.items(*element, *length)?;
                self.leave();
            }
            Step::Set { smallest, element } => self.set(*smallest, *element)?,
            Step::Map {
                smallest,
                key,
                value,
                key_kind,
            } => self.map(*smallest, *key, *value, key_kind)?,
            Step::Tuple(elements) => {
                self.enter()?;
                if elements.is_empty() {
                    self.reader.elements(1)?;
                    self.writer.elements(1)?;
                }
                for (index, element) in elements.iter().enumerate() {
                    self.step(*element)
                        .map_err(|failure| failure.at(Segment::Index(index)))?;
                }
                self.leave();
            }
            Step::Record(members) => {
                self.enter()?;
                self.each_member(members, Segment::Field)?;
                self.leave();
            }
            Step::Enum {
                written,
                read,
                cases,
            }
            | Step::Variant {
                written,
                read,
                cases,
            } => {
                self.case(*written, *read, cases)?;
            }
            Step::Flags {
                written,
                read,
                bits,
                lenient,
            } => self.flags(*written, *read, bits, *lenient)?,
            Step::Option(payload) => {
                let some = self.reader.option()?;
                self.writer.bool(some);
                if some {
                    self.enter()?;
                    self.step(*payload)?;
                    self.leave();
                }
            }
            Step::Wrap(payload) => {
                self.writer.bool(true);
                self.writer.enter()?;
                self.step(*payload)?;
                self.writer.leave();
            }
            Step::Result { ok, err } => {
                let failed = self.reader.result()?;
                self.writer.bool(failed);
                let (payload, segment) = if failed {
                    (err, Segment::Err)
                } else {
                    (ok, Segment::Ok)
                };
                if let Some(payload) = payload {
                    self.enter()?;
                    self.step(*payload).map_err(|failure| failure.at(segment))?;
                    self.leave();
                }
            }
            Step::NotYet(what) => {
                return Err(Failure::new(
                    Code::Unimplemented,
                    format!("{what} cannot be passed yet"),
                ));
            }
        }
        Ok(())
    }

    fn items(&mut self, element: StepId, count: usize) -> Done {
        for index in 0..count {
            self.step(element)
                .map_err(|failure| failure.at(Segment::Index(index)))?;
        }
        Ok(())
    }

    /// Numbers that were packed and are not any more. In lists the bits of a NaN are kept, elsewhere there is one NaN.
    fn unpack(&mut self, number: Number, length: Option<usize>, element: StepId) -> Done {
        self.enter()?;
        let packed = match length {
            Some(length) => self.reader.fixed_numbers(number, length)?,
            None => self.reader.numbers(number)?,
        };
        let count = packed.len() / number.size();
        self.writer.elements(count as u64)?;
        if length.is_none() {
            self.writer.u32(count as u32);
        }
        let end = self.reader.clone();
        for (index, bits) in packed.chunks_exact(number.size()).enumerate() {
            self.reader = Reader::new(one_nan(number, bits), &Limits::DEFAULT)?;
            self.step(element)
                .map_err(|failure| failure.at(Segment::Index(index)))?;
        }
        self.reader = end;
        self.leave();
        Ok(())
    }

    /// Elements may get other bytes (cases with other indices, fallbacks), so they are put in order again; two that have
    /// become equal are one.
    fn set(&mut self, smallest: u64, element: StepId) -> Done {
        self.enter()?;
        let count = self.reader.count(smallest)?;
        let mark = self.writer.mark();
        let start = self.writer.len();
        let mut pieces = Vec::with_capacity(count);
        let mut last: Option<&[u8]> = None;
        for index in 0..count {
            let at = |failure: Failure| failure.at(Segment::Index(index));
            let (rest, begin) = (self.reader.rest(), self.writer.len() - start);
            self.step(element).map_err(at)?;
            let encoded = &rest[..rest.len() - self.reader.remaining()];
            ascending(&mut last, encoded).map_err(|fault| at(fault.into()))?;
            pieces.push(begin..self.writer.len() - start);
        }
        let bytes = self.writer.split_off(start);
        pieces.sort_by(|a, b| bytes[a.clone()].cmp(&bytes[b.clone()]));
        pieces.dedup_by(|a, b| bytes[a.clone()] == bytes[b.clone()]);
        self.writer.elements(pieces.len() as u64)?;
        for piece in &pieces {
            self.writer.append(&bytes[piece.clone()]);
        }
        self.writer.fill(mark, pieces.len() as u32);
        self.leave();
        Ok(())
    }

    fn map(&mut self, smallest: u64, key: StepId, value: StepId, kind: &Kind) -> Done {
        self.enter()?;
        let count = self.reader.count(smallest)?;
        self.writer.elements(count as u64)?;
        self.writer.u32(count as u32);
        let mut last: Option<&[u8]> = None;
        for index in 0..count {
            let at = |failure: Failure| failure.at(Segment::KeyAt(index));
            let rest = self.reader.rest();
            self.step(key).map_err(at)?;
            let encoded = &rest[..rest.len() - self.reader.remaining()];
            ascending(&mut last, encoded).map_err(|fault| at(fault.into()))?;
            self.step(value)
                .map_err(|failure| failure.at(Segment::Key(key_text(kind, encoded))))?;
        }
        self.leave();
        Ok(())
    }

    fn each_member(&mut self, members: &Members, segment: fn(String) -> Segment) -> Done {
        if members.in_order {
            let mut read = members.read.iter().peekable();
            for (index, written) in members.written.iter().enumerate() {
                // What only the reader has and stands before this one is none.
                while read.next_if(|next| next.is_none()).is_some() {
                    self.writer.bool(false);
                }
                let step = match read.peek() {
                    Some(Some((of, step))) if *of == index => Some(*step),
                    _ => None,
                };
                let at = |failure: Failure| failure.at(segment(written.name.clone()));
                match step {
                    Some(step) => {
                        read.next();
                        self.step(step).map_err(at)?;
                    }
                    None => self.skip(written.skip, written.must_be_none).map_err(at)?,
                }
            }
            read.for_each(|_| self.writer.bool(false));
            return Ok(());
        }
        // Another order: note where each of the writer's begins, then write in the reader's order.
        let mut places = Vec::with_capacity(members.written.len());
        for written in &members.written {
            places.push(self.reader.clone());
            self.skip(written.skip, written.must_be_none)
                .map_err(|failure| failure.at(segment(written.name.clone())))?;
        }
        let end = self.reader.clone();
        for next in &members.read {
            let Some((index, step)) = next else {
                self.writer.bool(false);
                continue;
            };
            self.reader = places[*index].clone();
            self.step(*step)
                .map_err(|failure| failure.at(segment(members.written[*index].name.clone())))?;
        }
        self.reader = end;
        Ok(())
    }

    fn skip(&mut self, step: StepId, must_be_none: bool) -> Done {
        if must_be_none && self.reader.rest().first() == Some(&1) {
            return Err(Failure::invalid(format!(
                "the {} does not know it",
                self.reading_side
            )));
        }
        let len = self.writer.len();
        self.step(step)?;
        self.writer.split_off(len);
        Ok(())
    }

    fn case(&mut self, written: usize, read: usize, cases: &[Case]) -> Done {
        let index = self.reader.discriminant(written)?;
        match &cases[index as usize] {
            Case::Known {
                index,
                payload,
                name,
            } => {
                self.writer.discriminant(*index, read);
                if let Some(payload) = payload {
                    let at = |failure: Failure| failure.at(Segment::Case(name.clone()));
                    self.enter().map_err(|fault| at(fault.into()))?;
                    self.step(*payload).map_err(at)?;
                    self.leave();
                }
            }
            Case::Fallback { index, payload } => {
                if let Some(payload) = payload {
                    self.enter()?;
                    self.skip(*payload, false)?;
                    self.leave();
                }
                self.writer.discriminant(*index, read);
            }
            Case::Unknown { name } => {
                let message = format!("the {} does not know the case `{name}`", self.reading_side);
                return Err(Failure::invalid(message));
            }
        }
        Ok(())
    }

    fn flags(
        &mut self,
        written: usize,
        read: usize,
        bits: &[Result<u32, String>],
        lenient: bool,
    ) -> Done {
        let set = self.reader.flags(written)?;
        let mut out = 0;
        for (index, bit) in bits
            .iter()
            .enumerate()
            .filter(|(index, _)| set >> index & 1 == 1)
        {
            debug_assert!(index < 32);
            match bit {
                Ok(bit) => out |= 1 << bit,
                Err(_) if lenient => {}
                Err(name) => {
                    let message =
                        format!("the {} does not know the flag `{name}`", self.reading_side);
                    return Err(Failure::invalid(message));
                }
            }
        }
        self.writer.flags(out, read);
        Ok(())
    }
}

fn one_nan(number: Number, bits: &[u8]) -> &[u8] {
    const F32: [u8; 4] = 0x7fc0_0000_u32.to_le_bytes();
    const F64: [u8; 8] = 0x7ff8_0000_0000_0000_u64.to_le_bytes();
    match (number, bits.try_into(), bits.try_into()) {
        (Number::F32, Ok(bits), _) if f32::from_le_bytes(bits).is_nan() => &F32,
        (Number::F64, _, Ok(bits)) if f64::from_le_bytes(bits).is_nan() => &F64,
        _ => bits,
    }
}

/// Elements and keys rise by their own bytes, as in `memcmp`.
fn ascending<'m>(last: &mut Option<&'m [u8]>, encoded: &'m [u8]) -> Result<(), Fault> {
    match last.replace(encoded).map(|last| last.cmp(encoded)) {
        None | Some(std::cmp::Ordering::Less) => Ok(()),
        Some(std::cmp::Ordering::Equal) => Err(Fault::Duplicate),
        Some(std::cmp::Ordering::Greater) => Err(Fault::Order),
    }
}

/// A key as JSON, for paths.
fn key_text(kind: &Kind, encoded: &[u8]) -> String {
    let Ok(mut reader) = Reader::new(encoded, &Limits::DEFAULT) else {
        return "?".to_owned();
    };
    let text = match kind {
        Kind::Bool => reader.bool().map(|v| v.to_string()),
        Kind::U8 => reader.u8().map(|v| v.to_string()),
        Kind::U16 => reader.u16().map(|v| v.to_string()),
        Kind::U32 => reader.u32().map(|v| v.to_string()),
        Kind::U64 => reader.u64().map(|v| v.to_string()),
        Kind::S8 => reader.i8().map(|v| v.to_string()),
        Kind::S16 => reader.i16().map(|v| v.to_string()),
        Kind::S32 => reader.i32().map(|v| v.to_string()),
        Kind::S64 => reader.i64().map(|v| v.to_string()),
        Kind::Char => reader
            .char()
            .map(|v| serde_json::Value::from(v.to_string()).to_string()),
        _ => reader
            .string()
            .map(|v| serde_json::Value::from(v).to_string()),
    };
    text.unwrap_or_else(|_| "?".to_owned())
}
