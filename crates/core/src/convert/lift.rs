//! The engine from bytes to language values.

use super::json::key_text;
use super::lower::not_yet;
use super::{Converter, Failure, Lift, Lifted, Segment, Sequence, Type};
use crate::contract::schema::{Field, Kind, TypeId};
use crate::wire::types::{
    Date, Decimal, Duration, PartialDate, TimeOfDay, Timestamp, Uuid, ZonedTimestamp,
};
use crate::wire::{Fault, Number, Reader};

/// Reads values of one message.
pub(super) struct Lifting<'c, 'm> {
    pub(super) converter: &'c Converter,
    pub(super) reader: &'c mut Reader<'m>,
}

impl Lifting<'_, '_> {
    /// One value of any type.
    pub(super) fn value<M: Lift>(&mut self, model: &mut M, id: TypeId) -> Lifted<M::Value, M> {
        let converter = self.converter;
        let ty = Type {
            schema: converter.schema(),
            id,
        };
        match ty.kind() {
            Kind::Bool => model.bool(self.reader.bool()?),
            Kind::U8 => model.unsigned(self.reader.u8()?.into(), Number::U8),
            Kind::U16 => model.unsigned(self.reader.u16()?.into(), Number::U16),
            Kind::U32 => model.unsigned(self.reader.u32()?.into(), Number::U32),
            Kind::U64 => model.unsigned(self.reader.u64()?, Number::U64),
            Kind::S8 => model.signed(self.reader.i8()?.into(), Number::S8),
            Kind::S16 => model.signed(self.reader.i16()?.into(), Number::S16),
            Kind::S32 => model.signed(self.reader.i32()?.into(), Number::S32),
            Kind::S64 => model.signed(self.reader.i64()?, Number::S64),
            Kind::F32 => model.float(self.reader.f32()?.into(), Number::F32),
            Kind::F64 => model.float(self.reader.f64()?, Number::F64),
            Kind::Char => model.char(self.reader.char()?),
            Kind::String => model.string(self.reader.string()?),
            Kind::List { element } => self.list(model, ty, *element, None),
            Kind::FixedList { element, length } => {
                self.list(model, ty, *element, Some(*length as usize))
            }
            Kind::Tuple { elements } => self.tuple(model, ty, elements),
            Kind::Set { element } => self.set(model, ty, *element),
            Kind::Map { key, value } => self.map(model, ty, *key, *value),
            Kind::Record { fields } => self.record(model, ty, fields),
            Kind::Enum { cases, .. } => {
                let index = self.reader.discriminant(cases.len())?;
                model.enumeration(ty, index, &cases[index as usize])
            }
            Kind::Flags { flags } => model.flags(ty, self.reader.flags(flags.len())?, flags),
            Kind::Variant { cases, .. } => {
                let index = self.reader.discriminant(cases.len())?;
                let case = &cases[index as usize];
                let payload = self.payload(model, case.ty, || Segment::Case(case.name.clone()))?;
                model.variant(ty, index, case, payload)
            }
            Kind::Result { ok, err } => {
                let value = if self.reader.result()? {
                    Err(self.payload(model, *err, || Segment::Err)?)
                } else {
                    Ok(self.payload(model, *ok, || Segment::Ok)?)
                };
                model.result(ty, value)
            }
            Kind::Option { payload } => {
                if !self.reader.option()? {
                    return model.none();
                }
                self.reader.enter()?;
                let value = self.value(model, *payload)?;
                self.reader.leave();
                if ty.with(*payload).is_boxed_in_option() {
                    model.some_boxed(value)
                } else {
                    Ok(value)
                }
            }
            Kind::Timestamp => model.timestamp(Timestamp::read(self.reader)?),
            Kind::ZonedTimestamp => model.zoned_timestamp(ZonedTimestamp::read(self.reader)?),
            Kind::Date => model.date(Date::read(self.reader)?),
            Kind::PartialDate => model.partial_date(PartialDate::read(self.reader)?),
            Kind::TimeOfDay => model.time_of_day(TimeOfDay::read(self.reader)?),
            Kind::Duration => model.duration(Duration::read(self.reader)?),
            Kind::Decimal => {
                let text = self.reader.string()?;
                Decimal::check(text)?;
                model.decimal(text)
            }
            Kind::Uuid => model.uuid(Uuid::read(self.reader)?),
            Kind::Document => self.document(model),
            Kind::Own { .. } | Kind::Borrow { .. } | Kind::Stream { .. } | Kind::Future { .. } => {
                Err(not_yet(ty))
            }
        }
    }

    fn list<M: Lift>(
        &mut self,
        model: &mut M,
        ty: Type<'_>,
        element: TypeId,
        length: Option<usize>,
    ) -> Lifted<M::Value, M> {
        self.reader.enter()?;
        let value = if let Some(number) = Number::of(ty.with(element).kind()) {
            let packed = match length {
                None => self.reader.numbers(number)?,
                Some(length) => self.reader.fixed_numbers(number, length)?,
            };
            if number == Number::U8 {
                model.bytes(packed)?
            } else {
                model.packed(number, packed, ty)?
            }
        } else {
            let smallest = self.converter.smallest(element);
            let len = match length {
                None => self.reader.count(smallest)?,
                Some(length) => {
                    self.reader.fixed_count(length, smallest)?;
                    length
                }
            };
            let mut items = model.begin_items(Sequence::List, ty, len)?;
            for index in 0..len {
                let item = self
                    .value(model, element)
                    .map_err(|failure| failure.at(Segment::Index(index)))?;
                model.push_item(&mut items, item)?;
            }
            model.end_items(Sequence::List, items, ty)?
        };
        self.reader.leave();
        Ok(value)
    }

    fn tuple<M: Lift>(
        &mut self,
        model: &mut M,
        ty: Type<'_>,
        elements: &[TypeId],
    ) -> Lifted<M::Value, M> {
        self.reader.enter()?;
        if elements.is_empty() {
            self.reader.elements(1)?;
        }
        let mut items = model.begin_items(Sequence::Tuple, ty, elements.len())?;
        for (index, element) in elements.iter().enumerate() {
            let item = self
                .value(model, *element)
                .map_err(|failure| failure.at(Segment::Index(index)))?;
            model.push_item(&mut items, item)?;
        }
        self.reader.leave();
        model.end_items(Sequence::Tuple, items, ty)
    }

    fn set<M: Lift>(
        &mut self,
        model: &mut M,
        ty: Type<'_>,
        element: TypeId,
    ) -> Lifted<M::Value, M> {
        self.reader.enter()?;
        let len = self.reader.count(self.converter.smallest(element))?;
        let mut items = model.begin_items(Sequence::Set, ty, len)?;
        let mut last = None;
        for index in 0..len {
            let rest = self.reader.rest();
            let item = self
                .value(model, element)
                .and_then(|item| {
                    self.ascending(rest, &mut last)
                        .map(|()| item)
                        .map_err(Failure::from)
                })
                .map_err(|failure| failure.at(Segment::Index(index)))?;
            model.push_item(&mut items, item)?;
        }
        self.reader.leave();
        model.end_items(Sequence::Set, items, ty)
    }

    fn map<M: Lift>(
        &mut self,
        model: &mut M,
        ty: Type<'_>,
        key: TypeId,
        of: TypeId,
    ) -> Lifted<M::Value, M> {
        self.reader.enter()?;
        let smallest = self
            .converter
            .smallest(key)
            .saturating_add(self.converter.smallest(of));
        let len = self.reader.count(smallest)?;
        let mut map = model.begin_map(ty, len)?;
        let mut last = None;
        for index in 0..len {
            let rest = self.reader.rest();
            let entry_key = self
                .value(model, key)
                .and_then(|key| {
                    self.ascending(rest, &mut last)
                        .map(|()| key)
                        .map_err(Failure::from)
                })
                .map_err(|failure| failure.at(Segment::KeyAt(index)))?;
            let value = self.value(model, of).map_err(|failure| {
                let encoded = last.unwrap_or_default();
                failure.at(Segment::Key(key_text(self.converter, key, encoded)))
            })?;
            model.put_entry(&mut map, entry_key, value)?;
        }
        self.reader.leave();
        model.end_map(map, ty)
    }

    /// Holds the element that was read from `rest` against the one before: encodings rise like in `memcmp`.
    fn ascending<'m>(&self, rest: &'m [u8], last: &mut Option<&'m [u8]>) -> Result<(), Fault> {
        let encoded = &rest[..rest.len() - self.reader.remaining()];
        let order = last.map_or(std::cmp::Ordering::Less, |last| last.cmp(encoded));
        *last = Some(encoded);
        match order {
            std::cmp::Ordering::Less => Ok(()),
            std::cmp::Ordering::Equal => Err(Fault::Duplicate),
            std::cmp::Ordering::Greater => Err(Fault::Order),
        }
    }

    fn record<M: Lift>(
        &mut self,
        model: &mut M,
        ty: Type<'_>,
        fields: &[Field],
    ) -> Lifted<M::Value, M> {
        self.reader.enter()?;
        let mut record = model.begin_record(ty, fields)?;
        for (index, field) in fields.iter().enumerate() {
            let value = self
                .value(model, field.ty)
                .map_err(|failure| failure.at(Segment::Field(field.name.clone())))?;
            model.put_field(&mut record, index, field, value)?;
        }
        self.reader.leave();
        model.end_record(record, ty)
    }

    /// The payload of a variant's case or a result.
    fn payload<M: Lift>(
        &mut self,
        model: &mut M,
        ty: Option<TypeId>,
        segment: impl Fn() -> Segment,
    ) -> Lifted<Option<M::Value>, M> {
        let Some(ty) = ty else { return Ok(None) };
        let at = |failure: Failure<M::Host>| failure.at(segment());
        self.reader.enter().map_err(|fault| at(fault.into()))?;
        let value = self.value(model, ty).map_err(at)?;
        self.reader.leave();
        Ok(Some(value))
    }
}
