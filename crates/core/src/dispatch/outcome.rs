//! The four ways in which a call ends.

use crate::error::Error;

/// How a call ended. Every call has exactly one outcome.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The function returned: the encoded result.
    Ok(Vec<u8>),
    /// The function ended with the error that its contract declares: the encoded error.
    Declared(Vec<u8>),
    /// Everything else that went wrong.
    System(Error),
    /// The call's caller cancelled it.
    Cancelled,
}

impl Outcome {
    /// Whether this is [`Outcome::Ok`].
    pub fn is_ok(&self) -> bool {
        matches!(self, Outcome::Ok(_))
    }
}

impl From<Error> for Outcome {
    fn from(error: Error) -> Self {
        Outcome::System(error)
    }
}
