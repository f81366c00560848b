//! Puts an encoded value into its place in a message, where its padding may have another length.

use super::problem::Result;
use hms_ffi_core::contract::schema::{Kind, TypeId};
use hms_ffi_core::convert::Converter;
use hms_ffi_core::wire::{Limits, Number, Reader, Writer, discriminant_size, flags_size};

/// Whether values of the type can hold padding: lists of numbers wider than a byte.
pub(super) fn has_padding(converter: &Converter, ty: TypeId) -> bool {
    let inside = |id: &TypeId| has_padding(converter, *id);
    match &converter.schema().ty(ty).kind {
        Kind::List { element } | Kind::FixedList { element, .. } => {
            Number::of(&converter.schema().ty(*element).kind)
                .map_or_else(|| inside(element), |number| number.size() > 1)
        }
        Kind::Tuple { elements } => elements.iter().any(inside),
        Kind::Map { value, .. } => inside(value),
        Kind::Record { fields } => fields.iter().any(|field| inside(&field.ty)),
        Kind::Variant { cases, .. } => cases
            .iter()
            .filter_map(|case| case.ty)
            .any(|ty| inside(&ty)),
        Kind::Option { payload } => inside(payload),
        Kind::Result { ok, err } => [ok, err].into_iter().flatten().any(inside),
        _ => false,
    }
}

/// Appends `encoded`, which this crate has written as if it were a message of its own. Its limits are checked.
pub(super) fn relocate(
    converter: &Converter,
    ty: TypeId,
    encoded: &[u8],
    out: &mut Writer,
) -> Result<()> {
    const UNLIMITED: Limits = Limits {
        max_message: u64::MAX,
        max_depth: u32::MAX,
        max_elements: u64::MAX,
    };
    let mut input = Reader::new(encoded, &UNLIMITED)?;
    Move {
        converter,
        input: &mut input,
        out,
    }
    .value(ty)
}

struct Move<'a, 'm> {
    converter: &'a Converter,
    input: &'a mut Reader<'m>,
    out: &'a mut Writer,
}

impl Move<'_, '_> {
    fn value(&mut self, ty: TypeId) -> Result<()> {
        match &self.converter.schema().ty(ty).kind {
            Kind::Bool | Kind::S8 | Kind::U8 => self.bytes(1),
            Kind::S16 | Kind::U16 => self.bytes(2),
            Kind::S32 | Kind::U32 | Kind::F32 | Kind::Char | Kind::Date => self.bytes(4),
            Kind::S64 | Kind::U64 | Kind::F64 => self.bytes(8),
            Kind::TimeOfDay => self.bytes(7),
            Kind::Timestamp | Kind::Duration => self.bytes(12),
            Kind::ZonedTimestamp => self.bytes(14),
            Kind::Uuid => self.bytes(16),
            Kind::Enum { cases, .. } => self.bytes(discriminant_size(cases.len())),
            Kind::Flags { flags } => self.bytes(flags_size(flags.len())),
            Kind::String | Kind::Decimal | Kind::Document => {
                let len = self.count()?;
                self.bytes(len as usize)
            }
            Kind::PartialDate => {
                self.bytes(2)?;
                if self.input.option()? {
                    self.some(|to| to.bytes(1))
                } else {
                    self.none()
                }
            }
            Kind::List { element } => {
                match Number::of(&self.converter.schema().ty(*element).kind) {
                    Some(number) => {
                        let packed = self.input.numbers(number)?;
                        self.out.u32((packed.len() / number.size()) as u32);
                        self.packed(number, packed)
                    }
                    None => {
                        let count = self.count()?;
                        self.repeat(*element, count)
                    }
                }
            }
            Kind::FixedList { element, length } => {
                match Number::of(&self.converter.schema().ty(*element).kind) {
                    Some(number) => {
                        let packed = self.input.fixed_numbers(number, *length as usize)?;
                        self.packed(number, packed)
                    }
                    None => self.repeat(*element, *length),
                }
            }
            Kind::Set { element } => {
                let count = self.count()?;
                self.repeat(*element, count)
            }
            Kind::Map { key, value } => {
                for _ in 0..self.count()? {
                    self.value(*key)?;
                    self.value(*value)?;
                }
                Ok(())
            }
            Kind::Tuple { elements } => {
                elements.iter().try_for_each(|element| self.value(*element))
            }
            Kind::Record { fields } => fields.iter().try_for_each(|field| self.value(field.ty)),
            Kind::Variant { cases, .. } => {
                let index = self.input.discriminant(cases.len())?;
                self.out.discriminant(index, cases.len());
                cases[index as usize]
                    .ty
                    .map_or(Ok(()), |payload| self.value(payload))
            }
            Kind::Option { payload } => {
                if self.input.option()? {
                    self.some(|to| to.value(*payload))
                } else {
                    self.none()
                }
            }
            Kind::Result { ok, err } => {
                let is_err = self.input.result()?;
                self.out.bool(is_err);
                if is_err { *err } else { *ok }.map_or(Ok(()), |payload| self.value(payload))
            }
            // Refused before anything of theirs was written.
            Kind::Own { .. } | Kind::Borrow { .. } | Kind::Stream { .. } | Kind::Future { .. } => {
                Ok(())
            }
        }
    }

    fn bytes(&mut self, count: usize) -> Result<()> {
        self.out.append(self.input.take(count)?);
        Ok(())
    }

    fn count(&mut self) -> Result<u32> {
        let count = self.input.u32()?;
        self.out.u32(count);
        Ok(count)
    }

    fn repeat(&mut self, element: TypeId, count: u32) -> Result<()> {
        (0..count).try_for_each(|_| self.value(element))
    }

    fn packed(&mut self, number: Number, packed: &[u8]) -> Result<()> {
        if !packed.is_empty() {
            self.out.align(number.size());
            self.out.append(packed);
        }
        Ok(())
    }

    fn some(&mut self, payload: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.out.bool(true);
        payload(self)
    }

    fn none(&mut self) -> Result<()> {
        self.out.bool(false);
        Ok(())
    }
}
