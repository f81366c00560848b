//! The outcome of a function from what its handler returned: a `Result` is taken apart.

use super::message::lower_outcome;
use super::only::{Accept, Only};
use super::problem::{Problem, Result};
use hms_ffi_core::contract::schema::Outcome;
use hms_ffi_core::convert::Converter;
use hms_ffi_core::wire::Limits;
use serde::Serialize;

/// The two cases of a `Result`, each as bytes of its type in the contract.
pub(crate) enum Split {
    Ok(Result<Vec<u8>>),
    Err(Result<Vec<u8>>),
}

/// The parts of a `Result`; `None` for any other value.
pub(crate) fn split_result<T: Serialize + ?Sized>(
    value: &T,
    converter: &Converter,
    outcome: &Outcome,
    limits: &Limits,
) -> Option<Split> {
    value
        .serialize(Only(TakeApart {
            converter,
            outcome,
            limits,
        }))
        .ok()
}

struct TakeApart<'a> {
    converter: &'a Converter,
    outcome: &'a Outcome,
    limits: &'a Limits,
}

impl Accept for TakeApart<'_> {
    type Out = Split;

    fn expected(&self) -> String {
        "Result".to_owned()
    }

    /// Most values are no `Result`, and nobody reads why.
    fn mismatch(&self, _: &str) -> Result<Split> {
        Err(Problem::shape(String::new()))
    }

    fn payload<T: Serialize + ?Sized>(
        self,
        ty: &'static str,
        case: &'static str,
        value: &T,
    ) -> Result<Split> {
        match (ty, case) {
            ("Result", "Ok") => Ok(Split::Ok(lower_outcome(
                self.converter,
                self.outcome.ok,
                "result",
                value,
                self.limits,
            ))),
            // Without a declared error there is no type for it; the handler's mistake is reported by the caller.
            ("Result", "Err") if !self.outcome.declared => Ok(Split::Err(Ok(Vec::new()))),
            ("Result", "Err") => Ok(Split::Err(lower_outcome(
                self.converter,
                self.outcome.err,
                "error",
                value,
                self.limits,
            ))),
            _ => self.mismatch("case with payload"),
        }
    }
}
