//! Plans: how the bytes of a writer's type become those of a reader's type.

use crate::contract::schema::Kind;
use crate::wire::Number;

/// Index into the steps of a resolution.
pub(super) type StepId = u32;

/// One type of the writer against one type of the reader.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A value whose bytes are the same on both sides and hold nothing that is aligned: this many bytes.
    Fixed(usize),
    /// Length in bytes and bytes: string, decimal, document.
    Sized,
    /// `partial-date`
    PartialDate,
    Numbers(Number),
    FixedNumbers(Number, usize),
    /// Packed numbers of the writer that are options of numbers for the reader.
    Unpack {
        number: Number,
        length: Option<usize>,
        element: StepId,
    },
    List {
        smallest: u64,
        element: StepId,
    },
    FixedList {
        smallest: u64,
        length: usize,
        element: StepId,
    },
    Set {
        smallest: u64,
        element: StepId,
    },
    Map {
        smallest: u64,
        key: StepId,
        value: StepId,
        key_kind: Kind,
    },
    Tuple(Vec<StepId>),
    Record(Members),
    Enum {
        written: usize,
        read: usize,
        /// For each case of the writer.
        cases: Vec<Case>,
    },
    Variant {
        written: usize,
        read: usize,
        cases: Vec<Case>,
    },
    Flags {
        written: usize,
        read: usize,
        /// For each flag of the writer: the reader's bit, or the name if the reader has none.
        bits: Vec<Result<u32, String>>,
        /// Whether flags that the reader does not know are dropped.
        lenient: bool,
    },
    Option(StepId),
    /// The reader has an option where the writer has a value.
    Wrap(StepId),
    Result {
        ok: Option<StepId>,
        err: Option<StepId>,
    },
    /// A type that cannot be called yet.
    NotYet(&'static str),
}

/// A case of the writer.
#[derive(Clone, Debug)]
pub(super) enum Case {
    /// The reader has it: its index, and how the payload goes over.
    Known {
        index: u32,
        payload: Option<StepId>,
        name: String,
    },
    /// The reader does not have it but has a fallback; the payload, if there is one, is skipped.
    Fallback { index: u32, payload: Option<StepId> },
    /// The reader does not have it: an error when it arrives.
    Unknown { name: String },
}

/// Fields of a record or parameters of a function.
#[derive(Clone, Debug)]
pub(super) struct Members {
    /// For each of the writer, in its order: how to read it.
    pub written: Vec<Written>,
    /// For each of the reader, in its order: the writer's index and the step, or none.
    pub read: Vec<Option<(usize, StepId)>>,
    /// Whether the reader's order is the writer's, so that one pass is enough.
    pub in_order: bool,
}

/// A member as the writer has it.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub name: String,
    /// Reading it without the reader's view: to skip it.
    pub skip: StepId,
    /// The reader does not know it, and it must be none to be left out.
    pub must_be_none: bool,
}
