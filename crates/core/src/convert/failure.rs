//! Why a conversion failed and where. The path is put together on the way out, so that success pays nothing for it.

use std::convert::Infallible;
use std::fmt::Write as _;

use crate::error::{Code, Error};
use crate::wire::Fault;

/// One step of a path. See section 5 of `docs/wire-format.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// The message or parameter at the front: `claim`, `result`, `value`.
    Root(String),
    /// A record's field: `.name`
    Field(String),
    /// An element of a list, set, tuple or document array: `[3]`
    Index(usize),
    /// The value of a map's entry, by its key as JSON: `["a"]`, `[7]`
    Key(String),
    /// The key of a map's entry, by its position: `[key 3]`
    KeyAt(usize),
    /// The payload of a variant's case: `.name`
    Case(String),
    /// The payload of a result: `.ok`
    Ok,
    /// The payload of a result: `.err`
    Err,
}

/// A failed conversion: what is wrong, and the path to it. `H` is the language's own exception, which passes through
/// unchanged (a property that raised, an interrupt).
#[derive(Debug)]
pub struct Failure<H = Infallible>(Box<Inner<H>>);

#[derive(Debug)]
struct Inner<H> {
    cause: Cause<H>,
    /// Innermost step first.
    path: Vec<Segment>,
}

#[derive(Debug)]
enum Cause<H> {
    /// The value is of another type; the engine, which knows both, makes the message.
    Mismatch,
    /// A number of the right kind that the type cannot hold.
    OutOfRange,
    Error(Code, String),
    Host(H),
}

impl<H> Failure<H> {
    #[cold]
    fn from_cause(cause: Cause<H>) -> Self {
        Failure(Box::new(Inner {
            cause,
            path: Vec::new(),
        }))
    }

    /// The value is not of the expected type: "expected decimal, got bool". The engine fills in both from the schema
    /// and from [`Lower::describe`](super::Lower::describe).
    pub fn mismatch() -> Self {
        Self::from_cause(Cause::Mismatch)
    }

    /// The value is a number of the right kind but outside the type's range.
    pub fn out_of_range() -> Self {
        Self::from_cause(Cause::OutOfRange)
    }

    /// `invalid-argument` with this message, which names no value and no path.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidArgument, message)
    }

    /// An error with this code and message.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self::from_cause(Cause::Error(code, message.into()))
    }

    /// The language's own exception.
    pub fn host(exception: H) -> Self {
        Self::from_cause(Cause::Host(exception))
    }

    /// The same failure, one step further out.
    #[cold]
    #[must_use]
    pub fn at(mut self, segment: Segment) -> Self {
        self.0.path.push(segment);
        self
    }

    /// Turns a mismatch into its message; others stay as they are.
    #[cold]
    pub(super) fn resolve(
        mut self,
        expected: impl FnOnce() -> String,
        got: impl FnOnce() -> String,
    ) -> Self {
        let message = match self.0.cause {
            Cause::Mismatch => format!("expected {}, got {}", expected(), got()),
            Cause::OutOfRange => format!("expected {}, got a number out of its range", expected()),
            _ => return self,
        };
        self.0.cause = Cause::Error(Code::InvalidArgument, message);
        self
    }

    /// True while the engine has not yet said what was expected.
    pub(super) fn is_unresolved(&self) -> bool {
        matches!(self.0.cause, Cause::Mismatch | Cause::OutOfRange)
    }

    /// The same failure; an `invalid-argument` gets this code instead.
    #[must_use]
    pub(super) fn blame(mut self, code: Code) -> Self {
        if let Cause::Error(old @ Code::InvalidArgument, _) = &mut self.0.cause {
            *old = code;
        }
        self
    }

    /// The path, `claim.lines[3].charge`.
    pub fn path(&self) -> String {
        let mut path = String::new();
        for segment in self.0.path.iter().rev() {
            // Writing to a String does not fail.
            let _ = match segment {
                Segment::Root(name) => write!(path, "{name}"),
                Segment::Field(name) | Segment::Case(name) => write!(path, ".{name}"),
                Segment::Index(index) => write!(path, "[{index}]"),
                Segment::Key(key) => write!(path, "[{key}]"),
                Segment::KeyAt(index) => write!(path, "[key {index}]"),
                Segment::Ok => write!(path, ".ok"),
                Segment::Err => write!(path, ".err"),
            };
        }
        path
    }

    /// The code; none for the language's own exception.
    pub fn code(&self) -> Option<Code> {
        match &self.0.cause {
            Cause::Mismatch | Cause::OutOfRange => Some(Code::InvalidArgument),
            Cause::Error(code, _) => Some(*code),
            Cause::Host(_) => None,
        }
    }

    /// The error with its path in front of the message, or the language's own exception.
    pub fn into_error(self) -> Result<Error, H> {
        let path = self.path();
        let (code, message) = match self.0.cause {
            Cause::Host(exception) => return Err(exception),
            Cause::Mismatch => (Code::InvalidArgument, "of the wrong type".to_owned()),
            Cause::OutOfRange => (Code::InvalidArgument, "out of range".to_owned()),
            Cause::Error(code, message) => (code, message),
        };
        Ok(Error::new(
            code,
            if path.is_empty() {
                message
            } else {
                format!("{path}: {message}")
            },
        ))
    }
}

impl<H> From<Fault> for Failure<H> {
    #[cold]
    fn from(fault: Fault) -> Self {
        Self::new(fault.code(), fault.message())
    }
}

impl<H> From<crate::wire::types::Invalid> for Failure<H> {
    #[cold]
    fn from(invalid: crate::wire::types::Invalid) -> Self {
        Self::invalid(invalid.message())
    }
}

impl From<Failure<Infallible>> for Error {
    fn from(failure: Failure<Infallible>) -> Self {
        match failure.into_error() {
            Ok(error) => error,
            Err(never) => match never {},
        }
    }
}
