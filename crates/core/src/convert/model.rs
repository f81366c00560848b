//! The object model: what a language supplies so that the engine can see and make its values.
//!
//! Both traits are used monomorphised; nothing here is `dyn` and no tree of values is built between the language and
//! the wire. A model lives for one conversion or longer: it may hold caches by type (names, classes), for which
//! [`Type::id`] is the index.
//!
//! Failures: a hook that is given a value of the wrong type returns [`Failure::mismatch`] and the engine says what was
//! expected and where; a number of the right kind that does not fit is [`Failure::out_of_range`]; the language's own
//! exceptions are [`Failure::host`] and come out unchanged.

use super::Failure;
use crate::contract::schema::{Case, Field, Kind, Schema, TypeDef, TypeId};
use crate::wire::Number;
use crate::wire::types::{
    Date, Decimal, Duration, PartialDate, TimeOfDay, Timestamp, Uuid, ZonedTimestamp,
};

/// A type of a schema, as hooks see it.
#[derive(Clone, Copy, Debug)]
pub struct Type<'s> {
    /// The schema.
    pub schema: &'s Schema,
    /// Index into its types: the key for caches.
    pub id: TypeId,
}

impl<'s> Type<'s> {
    /// The table entry.
    pub fn def(self) -> &'s TypeDef {
        self.schema.ty(self.id)
    }

    /// What the type is.
    pub fn kind(self) -> &'s Kind {
        &self.def().kind
    }

    /// Another type of the same schema.
    pub fn with(self, id: TypeId) -> Type<'s> {
        Type {
            schema: self.schema,
            id,
        }
    }

    /// Whether a present `option` of this payload is boxed, because its payload can itself look absent: an option in
    /// an option, or an option of a document.
    pub fn is_boxed_in_option(self) -> bool {
        matches!(self.kind(), Kind::Option { .. } | Kind::Document)
    }
}

/// Result of a lowering hook.
pub type Lowered<T, M> = Result<T, Failure<<M as Lower>::Host>>;

/// Result of a lifting hook.
pub type Lifted<T, M> = Result<T, Failure<<M as Lift>::Host>>;

/// A result as a value: either side has a payload if the contract gives it one.
pub type Payload<V> = Result<Option<V>, Option<V>>;

/// How an option looks in the language.
#[derive(Clone, Debug)]
pub enum Optional<V> {
    /// There is no value.
    None,
    /// The value itself is the payload.
    Same,
    /// The payload was taken out of its box.
    Boxed(V),
}

/// What a language value in the place of a document is.
#[derive(Clone, Debug, PartialEq)]
pub enum Dynamic {
    /// null
    Null,
    /// A bool.
    Bool(bool),
    /// An integer; the engine refuses those beyond −2⁶⁴ to 2⁶⁴ − 1.
    Integer(i128),
    /// A float; it stays a float even if it is whole.
    Float(f64),
    /// An exact decimal.
    Decimal(Decimal),
    /// Text: the engine goes on with [`Lower::string`].
    Text,
    /// Bytes: the engine goes on with [`Lower::bytes`].
    Bytes,
    /// An array: the engine goes on with [`Lower::document_array`].
    Array,
    /// A map with text keys: the engine goes on with [`Lower::document_map`].
    Map,
}

/// From language values to the wire.
pub trait Lower: Sized {
    /// A language value, cheap to clone (a reference, a counted pointer).
    type Value: Clone;
    /// The language's own exceptions.
    type Host;
    /// What [`record`](Self::record) found out for [`field`](Self::field), such as "a dict" or "an instance of our
    /// class"; `()` if nothing.
    type Record;

    /// What the value is, for messages: the name of its type in the language, never the value itself.
    fn describe(&mut self, value: &Self::Value) -> String;

    /// A bool.
    fn bool(&mut self, value: &Self::Value) -> Lowered<bool, Self>;
    /// A signed integer. The engine checks the range; `number` is there for rules that depend on the width.
    fn signed(&mut self, value: &Self::Value, number: Number) -> Lowered<i64, Self>;
    /// An unsigned integer. The engine checks the range.
    fn unsigned(&mut self, value: &Self::Value, number: Number) -> Lowered<u64, Self>;
    /// A float. For f32 the engine rounds to the nearest and refuses finite values that overflow. An integer may be
    /// accepted if it is exact in the target width (see [`exact_float`](super::exact_float)).
    fn float(&mut self, value: &Self::Value, number: Number) -> Lowered<f64, Self>;
    /// One Unicode scalar value.
    fn char(&mut self, value: &Self::Value) -> Lowered<char, Self>;
    /// Shows the text of a string to `read`.
    fn string<R>(&mut self, value: &Self::Value, read: impl FnOnce(&str) -> R) -> Lowered<R, Self>;
    /// Shows the contents of a `list<u8>` to `read`.
    fn bytes<R>(&mut self, value: &Self::Value, read: impl FnOnce(&[u8]) -> R) -> Lowered<R, Self>;

    /// Shows a list of numbers other than u8 to `read` as one block, packed and little-endian, if the value holds one
    /// of exactly this type (an array, a buffer). `None`: the engine goes on with [`list`](Self::list).
    fn packed<R>(
        &mut self,
        value: &Self::Value,
        number: Number,
        read: impl FnOnce(&[u8]) -> R,
    ) -> Lowered<Option<R>, Self> {
        let _ = (value, number, read);
        Ok(None)
    }

    /// Calls `each` for each element of a list in order.
    fn list(
        &mut self,
        value: &Self::Value,
        ty: Type<'_>,
        each: impl FnMut(&mut Self, &Self::Value) -> Lowered<(), Self>,
    ) -> Lowered<(), Self>;
    /// Calls `each` for each element of a tuple in order; the engine compares their number.
    fn tuple(
        &mut self,
        value: &Self::Value,
        ty: Type<'_>,
        each: impl FnMut(&mut Self, &Self::Value) -> Lowered<(), Self>,
    ) -> Lowered<(), Self>;
    /// Calls `each` for each element of a set in any order; the engine sorts them and refuses duplicates.
    fn set(
        &mut self,
        value: &Self::Value,
        ty: Type<'_>,
        each: impl FnMut(&mut Self, &Self::Value) -> Lowered<(), Self>,
    ) -> Lowered<(), Self>;
    /// Calls `each` with key and value of each entry of a map in any order; the engine sorts them and refuses duplicates.
    fn map(
        &mut self,
        value: &Self::Value,
        ty: Type<'_>,
        each: impl FnMut(&mut Self, &Self::Value, &Self::Value) -> Lowered<(), Self>,
    ) -> Lowered<(), Self>;

    /// Looks at a record before its fields are read one by one: decides how they are found, and refuses members that
    /// the record does not have with [`unknown_field`](super::unknown_field).
    fn record(
        &mut self,
        value: &Self::Value,
        ty: Type<'_>,
        fields: &[Field],
    ) -> Lowered<Self::Record, Self>;
    /// The field at `index`. `None`: it is missing, which the engine takes as none for an option and refuses otherwise.
    fn field(
        &mut self,
        value: &Self::Value,
        record: &mut Self::Record,
        ty: Type<'_>,
        index: usize,
        field: &Field,
    ) -> Lowered<Option<Self::Value>, Self>;

    /// Index of the case of an enum; for a name that no case has, [`unknown_case`](super::unknown_case).
    fn enumeration(
        &mut self,
        value: &Self::Value,
        ty: Type<'_>,
        cases: &[Case],
    ) -> Lowered<u32, Self>;
    /// The bits of flags, bit 0 being the first one.
    fn flags(&mut self, value: &Self::Value, ty: Type<'_>, flags: &[Case]) -> Lowered<u32, Self>;
    /// Index of the case of a variant, and its payload if the value has one. The engine compares that with the case.
    fn variant(
        &mut self,
        value: &Self::Value,
        ty: Type<'_>,
        cases: &[Case],
    ) -> Lowered<(u32, Option<Self::Value>), Self>;
    /// A result as a value with its payload, if it has one.
    fn result(&mut self, value: &Self::Value, ty: Type<'_>) -> Lowered<Payload<Self::Value>, Self>;
    /// An option. `boxed` if a present payload is boxed ([`Type::is_boxed_in_option`]).
    fn option(&mut self, value: &Self::Value, boxed: bool) -> Lowered<Optional<Self::Value>, Self>;

    /// A timestamp.
    fn timestamp(&mut self, value: &Self::Value) -> Lowered<Timestamp, Self>;
    /// A timestamp with its offset.
    fn zoned_timestamp(&mut self, value: &Self::Value) -> Lowered<ZonedTimestamp, Self>;
    /// A date.
    fn date(&mut self, value: &Self::Value) -> Lowered<Date, Self>;
    /// A year, or a year and a month.
    fn partial_date(&mut self, value: &Self::Value) -> Lowered<PartialDate, Self>;
    /// A time of day.
    fn time_of_day(&mut self, value: &Self::Value) -> Lowered<TimeOfDay, Self>;
    /// A duration.
    fn duration(&mut self, value: &Self::Value) -> Lowered<Duration, Self>;
    /// Shows the canonical text of a decimal to `read` ([`Decimal::check`] is called by the engine).
    fn decimal<R>(&mut self, value: &Self::Value, read: impl FnOnce(&str) -> R)
    -> Lowered<R, Self>;
    /// A UUID.
    fn uuid(&mut self, value: &Self::Value) -> Lowered<Uuid, Self>;

    /// What a value within a document is.
    fn dynamic(&mut self, value: &Self::Value) -> Lowered<Dynamic, Self>;
    /// Calls `each` for each element of an array within a document.
    fn document_array(
        &mut self,
        value: &Self::Value,
        each: impl FnMut(&mut Self, &Self::Value) -> Lowered<(), Self>,
    ) -> Lowered<(), Self>;
    /// Calls `each` with the text key and the value of each entry of a map within a document, in any order.
    fn document_map(
        &mut self,
        value: &Self::Value,
        each: impl FnMut(&mut Self, &str, &Self::Value) -> Lowered<(), Self>,
    ) -> Lowered<(), Self>;
}

/// Which kind of sequence is being made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sequence {
    /// `list<T>` of anything but numbers, and `list<T, N>`.
    List,
    /// `tuple<...>`
    Tuple,
    /// A set; its elements come in the order of their encodings.
    Set,
}

/// From the wire to language values.
pub trait Lift: Sized {
    /// A language value.
    type Value;
    /// The language's own exceptions.
    type Host;
    /// A list, tuple, set or document array in the making.
    type Items;
    /// A record in the making.
    type Record;
    /// A map in the making, also one within a document.
    type Map;

    /// A bool.
    fn bool(&mut self, value: bool) -> Lifted<Self::Value, Self>;
    /// A signed integer within the range of `number`.
    fn signed(&mut self, value: i64, number: Number) -> Lifted<Self::Value, Self>;
    /// An unsigned integer within the range of `number`.
    fn unsigned(&mut self, value: u64, number: Number) -> Lifted<Self::Value, Self>;
    /// A float; an f32 comes widened.
    fn float(&mut self, value: f64, number: Number) -> Lifted<Self::Value, Self>;
    /// One Unicode scalar value.
    fn char(&mut self, value: char) -> Lifted<Self::Value, Self>;
    /// A string.
    fn string(&mut self, value: &str) -> Lifted<Self::Value, Self>;
    /// A `list<u8>` (also of fixed length).
    fn bytes(&mut self, value: &[u8]) -> Lifted<Self::Value, Self>;
    /// A list of numbers other than u8 (also of fixed length): packed and little-endian, whole elements.
    /// [`numbers`](super::numbers) has iterators.
    fn packed(&mut self, number: Number, packed: &[u8], ty: Type<'_>) -> Lifted<Self::Value, Self>;

    /// Begins a sequence of exactly `len` elements.
    fn begin_items(
        &mut self,
        sequence: Sequence,
        ty: Type<'_>,
        len: usize,
    ) -> Lifted<Self::Items, Self>;
    /// Adds the next element.
    fn push_item(&mut self, items: &mut Self::Items, value: Self::Value) -> Lifted<(), Self>;
    /// Ends a sequence.
    fn end_items(
        &mut self,
        sequence: Sequence,
        items: Self::Items,
        ty: Type<'_>,
    ) -> Lifted<Self::Value, Self>;

    /// Begins a map of exactly `len` entries.
    fn begin_map(&mut self, ty: Type<'_>, len: usize) -> Lifted<Self::Map, Self>;
    /// Adds an entry; keys come in the order of their encodings, each once.
    fn put_entry(
        &mut self,
        map: &mut Self::Map,
        key: Self::Value,
        value: Self::Value,
    ) -> Lifted<(), Self>;
    /// Ends a map.
    fn end_map(&mut self, map: Self::Map, ty: Type<'_>) -> Lifted<Self::Value, Self>;

    /// Begins a record.
    fn begin_record(&mut self, ty: Type<'_>, fields: &[Field]) -> Lifted<Self::Record, Self>;
    /// Sets the field at `index`; fields come in the contract's order.
    fn put_field(
        &mut self,
        record: &mut Self::Record,
        index: usize,
        field: &Field,
        value: Self::Value,
    ) -> Lifted<(), Self>;
    /// Ends a record.
    fn end_record(&mut self, record: Self::Record, ty: Type<'_>) -> Lifted<Self::Value, Self>;

    /// A case of an enum.
    fn enumeration(&mut self, ty: Type<'_>, index: u32, case: &Case) -> Lifted<Self::Value, Self>;
    /// Flags, bit 0 being the first one.
    fn flags(&mut self, ty: Type<'_>, bits: u32, flags: &[Case]) -> Lifted<Self::Value, Self>;
    /// A case of a variant with its payload.
    fn variant(
        &mut self,
        ty: Type<'_>,
        index: u32,
        case: &Case,
        payload: Option<Self::Value>,
    ) -> Lifted<Self::Value, Self>;
    /// A result as a value.
    fn result(&mut self, ty: Type<'_>, value: Payload<Self::Value>) -> Lifted<Self::Value, Self>;
    /// An absent option, and null within a document.
    fn none(&mut self) -> Lifted<Self::Value, Self>;
    /// A present option whose payload has to be boxed ([`Type::is_boxed_in_option`]); others are their payload.
    fn some_boxed(&mut self, value: Self::Value) -> Lifted<Self::Value, Self>;

    /// A timestamp.
    fn timestamp(&mut self, value: Timestamp) -> Lifted<Self::Value, Self>;
    /// A timestamp with its offset.
    fn zoned_timestamp(&mut self, value: ZonedTimestamp) -> Lifted<Self::Value, Self>;
    /// A date.
    fn date(&mut self, value: Date) -> Lifted<Self::Value, Self>;
    /// A year, or a year and a month.
    fn partial_date(&mut self, value: PartialDate) -> Lifted<Self::Value, Self>;
    /// A time of day.
    fn time_of_day(&mut self, value: TimeOfDay) -> Lifted<Self::Value, Self>;
    /// A duration.
    fn duration(&mut self, value: Duration) -> Lifted<Self::Value, Self>;
    /// A decimal's canonical text.
    fn decimal(&mut self, text: &str) -> Lifted<Self::Value, Self>;
    /// A UUID.
    fn uuid(&mut self, value: Uuid) -> Lifted<Self::Value, Self>;

    /// An integer within a document, −2⁶⁴ to 2⁶⁴ − 1.
    fn document_integer(&mut self, value: i128) -> Lifted<Self::Value, Self>;
    /// A float within a document.
    fn document_float(&mut self, value: f64) -> Lifted<Self::Value, Self>;
    /// A bool within a document.
    fn document_bool(&mut self, value: bool) -> Lifted<Self::Value, Self> {
        self.bool(value)
    }
    /// Text within a document.
    fn document_text(&mut self, value: &str) -> Lifted<Self::Value, Self> {
        self.string(value)
    }
    /// Bytes within a document.
    fn document_bytes(&mut self, value: &[u8]) -> Lifted<Self::Value, Self> {
        self.bytes(value)
    }
    /// An exact decimal within a document.
    fn document_decimal(&mut self, value: &Decimal) -> Lifted<Self::Value, Self> {
        self.decimal(value.as_str())
    }
    /// Begins an array of `len` elements within a document; elements come through [`push_item`](Self::push_item).
    fn begin_document_array(&mut self, len: usize) -> Lifted<Self::Items, Self>;
    /// Ends it.
    fn end_document_array(&mut self, items: Self::Items) -> Lifted<Self::Value, Self>;
    /// Begins a map of `len` entries within a document.
    fn begin_document_map(&mut self, len: usize) -> Lifted<Self::Map, Self>;
    /// Adds an entry to it.
    fn put_document_entry(
        &mut self,
        map: &mut Self::Map,
        key: &str,
        value: Self::Value,
    ) -> Lifted<(), Self>;
    /// Ends it.
    fn end_document_map(&mut self, map: Self::Map) -> Lifted<Self::Value, Self>;
}
