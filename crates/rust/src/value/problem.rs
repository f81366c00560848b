//! Why a Rust value and a type of the contract do not go together, and where.

use hms_ffi_core::convert::{Failure, Segment};
use hms_ffi_core::error::{Code, Error, Sent};
use hms_ffi_core::wire::Fault;
use serde::de::{Expected, Unexpected};
use std::convert::Infallible;
use std::fmt::Display;

/// Who made the mistake decides the code that the other side sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The bytes break the wire format, or a limit is reached.
    Wire,
    /// The value has the right shape but is not allowed: out of range, refused by a type's own check.
    Value,
    /// The Rust type has another shape than the contract's type.
    Shape,
}

/// A failed conversion; serde's error type for this crate's serializer and deserializer.
#[derive(Debug)]
pub(crate) struct Problem {
    failure: Failure<Infallible>,
    pub(crate) origin: Origin,
}

pub(super) type Result<T, E = Problem> = std::result::Result<T, E>;

impl Problem {
    #[cold]
    fn new(origin: Origin, message: String) -> Self {
        Problem {
            failure: Failure::new(Code::InvalidArgument, message),
            origin,
        }
    }

    /// The Rust type and the contract's type have different shapes.
    #[cold]
    pub(super) fn shape(message: impl Into<String>) -> Self {
        Self::new(Origin::Shape, message.into())
    }

    /// The value itself is not allowed.
    #[cold]
    pub(super) fn value(message: impl Into<String>) -> Self {
        Self::new(Origin::Value, message.into())
    }

    /// The same problem, found in bytes of the other side.
    #[cold]
    pub(super) fn in_wire(self) -> Self {
        Problem {
            origin: Origin::Wire,
            ..self
        }
    }

    /// A position in the contract that cannot be converted yet.
    #[cold]
    pub(super) fn unimplemented(what: &str) -> Self {
        let message = format!("{what} cannot be passed yet");
        Problem {
            failure: Failure::new(Code::Unimplemented, message),
            origin: Origin::Value,
        }
    }

    /// The same problem, one step further out.
    #[cold]
    pub(super) fn at(self, segment: Segment) -> Self {
        Problem {
            failure: self.failure.at(segment),
            ..self
        }
    }

    /// The error with its path. An `invalid-argument` becomes `code`: not everyone is blamed for an argument.
    pub(crate) fn into_error(self, code: Code) -> Error {
        let error = Error::from(self.failure);
        if error.code() == Code::InvalidArgument && code != Code::InvalidArgument {
            Error::new(code, error.message())
        } else {
            error
        }
    }
}

impl Problem {
    /// The error of a caller who cannot read a result: bytes that are no value are lost data, a type of another shape is the
    /// caller's own mistake.
    pub(crate) fn into_error_at_caller(self) -> Error {
        let code = if self.origin == Origin::Wire {
            Code::DataLoss
        } else {
            Code::InvalidArgument
        };
        self.into_error(code).with_sent(Sent::MaybeExecuted)
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Problem {
            failure: fault.into(),
            origin: Origin::Wire,
        }
    }
}

impl Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} at {:?}", self.origin, self.failure.path())
    }
}

impl std::error::Error for Problem {}

impl serde::ser::Error for Problem {
    fn custom<T: Display>(message: T) -> Self {
        Self::value(message.to_string())
    }
}

impl serde::de::Error for Problem {
    fn custom<T: Display>(message: T) -> Self {
        Self::value(message.to_string())
    }

    // serde's own texts quote the value; ours name its type only, since errors end up in logs.
    fn invalid_type(got: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::shape(format!("expected {expected}, got {}", kind(&got)))
    }

    fn invalid_value(got: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::value(format!("expected {expected}, got another {}", kind(&got)))
    }

    fn invalid_length(len: usize, expected: &dyn Expected) -> Self {
        Self::shape(format!("expected {expected}, got {len} elements"))
    }

    fn unknown_variant(variant: &str, _: &'static [&'static str]) -> Self {
        Self::shape(format!("the Rust type has no case \"{variant}\""))
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self::shape(format!("the Rust type has no field \"{field}\""))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::shape(format!(
            "the contract has no field \"{field}\", which the Rust type needs"
        ))
    }
}

fn kind(got: &Unexpected<'_>) -> &'static str {
    match got {
        Unexpected::Bool(_) => "bool",
        Unexpected::Unsigned(_) => "unsigned integer",
        Unexpected::Signed(_) => "signed integer",
        Unexpected::Float(_) => "float",
        Unexpected::Char(_) => "char",
        Unexpected::Str(_) => "string",
        Unexpected::Bytes(_) => "list of bytes",
        Unexpected::Unit => "nothing",
        Unexpected::Option => "option",
        Unexpected::NewtypeStruct => "newtype",
        Unexpected::Seq => "list",
        Unexpected::Map => "record or map",
        Unexpected::Enum => "enum or variant",
        Unexpected::UnitVariant => "case without payload",
        Unexpected::NewtypeVariant | Unexpected::TupleVariant | Unexpected::StructVariant => {
            "case with payload"
        }
        Unexpected::Other(_) => "value of another type",
    }
}
