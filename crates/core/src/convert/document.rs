//! Documents: between language values and CBOR, item by item.

use super::lift::Lifting;
use super::lower::{Lowering, count, explain};
use super::{Dynamic, Failure, Lift, Lifted, Lower, Lowered, Segment};
use crate::wire::Fault;
use crate::wire::types::cbor;

impl Lowering<'_> {
    /// A document: its length and its one item.
    pub(super) fn document<M: Lower>(&mut self, model: &mut M, value: &M::Value) -> Lowered<(), M> {
        let mark = self.out.mark();
        let start = self.out.len();
        self.item(model, value)?;
        self.out.fill(mark, count(self.out.len() - start)?);
        Ok(self.out.check_size()?)
    }

    fn item<M: Lower>(&mut self, model: &mut M, value: &M::Value) -> Lowered<(), M> {
        self.item_by_kind(model, value).map_err(|failure| {
            explain(failure, model, value, || "a value of a document".to_owned())
        })
    }

    fn item_by_kind<M: Lower>(&mut self, model: &mut M, value: &M::Value) -> Lowered<(), M> {
        match model.dynamic(value)? {
            Dynamic::Null => self.out.append_with(cbor::put_null),
            Dynamic::Bool(value) => self.out.append_with(|out| cbor::put_bool(out, value)),
            Dynamic::Integer(value) => self.out.append_with(|out| cbor::put_integer(out, value))?,
            Dynamic::Float(value) => self.out.append_with(|out| cbor::put_float(out, value)),
            Dynamic::Decimal(value) => self.out.append_with(|out| cbor::put_decimal(out, &value)),
            Dynamic::Text => model.string(value, |text| {
                self.out.append_with(|out| cbor::put_text(out, text))
            })?,
            Dynamic::Bytes => model.bytes(value, |bytes| {
                self.out.append_with(|out| cbor::put_bytes(out, bytes))
            })?,
            Dynamic::Array => return self.array(model, value),
            Dynamic::Map => return self.document_map(model, value),
        }
        Ok(self.out.check_size()?)
    }

    fn array<M: Lower>(&mut self, model: &mut M, value: &M::Value) -> Lowered<(), M> {
        self.out.enter()?;
        // The head has the number of items and a size that depends on it.
        let mut items = Vec::new();
        model.document_array(value, |_, item| {
            self.out.elements(1)?;
            items.push(item.clone());
            Ok(())
        })?;
        self.out
            .append_with(|out| cbor::put_array(out, items.len()));
        for (index, item) in items.iter().enumerate() {
            self.item(model, item)
                .map_err(|failure| failure.at(Segment::Index(index)))?;
        }
        self.out.leave();
        Ok(())
    }

    fn document_map<M: Lower>(&mut self, model: &mut M, value: &M::Value) -> Lowered<(), M> {
        self.out.enter()?;
        let mut entries: Vec<(String, M::Value)> = Vec::new();
        model.document_map(value, |_, key, item| {
            self.out.elements(1)?;
            entries.push((key.to_owned(), item.clone()));
            Ok(())
        })?;
        entries.sort_by(|a, b| cbor::key_order(&a.0, &b.0));
        if let Some(pair) = entries.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(Failure::from(Fault::Duplicate).at(at_key(&pair[1].0)));
        }
        self.out
            .append_with(|out| cbor::put_map(out, entries.len()));
        for (key, item) in &entries {
            self.out.append_with(|out| cbor::put_text(out, key));
            self.item(model, item)
                .map_err(|failure| failure.at(at_key(key)))?;
        }
        self.out.leave();
        Ok(())
    }
}

impl Lifting<'_, '_> {
    /// A document: its length and its one item.
    pub(super) fn document<M: Lift>(&mut self, model: &mut M) -> Lifted<M::Value, M> {
        let mut rest = self.reader.document()?;
        let value = self.item(model, &mut rest)?;
        if rest.is_empty() {
            Ok(value)
        } else {
            Err(Fault::Trailing.into())
        }
    }

    fn item<M: Lift>(&mut self, model: &mut M, rest: &mut &[u8]) -> Lifted<M::Value, M> {
        match cbor::take(rest)? {
            cbor::Item::Null => model.none(),
            cbor::Item::Bool(value) => model.document_bool(value),
            cbor::Item::Integer(value) => model.document_integer(value),
            cbor::Item::Float(value) => model.document_float(value),
            cbor::Item::Decimal(value) => model.document_decimal(&value),
            cbor::Item::Text(value) => model.document_text(value),
            cbor::Item::Bytes(value) => model.document_bytes(value),
            cbor::Item::Array(len) => {
                self.begin(len)?;
                let mut items = model.begin_document_array(len)?;
                for index in 0..len {
                    let item = self
                        .item(model, rest)
                        .map_err(|failure| failure.at(Segment::Index(index)))?;
                    model.push_item(&mut items, item)?;
                }
                self.reader.leave();
                model.end_document_array(items)
            }
            cbor::Item::Map(len) => {
                self.begin(len)?;
                let mut map = model.begin_document_map(len)?;
                let mut last = None;
                for index in 0..len {
                    let key = cbor::take_key(rest, last)
                        .map_err(|fault| Failure::from(fault).at(Segment::KeyAt(index)))?;
                    last = Some(key);
                    let item = self
                        .item(model, rest)
                        .map_err(|failure| failure.at(at_key(key)))?;
                    model.put_document_entry(&mut map, key, item)?;
                }
                self.reader.leave();
                model.end_document_map(map)
            }
        }
    }

    fn begin(&mut self, len: usize) -> Result<(), Fault> {
        self.reader.enter()?;
        self.reader.elements(len as u64)
    }
}

fn at_key(key: &str) -> Segment {
    Segment::Key(serde_json::Value::from(key).to_string())
}
