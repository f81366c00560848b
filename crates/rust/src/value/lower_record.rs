//! Records: fields by name, in whatever order the value shows them.

use super::describe::describe;
use super::lower::{Lower, lower};
use super::names;
use super::problem::{Problem, Result};
use hms_ffi_core::contract::schema::{Field, Kind, TypeId};
use hms_ffi_core::convert::{Converter, Segment};
use hms_ffi_core::wire::Writer;
use serde::Serialize;
use serde::ser::{SerializeStruct, SerializeStructVariant};

/// How far the visits of one record's value have come.
#[derive(Default)]
pub(super) struct Pass {
    visits: u32,
    /// Fields written so far, in the contract's order.
    next: usize,
    /// Fields that the value has but that came too early in the first visit.
    early: Vec<usize>,
    again: bool,
}

impl Pass {
    /// Whether the value has to be visited again.
    pub(super) fn again(&self) -> bool {
        self.again
    }

    /// Whether nothing has been written yet.
    pub(super) fn is_first(&self) -> bool {
        self.visits == 0
    }
}

pub(super) struct RecordLower<'a> {
    converter: &'a Converter,
    ty: TypeId,
    fields: &'a [Field],
    out: &'a mut Writer,
    pass: &'a mut Pass,
    /// The variant's case whose payload this is.
    case: Option<&'a str>,
    seen: usize,
    /// Fields that were written before this visit.
    start: usize,
}

impl<'a> RecordLower<'a> {
    pub(super) fn begin(at: Lower<'a>, case: Option<&'a str>) -> Result<Self> {
        let Lower {
            converter,
            ty,
            out,
            pass,
        } = at;
        let Kind::Record { fields } = &converter.schema().ty(ty).kind else {
            return Err(super::lower::mismatch(converter, ty, "fields"));
        };
        pass.again = false;
        out.enter()?;
        let start = pass.next;
        Ok(RecordLower {
            converter,
            ty,
            fields,
            out,
            pass,
            case,
            seen: 0,
            start,
        })
    }

    #[inline]
    pub(super) fn field<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<()> {
        let hint = self.seen;
        self.seen += 1;
        let Some(index) = names::find(self.fields, key, hint) else {
            return Err(self.unknown(key));
        };
        if self.pass.visits > 0 {
            self.fill_to(index)?;
        }
        if index == self.pass.next {
            self.pass.next += 1;
            return self.write(index, value);
        }
        if self.pass.visits == 0 {
            if index < self.pass.next || self.pass.early.contains(&index) {
                return Err(self.twice(index));
            }
            self.pass.early.push(index);
        }
        Ok(())
    }

    #[inline]
    fn write<T: Serialize + ?Sized>(&mut self, index: usize, value: &T) -> Result<()> {
        let field = &self.fields[index];
        lower(self.converter, field.ty, value, self.out)
            .map_err(|problem| self.at_case(problem.at(Segment::Field(field.name.clone()))))
    }

    /// Writes none for fields before `index` that the value does not have.
    fn fill_to(&mut self, index: usize) -> Result<()> {
        while self.pass.next < index && !self.pass.early.contains(&self.pass.next) {
            let field = &self.fields[self.pass.next];
            if !matches!(
                self.converter.schema().ty(field.ty).kind,
                Kind::Option { .. }
            ) {
                let missing =
                    Problem::shape("the field is missing").at(Segment::Field(field.name.clone()));
                return Err(self.at_case(missing));
            }
            self.out.bool(false);
            self.pass.next += 1;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<()> {
        self.fill_to(self.fields.len())?;
        self.pass.again = self.pass.next < self.fields.len();
        if self.pass.again && self.pass.visits > 0 && self.pass.next == self.start {
            return Err(self.at_case(Problem::shape(
                "the value shows other fields each time it is serialized",
            )));
        }
        self.pass.visits += 1;
        self.out.leave();
        if self.case.is_some() {
            self.out.leave();
        }
        Ok(())
    }

    #[cold]
    fn unknown(&self, key: &str) -> Problem {
        self.at_case(Problem::shape(format!(
            "{} has no field \"{key}\"",
            describe(self.converter, self.ty)
        )))
    }

    #[cold]
    fn twice(&self, index: usize) -> Problem {
        let name = self.fields[index].name.clone();
        self.at_case(Problem::shape("the field is present twice").at(Segment::Field(name)))
    }

    #[cold]
    fn at_case(&self, problem: Problem) -> Problem {
        match self.case {
            Some(case) => problem.at(Segment::Case(case.to_owned())),
            None => problem,
        }
    }
}

impl SerializeStruct for RecordLower<'_> {
    type Ok = ();
    type Error = Problem;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<()> {
        self.field(key, value)
    }

    fn end(self) -> Result<()> {
        self.finish()
    }
}

impl SerializeStructVariant for RecordLower<'_> {
    type Ok = ();
    type Error = Problem;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<()> {
        self.field(key, value)
    }

    fn end(self) -> Result<()> {
        self.finish()
    }
}
