//! Lists, sets, tuples and flags given as a sequence.

use super::describe::describe;
use super::lower::{lower, narrow};
use super::names;
use super::only::{Accept, Name, Only};
use super::problem::{Problem, Result};
use hms_ffi_core::contract::schema::{Case, TypeId};
use hms_ffi_core::convert::{Converter, Segment};
use hms_ffi_core::wire::{Fault, Mark, Number, Writer};
use serde::Serialize;
use serde::ser;
use std::ops::Range;

pub(super) struct ListLower<'a> {
    converter: &'a Converter,
    out: &'a mut Writer,
    items: Items<'a>,
    count: usize,
    /// The variant's case whose payload this is.
    case: Option<&'a str>,
}

/// What is being written.
pub(super) enum Items<'a> {
    Numbers {
        number: Number,
        element: TypeId,
        length: Length,
    },
    List {
        element: TypeId,
        length: Length,
    },
    Tuple {
        elements: &'a [TypeId],
    },
    Set {
        element: TypeId,
        mark: Mark,
        pieces: Vec<Range<usize>>,
    },
    Flags {
        flags: &'a [Case],
        bits: u32,
    },
}

/// How the number of elements gets onto the wire.
pub(super) enum Length {
    Counted(Mark),
    Fixed(u32),
}

impl<'a> ListLower<'a> {
    pub(super) fn new(converter: &'a Converter, out: &'a mut Writer, items: Items<'a>) -> Self {
        ListLower {
            converter,
            out,
            items,
            count: 0,
            case: None,
        }
    }

    pub(super) fn list(
        converter: &'a Converter,
        element: TypeId,
        out: &'a mut Writer,
    ) -> Result<Self> {
        let length = Length::Counted(out.mark());
        Self::sequence(converter, element, out, length)
    }

    pub(super) fn fixed(
        converter: &'a Converter,
        element: TypeId,
        length: u32,
        out: &'a mut Writer,
    ) -> Result<Self> {
        Self::sequence(converter, element, out, Length::Fixed(length))
    }

    fn sequence(
        converter: &'a Converter,
        element: TypeId,
        out: &'a mut Writer,
        length: Length,
    ) -> Result<Self> {
        let items = match Number::of(&converter.schema().ty(element).kind) {
            Some(number) => {
                out.elements(1)?;
                Items::Numbers {
                    number,
                    element,
                    length,
                }
            }
            None => {
                if let Length::Fixed(length) = length {
                    out.elements(length.into())?;
                }
                Items::List { element, length }
            }
        };
        out.enter()?;
        Ok(Self::new(converter, out, items))
    }

    pub(super) fn set(
        converter: &'a Converter,
        element: TypeId,
        out: &'a mut Writer,
    ) -> Result<Self> {
        let mark = out.mark();
        out.enter()?;
        Ok(Self::new(
            converter,
            out,
            Items::Set {
                element,
                mark,
                pieces: Vec::new(),
            },
        ))
    }

    pub(super) fn tuple(
        converter: &'a Converter,
        elements: &'a [TypeId],
        out: &'a mut Writer,
    ) -> Result<Self> {
        out.enter()?;
        if elements.is_empty() {
            out.elements(1)?;
        }
        Ok(Self::new(converter, out, Items::Tuple { elements }))
    }

    /// The same as the payload of a variant's case.
    pub(super) fn in_case(self, case: &'a str) -> Self {
        ListLower {
            case: Some(case),
            ..self
        }
    }

    #[inline]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let index = self.count;
        self.count += 1;
        self.write(index, value)
            .map_err(|problem| self.at_case(problem.at(Segment::Index(index))))
    }

    #[inline]
    fn write<T: Serialize + ?Sized>(&mut self, index: usize, value: &T) -> Result<()> {
        match &mut self.items {
            Items::Numbers {
                number, element, ..
            } => {
                if index == 0 {
                    self.out.align(number.size());
                }
                let (number, element) = (*number, *element);
                value.serialize(Only(Packed {
                    converter: self.converter,
                    element,
                    number,
                    out: self.out,
                }))
            }
            Items::List { element, length } => {
                if let Length::Counted(_) = length {
                    self.out.elements(1)?;
                }
                lower(self.converter, *element, value, self.out)
            }
            Items::Tuple { elements } => match elements.get(index) {
                Some(element) => lower(self.converter, *element, value, self.out),
                None => Err(Problem::shape("the tuple has no such element")),
            },
            Items::Set {
                element, pieces, ..
            } => {
                self.out.elements(1)?;
                let start = self.out.len();
                lower(self.converter, *element, value, self.out)?;
                pieces.push(start..self.out.len());
                Ok(())
            }
            Items::Flags { flags, bits } => {
                let name = value.serialize(Only(Name))?;
                let Some(flag) = names::find(flags, &name, index) else {
                    return Err(Problem::shape(format!("no flag has the name \"{name}\"")));
                };
                if *bits & (1 << flag) != 0 {
                    return Err(Fault::Duplicate.into());
                }
                *bits |= 1 << flag;
                Ok(())
            }
        }
    }

    pub(super) fn finish(mut self) -> Result<()> {
        let case = self.case;
        self.close().map_err(|problem| match case {
            Some(case) => problem.at(Segment::Case(case.to_owned())),
            None => problem,
        })?;
        if case.is_some() {
            self.out.leave();
        }
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        let items = std::mem::replace(&mut self.items, Items::Tuple { elements: &[] });
        match items {
            Items::Numbers {
                length: Length::Counted(mark),
                ..
            }
            | Items::List {
                length: Length::Counted(mark),
                ..
            } => {
                // A count has 32 bits; longer lists are over every limit before that.
                self.out
                    .fill(mark, u32::try_from(self.count).map_err(|_| Fault::Size)?);
            }
            Items::Numbers {
                length: Length::Fixed(length),
                ..
            }
            | Items::List {
                length: Length::Fixed(length),
                ..
            } => {
                self.exactly(length as usize)?;
            }
            Items::Tuple { elements } => self.exactly(elements.len())?,
            Items::Set { mark, pieces, .. } => {
                self.out
                    .fill(mark, u32::try_from(self.count).map_err(|_| Fault::Size)?);
                self.out
                    .sort_set(pieces)
                    .map_err(|index| Problem::from(Fault::Duplicate).at(Segment::Index(index)))?;
            }
            Items::Flags { flags, bits } => {
                self.out.flags(bits, flags.len());
                return Ok(());
            }
        }
        self.out.leave();
        Ok(self.out.check_size()?)
    }

    fn exactly(&self, expected: usize) -> Result<()> {
        if self.count == expected {
            return Ok(());
        }
        Err(Problem::shape(format!(
            "expected {expected} elements, got {}",
            self.count
        )))
    }

    #[cold]
    fn at_case(&self, problem: Problem) -> Problem {
        match self.case {
            Some(case) => problem.at(Segment::Case(case.to_owned())),
            None => problem,
        }
    }
}

macro_rules! sequence {
    ($($name:ident::$method:ident)*) => {$(
        impl ser::$name for ListLower<'_> {
            type Ok = ();
            type Error = Problem;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
                self.element(value)
            }

            fn end(self) -> Result<()> {
                self.finish()
            }
        }
    )*};
}

sequence! {
    SerializeSeq::serialize_element
    SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field
    SerializeTupleVariant::serialize_field
}

/// One number of a packed list. Unlike a number on its own it keeps the bits of a NaN.
struct Packed<'a> {
    converter: &'a Converter,
    element: TypeId,
    number: Number,
    out: &'a mut Writer,
}

impl Packed<'_> {
    #[cold]
    fn out_of_range(&self) -> Problem {
        Problem::value(format!(
            "expected {}, got a number out of its range",
            self.expected()
        ))
    }
}

impl Accept for Packed<'_> {
    type Out = ();

    fn expected(&self) -> String {
        describe(self.converter, self.element)
    }

    #[inline]
    fn unsigned(self, value: u64) -> Result<()> {
        let range = |_| self.out_of_range();
        match self.number {
            Number::U8 => self.out.u8(u8::try_from(value).map_err(range)?),
            Number::U16 => self.out.u16(u16::try_from(value).map_err(range)?),
            Number::U32 => self.out.u32(u32::try_from(value).map_err(range)?),
            Number::U64 => self.out.u64(value),
            Number::S8 => self.out.i8(i8::try_from(value).map_err(range)?),
            Number::S16 => self.out.i16(i16::try_from(value).map_err(range)?),
            Number::S32 => self.out.i32(i32::try_from(value).map_err(range)?),
            Number::S64 => self.out.i64(i64::try_from(value).map_err(range)?),
            Number::F32 | Number::F64 => return self.mismatch("integer"),
        }
        Ok(())
    }

    #[inline]
    fn signed(self, value: i64) -> Result<()> {
        let range = |_| self.out_of_range();
        match self.number {
            Number::S8 => self.out.i8(i8::try_from(value).map_err(range)?),
            Number::S16 => self.out.i16(i16::try_from(value).map_err(range)?),
            Number::S32 => self.out.i32(i32::try_from(value).map_err(range)?),
            Number::S64 => self.out.i64(value),
            Number::F32 | Number::F64 => return self.mismatch("integer"),
            _ => match u64::try_from(value) {
                Ok(value) => return self.unsigned(value),
                Err(_) => return Err(self.out_of_range()),
            },
        }
        Ok(())
    }

    #[inline]
    fn float(self, value: f64) -> Result<()> {
        match self.number {
            Number::F64 => self.out.u64(value.to_bits()),
            Number::F32 => match narrow(value) {
                Some(value) => self.out.u32(value.to_bits()),
                None => return Err(self.out_of_range()),
            },
            _ => return self.mismatch("float"),
        }
        Ok(())
    }

    #[inline]
    fn single(self, value: f32) -> Result<()> {
        match self.number {
            Number::F32 => self.out.u32(value.to_bits()),
            Number::F64 => self.out.u64(f64::from(value).to_bits()),
            _ => return self.mismatch("float"),
        }
        Ok(())
    }
}
