//! Maps, and records given as maps.

use super::lower::lower;
use super::lower_record::RecordLower;
use super::only::{Name, Only};
use super::problem::{Problem, Result};
use super::relocate::{has_padding, relocate};
use hms_ffi_core::contract::schema::TypeId;
use hms_ffi_core::convert::{Converter, Segment, key_text};
use hms_ffi_core::wire::{Fault, Mark, Writer};
use serde::Serialize;
use serde::ser::SerializeMap;
use std::ops::Range;

pub(super) struct MapLower<'a>(Inner<'a>);

enum Inner<'a> {
    Map(Entries<'a>),
    Record {
        record: RecordLower<'a>,
        key: Option<String>,
    },
}

/// Entries in the order of the value; the wire's order is made at the end.
struct Entries<'a> {
    converter: &'a Converter,
    key: TypeId,
    value: TypeId,
    out: &'a mut Writer,
    /// Whether values hold padding, which depends on the place in the message. Until that is known each value begins
    /// at a multiple of 8, as if it were a message of its own.
    padded: bool,
    mark: Mark,
    start: usize,
    entries: Vec<Entry>,
}

/// Where key and value of an entry are.
struct Entry {
    key: Range<usize>,
    value: Range<usize>,
}

impl<'a> MapLower<'a> {
    pub(super) fn map(
        converter: &'a Converter,
        key: TypeId,
        value: TypeId,
        out: &'a mut Writer,
    ) -> Result<Self> {
        let mark = out.mark();
        let start = out.len();
        out.enter()?;
        let padded = has_padding(converter, value);
        Ok(MapLower(Inner::Map(Entries {
            converter,
            key,
            value,
            out,
            padded,
            mark,
            start,
            entries: Vec::new(),
        })))
    }

    pub(super) fn record(record: RecordLower<'a>) -> Self {
        MapLower(Inner::Record { record, key: None })
    }
}

impl SerializeMap for MapLower<'_> {
    type Ok = ();
    type Error = Problem;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        match &mut self.0 {
            Inner::Map(entries) => entries.key(value),
            Inner::Record { key, .. } => {
                *key = Some(value.serialize(Only(Name))?);
                Ok(())
            }
        }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        match &mut self.0 {
            Inner::Map(entries) => entries.value(value),
            Inner::Record { record, key } => match key.take() {
                Some(key) => record.field(&key, value),
                None => Err(Problem::shape("a value came without its key")),
            },
        }
    }

    fn end(self) -> Result<()> {
        match self.0 {
            Inner::Map(entries) => entries.finish(),
            Inner::Record { record, .. } => record.finish(),
        }
    }
}

impl Entries<'_> {
    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.out.elements(1)?;
        let start = self.out.len();
        let index = self.entries.len();
        lower(self.converter, self.key, key, self.out)
            .map_err(|problem| problem.at(Segment::KeyAt(index)))?;
        let end = self.out.len();
        self.entries.push(Entry {
            key: start..end,
            value: end..end,
        });
        Ok(())
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let Some(entry) = self.entries.last_mut() else {
            return Err(Problem::shape("a value came without its key"));
        };
        if self.padded {
            self.out.align(8);
        }
        let start = self.out.len();
        let lowered = lower(self.converter, self.value, value, self.out);
        entry.value = start..self.out.len();
        lowered.map_err(|problem| {
            let key = &self.out.as_bytes()[entry.key.clone()];
            problem.at(Segment::Key(key_text(self.converter, self.key, key)))
        })
    }

    fn finish(self) -> Result<()> {
        let Entries {
            converter,
            value,
            out,
            padded,
            mark,
            start,
            entries,
            ..
        } = self;
        out.fill(mark, u32::try_from(entries.len()).map_err(|_| Fault::Size)?);
        out.leave();
        let bytes = out.as_bytes();
        let key = |index: usize| &bytes[entries[index].key.clone()];
        let mut order: Vec<usize> = (0..entries.len()).collect();
        let sorted = order.is_sorted_by(|a, b| key(*a) < key(*b));
        if !sorted {
            order.sort_by(|a, b| key(*a).cmp(key(*b)));
            if let Some(pair) = order.windows(2).find(|pair| key(pair[0]) == key(pair[1])) {
                return Err(Problem::from(Fault::Duplicate).at(Segment::KeyAt(pair[1])));
            }
        }
        if sorted && !padded {
            return Ok(());
        }
        let bytes = out.split_off(start);
        let piece = |range: &Range<usize>| &bytes[range.start - start..range.end - start];
        for index in order {
            let entry = &entries[index];
            out.append(piece(&entry.key));
            if padded {
                relocate(converter, value, piece(&entry.value), out)?;
            } else {
                out.append(piece(&entry.value));
            }
        }
        Ok(())
    }
}
