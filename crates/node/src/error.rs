//! Errors on their way between the core and JavaScript, as JSON: they are rare, and have parts of every size.

use hms_ffi::runtime::{Code, Error, Frame, Sent};
use napi::Status;
use napi_derive::napi;
use serde::{Deserialize, Serialize};

/// An error as `lib/errors.js` reads and writes it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Exchange {
    code: Code,
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    details: Option<Vec<u8>>,
    #[serde(default)]
    executed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry: Option<bool>,
    #[serde(default)]
    trace: Vec<(String, String, String, String, u32)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cause: Option<Box<Exchange>>,
    /// The error came from a call that a handler made, and ends the handler.
    #[serde(default, skip_serializing)]
    nested: bool,
}

/// For the message of the result of a native function; the package turns it into its error class.
pub(crate) fn thrown(error: &Error) -> napi::Error {
    napi::Error::new(
        Status::GenericFailure,
        String::from_utf8_lossy(&to_json(error)).into_owned(),
    )
}

/// The error as JSON.
pub(crate) fn to_json(error: &Error) -> Vec<u8> {
    // Only fails for maps with keys that are no strings.
    serde_json::to_vec(&exchange(error)).unwrap_or_default()
}

fn exchange(error: &Error) -> Exchange {
    let frame = |frame: &Frame| {
        let Frame {
            language,
            component,
            function,
            file,
            line,
        } = frame.clone();
        (language, component, function, file, line)
    };
    Exchange {
        code: error.code(),
        message: error.message().to_owned(),
        details: error.details().map(<[u8]>::to_vec),
        executed: error.sent() == Sent::MaybeExecuted,
        retry: error.retry_hint(),
        trace: error.trace().iter().map(frame).collect(),
        cause: error.cause().map(|cause| Box::new(exchange(cause))),
        nested: false,
    }
}

/// The error that a handler ends with.
pub(crate) fn from_json(json: &[u8]) -> Error {
    match serde_json::from_slice::<Exchange>(json) {
        Ok(exchange) => exchange.into_error(),
        Err(error) => Error::internal(format!("the handler's error cannot be read: {error}")),
    }
}

/// A status code as JavaScript knows it.
#[napi(object)]
pub struct CodeName {
    /// `not-found`
    pub name: String,
    /// `NotFound`
    pub class_name: String,
    /// Whether the same call may succeed a little later.
    pub temporary: bool,
}

/// The sixteen codes.
#[napi]
pub fn codes() -> Vec<CodeName> {
    let name = |code: Code| CodeName {
        name: code.name().to_owned(),
        class_name: code.class_name().to_owned(),
        temporary: code.is_temporary(),
    };
    Code::ALL.into_iter().map(name).collect()
}

impl Exchange {
    fn into_error(self) -> Error {
        let sent = if self.executed {
            Sent::MaybeExecuted
        } else {
            Sent::NotSent
        };
        let frame = |(language, component, function, file, line)| Frame {
            language,
            component,
            function,
            file,
            line,
        };
        let mut error = Error::new(self.code, self.message)
            .with_sent(sent)
            .with_trace(self.trace.into_iter().map(frame).collect());
        if let Some(details) = self.details {
            error = error.with_details(details);
        }
        if let Some(retry) = self.retry {
            error = error.with_retry(retry);
        }
        if let Some(cause) = self.cause {
            error = error.with_cause(cause.into_error());
        }
        if self.nested {
            error.into_nested()
        } else {
            error
        }
    }
}
