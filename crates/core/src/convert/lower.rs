//! The engine from language values to bytes.

use super::describe::describe;
use super::json::key_text;
use super::{Converter, Failure, Lower, Lowered, Optional, Segment, Type};
use crate::contract::schema::{Case, Field, Kind, TypeId};
use crate::error::Code;
use crate::wire::types::Decimal;
use crate::wire::{Fault, Number, Writer};

/// Writes values of one message.
pub(super) struct Lowering<'c> {
    pub(super) converter: &'c Converter,
    pub(super) out: &'c mut Writer,
}

impl Lowering<'_> {
    /// One value of any type.
    pub(super) fn value<M: Lower>(
        &mut self,
        model: &mut M,
        id: TypeId,
        value: &M::Value,
    ) -> Lowered<(), M> {
        let converter = self.converter;
        let ty = Type {
            schema: converter.schema(),
            id,
        };
        self.by_kind(model, ty, value)
            .map_err(|failure| explain(failure, model, value, || describe(ty)))
    }

    fn by_kind<M: Lower>(
        &mut self,
        model: &mut M,
        ty: Type<'_>,
        value: &M::Value,
    ) -> Lowered<(), M> {
        match ty.kind() {
            Kind::Bool => self.out.bool(model.bool(value)?),
            Kind::U8 => self.out.u8(narrow(model.unsigned(value, Number::U8)?)?),
            Kind::U16 => self.out.u16(narrow(model.unsigned(value, Number::U16)?)?),
            Kind::U32 => self.out.u32(narrow(model.unsigned(value, Number::U32)?)?),
            Kind::U64 => self.out.u64(model.unsigned(value, Number::U64)?),
            Kind::S8 => self.out.i8(narrow(model.signed(value, Number::S8)?)?),
            Kind::S16 => self.out.i16(narrow(model.signed(value, Number::S16)?)?),
            Kind::S32 => self.out.i32(narrow(model.signed(value, Number::S32)?)?),
            Kind::S64 => self.out.i64(model.signed(value, Number::S64)?),
            Kind::F32 => self.out.f32(single(model.float(value, Number::F32)?)?),
            Kind::F64 => self.out.f64(model.float(value, Number::F64)?),
            Kind::Char => self.out.char(model.char(value)?),
            Kind::String => model.string(value, |text| self.out.string(text))??,
            Kind::List { element } => return self.list(model, ty, *element, value),
            Kind::FixedList { element, length } => {
                return self.fixed_list(model, ty, *element, *length, value);
            }
            Kind::Tuple { elements } => return self.tuple(model, ty, elements, value),
            Kind::Set { element } => return self.set(model, ty, *element, value),
            Kind::Map { key, value: of } => return self.map(model, ty, *key, *of, value),
            Kind::Record { fields } => return self.record(model, ty, fields, value),
            Kind::Enum { cases, .. } => {
                let index = model.enumeration(value, ty, cases)?;
                case(cases, index)?;
                self.out.discriminant(index, cases.len());
            }
            Kind::Flags { flags } => {
                let bits = model.flags(value, ty, flags)?;
                if u64::from(bits) >> flags.len() != 0 {
                    return Err(Fault::Flags.into());
                }
                self.out.flags(bits, flags.len());
            }
            Kind::Variant { cases, .. } => {
                let (index, payload) = model.variant(value, ty, cases)?;
                let case = case(cases, index)?;
                self.out.discriminant(index, cases.len());
                return self.payload(model, case.ty, payload, || Segment::Case(case.name.clone()));
            }
            Kind::Result { ok, err } => {
                let result = model.result(value, ty)?;
                self.out.bool(result.is_err());
                return match result {
                    Ok(payload) => self.payload(model, *ok, payload, || Segment::Ok),
                    Err(payload) => self.payload(model, *err, payload, || Segment::Err),
                };
            }
            Kind::Option { payload } => return self.option(model, ty.with(*payload), value),
            Kind::Timestamp => model.timestamp(value)?.write(self.out),
            Kind::ZonedTimestamp => model.zoned_timestamp(value)?.write(self.out),
            Kind::Date => model.date(value)?.write(self.out),
            Kind::PartialDate => model.partial_date(value)?.write(self.out),
            Kind::TimeOfDay => model.time_of_day(value)?.write(self.out),
            Kind::Duration => model.duration(value)?.write(self.out),
            Kind::Decimal => model.decimal(value, |text| {
                Decimal::check(text)?;
                self.out.string(text)
            })??,
            Kind::Uuid => model.uuid(value)?.write(self.out),
            Kind::Document => return self.document(model, value),
            Kind::Own { .. } | Kind::Borrow { .. } | Kind::Stream { .. } | Kind::Future { .. } => {
                return Err(not_yet(ty));
            }
        }
        Ok(())
    }

    fn list<M: Lower>(
        &mut self,
        model: &mut M,
        ty: Type<'_>,
        element: TypeId,
        value: &M::Value,
    ) -> Lowered<(), M> {
        self.out.enter()?;
        if let Some(number) = Number::of(ty.with(element).kind()) {
            self.numbers(model, ty, element, number, None, value)?;
        } else {
            let mark = self.out.mark();
            let mut index = 0;
            model.list(value, ty, |model, item| {
                self.out.elements(1)?;
                self.value(model, element, item)
                    .map_err(|failure| failure.at(Segment::Index(index)))?;
                index += 1;
                Ok(())
            })?;
            self.out.fill(mark, count(index)?);
        }
        self.out.leave();
        Ok(())
    }

    fn fixed_list<M: Lower>(
        &mut self,
        model: &mut M,
        ty: Type<'_>,
        element: TypeId,
        length: u32,
        value: &M::Value,
    ) -> Lowered<(), M> {
        self.out.enter()?;
        if let Some(number) = Number::of(ty.with(element).kind()) {
            self.numbers(model, ty, element, number, Some(length as usize), value)?;
        } else {
            self.out.elements(u64::from(length).max(1))?;
            let mut index = 0;
            model.list(value, ty, |model, item| {
                if index < length as usize {
                    self.value(model, element, item)
                        .map_err(|failure| failure.at(Segment::Index(index)))?;
                }
                index += 1;
                Ok(())
            })?;
            same_length(length as usize, index)?;
        }
        self.out.leave();
        Ok(())
    }

    /// A list of numbers: as one block if the model has one, else number by number.
    fn numbers<M: Lower>(
        &mut self,
        model: &mut M,
        ty: Type<'_>,
        element: TypeId,
        number: Number,
        length: Option<usize>,
        value: &M::Value,
    ) -> Lowered<(), M> {
        let block = |packed: &[u8]| -> Lowered<(), M> {
            match length {
                None => self.out.numbers(number, packed)?,
                Some(length) => {
                    same_length(length, packed.len() / number.size())?;
                    self.out.fixed_numbers(number, packed)?;
                }
            }
            Ok(())
        };
        if number == Number::U8 {
            return model.bytes(value, block)?;
        }
        if let Some(written) = model.packed(value, number, block)? {
            return written;
        }
        self.out.elements(1)?;
        let mark = length.is_none().then(|| self.out.mark());
        let mut index = 0;
        model.list(value, ty, |model, item| {
            if index == 0 {
                self.out.align(number.size());
            }
            let written = self.packed_number(model, number, item);
            written.map_err(|failure| {
                explain(failure, model, item, || describe(ty.with(element)))
                    .at(Segment::Index(index))
            })?;
            index += 1;
            Ok(self.out.check_size()?)
        })?;
        match (mark, length) {
            (Some(mark), _) => self.out.fill(mark, count(index)?),
            (None, length) => same_length(length.unwrap_or(index), index)?,
        }
        Ok(())
    }

    /// An element of a list of numbers; there a NaN keeps its bits.
    fn packed_number<M: Lower>(
        &mut self,
        model: &mut M,
        number: Number,
        item: &M::Value,
    ) -> Lowered<(), M> {
        match number {
            Number::U8 => self.out.u8(narrow(model.unsigned(item, number)?)?),
            Number::U16 => self.out.u16(narrow(model.unsigned(item, number)?)?),
            Number::U32 => self.out.u32(narrow(model.unsigned(item, number)?)?),
            Number::U64 => self.out.u64(model.unsigned(item, number)?),
            Number::S8 => self.out.i8(narrow(model.signed(item, number)?)?),
            Number::S16 => self.out.i16(narrow(model.signed(item, number)?)?),
            Number::S32 => self.out.i32(narrow(model.signed(item, number)?)?),
            Number::S64 => self.out.i64(model.signed(item, number)?),
            Number::F32 => self.out.u32(single(model.float(item, number)?)?.to_bits()),
            Number::F64 => self.out.u64(model.float(item, number)?.to_bits()),
        }
        Ok(())
    }

    fn tuple<M: Lower>(
        &mut self,
        model: &mut M,
        ty: Type<'_>,
        elements: &[TypeId],
        value: &M::Value,
    ) -> Lowered<(), M> {
        self.out.enter()?;
        if elements.is_empty() {
            self.out.elements(1)?;
        }
        let mut index = 0;
        model.tuple(value, ty, |model, item| {
            if let Some(element) = elements.get(index) {
                self.value(model, *element, item)
                    .map_err(|failure| failure.at(Segment::Index(index)))?;
            }
            index += 1;
            Ok(())
        })?;
        same_length(elements.len(), index)?;
        self.out.leave();
        Ok(())
    }

    fn set<M: Lower>(
        &mut self,
        model: &mut M,
        ty: Type<'_>,
        element: TypeId,
        value: &M::Value,
    ) -> Lowered<(), M> {
        self.out.enter()?;
        let mark = self.out.mark();
        let mut pieces = Vec::new();
        model.set(value, ty, |model, item| {
            self.out.elements(1)?;
            let start = self.out.len();
            self.value(model, element, item)
                .map_err(|failure| failure.at(Segment::Index(pieces.len())))?;
            pieces.push(start..self.out.len());
            Ok(())
        })?;
        self.out.fill(mark, count(pieces.len())?);
        self.out
            .sort_set(pieces)
            .map_err(|index| Failure::from(Fault::Duplicate).at(Segment::Index(index)))?;
        self.out.leave();
        Ok(())
    }

    fn map<M: Lower>(
        &mut self,
        model: &mut M,
        ty: Type<'_>,
        key: TypeId,
        of: TypeId,
        value: &M::Value,
    ) -> Lowered<(), M> {
        self.out.enter()?;
        let mark = self.out.mark();
        let start = self.out.len();
        // Keys are written one after the other, without the values, to be sorted; they have no padding.
        let mut entries = Vec::new();
        model.map(value, ty, |model, entry_key, entry_value| {
            self.out.elements(1)?;
            let index = entries.len();
            let from = self.out.len() - start;
            self.value(model, key, entry_key)
                .map_err(|failure| failure.at(Segment::KeyAt(index)))?;
            entries.push((from..self.out.len() - start, index, entry_value.clone()));
            Ok(())
        })?;
        self.out.fill(mark, count(entries.len())?);
        let keys = self.out.split_off(start);
        entries.sort_by(|a, b| keys[a.0.clone()].cmp(&keys[b.0.clone()]));
        if let Some(pair) = entries
            .windows(2)
            .find(|pair| keys[pair[0].0.clone()] == keys[pair[1].0.clone()])
        {
            return Err(Failure::from(Fault::Duplicate).at(Segment::KeyAt(pair[1].1)));
        }
        for (range, _, entry_value) in entries {
            let encoded = &keys[range];
            self.out.append(encoded);
            self.value(model, of, &entry_value).map_err(|failure| {
                failure.at(Segment::Key(key_text(self.converter, key, encoded)))
            })?;
        }
        self.out.leave();
        Ok(())
    }

    fn record<M: Lower>(
        &mut self,
        model: &mut M,
        ty: Type<'_>,
        fields: &[Field],
        value: &M::Value,
    ) -> Lowered<(), M> {
        self.out.enter()?;
        let mut record = model.record(value, ty, fields)?;
        for (index, field) in fields.iter().enumerate() {
            let at_field =
                |failure: Failure<M::Host>| failure.at(Segment::Field(field.name.clone()));
            match model
                .field(value, &mut record, ty, index, field)
                .map_err(at_field)?
            {
                Some(item) => self.value(model, field.ty, &item).map_err(at_field)?,
                None => self.absent(ty.with(field.ty)).map_err(at_field)?,
            }
        }
        self.out.leave();
        Ok(())
    }

    /// What stands for a member that is missing: none, if the type has it.
    fn absent<H>(&mut self, ty: Type<'_>) -> Result<(), Failure<H>> {
        if !matches!(ty.kind(), Kind::Option { .. }) {
            return Err(Failure::invalid(format!(
                "missing, expected {}",
                describe(ty)
            )));
        }
        self.out.bool(false);
        Ok(())
    }

    fn option<M: Lower>(
        &mut self,
        model: &mut M,
        payload: Type<'_>,
        value: &M::Value,
    ) -> Lowered<(), M> {
        let boxed;
        let value = match model.option(value, payload.is_boxed_in_option())? {
            Optional::None => {
                self.out.bool(false);
                return Ok(());
            }
            Optional::Same => value,
            Optional::Boxed(inner) => {
                boxed = inner;
                &boxed
            }
        };
        self.out.bool(true);
        self.out.enter()?;
        self.value(model, payload.id, value)?;
        self.out.leave();
        Ok(())
    }

    /// The payload of a variant's case or a result.
    fn payload<M: Lower>(
        &mut self,
        model: &mut M,
        ty: Option<TypeId>,
        payload: Option<M::Value>,
        segment: impl Fn() -> Segment,
    ) -> Lowered<(), M> {
        let written = match (ty, payload) {
            (None, None) => return Ok(()),
            (None, Some(_)) => Err(Failure::invalid("the case has no payload")),
            (Some(ty), payload) => self.present_payload(model, ty, payload),
        };
        written.map_err(|failure| failure.at(segment()))
    }

    fn present_payload<M: Lower>(
        &mut self,
        model: &mut M,
        id: TypeId,
        payload: Option<M::Value>,
    ) -> Lowered<(), M> {
        let converter = self.converter;
        self.out.enter()?;
        match payload {
            Some(payload) => self.value(model, id, &payload)?,
            None => self.absent(Type {
                schema: converter.schema(),
                id,
            })?,
        }
        self.out.leave();
        Ok(())
    }
}

/// Makes the message of a mismatch, where both sides are known.
#[cold]
pub(super) fn explain<M: Lower>(
    failure: Failure<M::Host>,
    model: &mut M,
    value: &M::Value,
    expected: impl FnOnce() -> String,
) -> Failure<M::Host> {
    if failure.is_unresolved() {
        failure.resolve(expected, || model.describe(value))
    } else {
        failure
    }
}

fn narrow<T: TryFrom<U>, U, H>(wide: U) -> Result<T, Failure<H>> {
    T::try_from(wide).map_err(|_| Failure::out_of_range())
}

/// The nearest f32; a finite value that overflows is refused.
fn single<H>(wide: f64) -> Result<f32, Failure<H>> {
    let single = super::numbers::narrow(wide);
    if single.is_infinite() && wide.is_finite() {
        Err(Failure::out_of_range())
    } else {
        Ok(single)
    }
}

pub(super) fn count<H>(count: usize) -> Result<u32, Failure<H>> {
    u32::try_from(count).map_err(|_| Fault::Elements.into())
}

fn same_length<H>(expected: usize, got: usize) -> Result<(), Failure<H>> {
    if expected == got {
        return Ok(());
    }
    Err(Failure::invalid(format!(
        "expected {expected} elements, got {got}"
    )))
}

/// The case at an index that a model gave.
fn case<H>(cases: &[Case], index: u32) -> Result<&Case, Failure<H>> {
    cases
        .get(index as usize)
        .ok_or_else(|| Fault::Discriminant.into())
}

/// Handles and streams load with their contract but cannot be passed yet.
#[cold]
pub(super) fn not_yet<H>(ty: Type<'_>) -> Failure<H> {
    Failure::new(
        Code::Unimplemented,
        format!("a value of type {} cannot be passed yet", describe(ty)),
    )
}
