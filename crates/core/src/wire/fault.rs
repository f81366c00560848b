//! What can be wrong with bytes, without the place: whoever walks the types knows that.

use crate::error::Code;

/// Why bytes are not a value of the expected type, or a value is over a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The message ends before the value does.
    Truncated,
    /// A length or count that the bytes left cannot hold.
    Length,
    /// Bytes after the end of the message's last value.
    Trailing,
    /// A bool that is neither 0 nor 1.
    Bool,
    /// The first byte of an option that is neither 0 nor 1.
    Option,
    /// The first byte of a result that is neither 0 nor 1.
    Result,
    /// A number that is no Unicode scalar value.
    Char,
    /// Bytes that are not UTF-8.
    Utf8,
    /// A NaN that is not the canonical one.
    Nan,
    /// Bytes other than zero where zero bytes fill up to an alignment.
    Padding,
    /// An index without a case.
    Discriminant,
    /// A bit without a flag.
    Flags,
    /// Elements of a set or keys of a map out of order.
    Order,
    /// The same element of a set or key of a map twice.
    Duplicate,
    /// A well-known type out of its range or off its grammar; says which rule.
    Invalid(&'static str),
    /// More elements than the limit.
    Elements,
    /// Nested deeper than the limit.
    Depth,
    /// More bytes than the limit.
    Size,
}

impl Fault {
    /// `resource-exhausted` for the limits, else `invalid-argument`.
    pub const fn code(self) -> Code {
        match self {
            Fault::Elements | Fault::Depth | Fault::Size => Code::ResourceExhausted,
            _ => Code::InvalidArgument,
        }
    }

    /// What is wrong, for a person.
    pub const fn message(self) -> &'static str {
        match self {
            Fault::Truncated => "the message ends inside this value",
            Fault::Length => "the length is past the end of the message",
            Fault::Trailing => "bytes follow the last value",
            Fault::Bool => "a bool must be 0 or 1",
            Fault::Option => "an option must begin with 0 or 1",
            Fault::Result => "a result must begin with 0 or 1",
            Fault::Char => "not a Unicode scalar value",
            Fault::Utf8 => "not valid UTF-8",
            Fault::Nan => "a NaN must be the canonical one",
            Fault::Padding => "padding must be zero",
            Fault::Discriminant => "no case has this index",
            Fault::Flags => "a bit is set that no flag has",
            Fault::Order => "out of order",
            Fault::Duplicate => "present twice",
            Fault::Invalid(rule) => rule,
            Fault::Elements => "the message has more elements than the limit allows",
            Fault::Depth => "nested deeper than the limit allows",
            Fault::Size => "the message is larger than the limit allows",
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for Fault {}
