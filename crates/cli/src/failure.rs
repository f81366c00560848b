//! How a command fails: what goes to standard error, and the exit status.

use std::io;
use std::sync::Arc;

use hms_ffi_core::contract::ContractError;
use hms_ffi_core::contract::schema::{Kind, Schema, TypeDef};
use hms_ffi_core::convert::Converter;
use hms_ffi_core::convert::json::{self, Json};
use hms_ffi_core::error::Error;
use hms_ffi_core::wire::{Limits, Writer};
use serde_json::{Value, json};

use crate::output::{Look, has_colours, paint};

/// Exit status of a declared error, and of a check that found something.
const FOUND: u8 = 1;
/// Exit status of a system error.
const SYSTEM: u8 = 2;
/// Exit status of bad usage, as in `sysexits.h`.
pub const BAD_USAGE: u8 = 64;

/// Why a command did not succeed.
pub enum Failure {
    /// The function ended with its declared error; its value, if it has one.
    Declared(Option<Json>),
    /// Everything else that goes wrong in a call.
    System(Error),
    /// A contract is wrong.
    Contract(ContractError),
    /// The arguments make no sense.
    Usage(String),
    /// What was found has been printed.
    Found,
    /// Standard output cannot be written.
    Output(io::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::System(error)
    }
}

impl From<ContractError> for Failure {
    fn from(error: ContractError) -> Self {
        Failure::Contract(error)
    }
}

impl Failure {
    pub fn output(error: io::Error) -> Failure {
        Failure::Output(error)
    }

    /// The exit status.
    pub fn status(&self) -> u8 {
        match self {
            Failure::Declared(_) | Failure::Found => FOUND,
            Failure::System(_) | Failure::Contract(_) => SYSTEM,
            Failure::Usage(_) => BAD_USAGE,
            // As if the signal had ended us: `hms list | head -1` is no failure worth a message.
            Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => 141,
            Failure::Output(_) => SYSTEM,
        }
    }

    /// Writes to standard error what happened.
    pub fn report(&self, as_json: bool) {
        if as_json && let Some(value) = self.to_json() {
            eprintln!("{value}");
            return;
        }
        let colours = has_colours(&io::stderr());
        let error = paint(colours, Look::Red, "error");
        match self {
            Failure::Declared(value) => {
                let value = value
                    .as_ref()
                    .map(|value| format!(": {value}"))
                    .unwrap_or_default();
                eprintln!("{}{value}", paint(colours, Look::Red, "declared error"));
            }
            Failure::System(system) => report_system(system, &error, colours),
            Failure::Contract(contract) => eprintln!("{error}: {contract}"),
            Failure::Usage(message) => eprintln!("{error}: {message}"),
            Failure::Output(io_error) if io_error.kind() != io::ErrorKind::BrokenPipe => {
                eprintln!("{error}: standard output: {io_error}");
            }
            Failure::Output(_) | Failure::Found => {}
        }
    }

    fn to_json(&self) -> Option<Value> {
        Some(match self {
            Failure::Declared(value) => json!({ "declared": value }),
            Failure::System(error) => json!({ "error": system_json(error) }),
            Failure::Contract(error) => json!({ "error": {
                "code": "invalid-argument",
                "message": error.message,
                "file": error.file,
                "line": error.line,
                "column": error.column,
            } }),
            Failure::Usage(message) => json!({ "usage": message }),
            Failure::Found | Failure::Output(_) => return None,
        })
    }
}

fn report_system(error: &Error, label: &str, colours: bool) {
    eprintln!(
        "{label}: {}: {} ({})",
        error.code(),
        error.message(),
        error.sent().name()
    );
    if let Some(details) = error.details() {
        eprintln!("  details: {}", document(details));
    }
    let mut cause = error.cause();
    while let Some(error) = cause {
        eprintln!("  caused by: {}: {}", error.code(), error.message());
        if let Some(details) = error.details() {
            eprintln!("    details: {}", document(details));
        }
        cause = error.cause();
    }
    if !error.trace().is_empty() {
        eprintln!("trace, outermost call first:");
        for frame in error.trace() {
            eprintln!("  {}", paint(colours, Look::Dim, &frame.to_string()));
        }
    }
}

fn system_json(error: &Error) -> Value {
    json!({
        "code": error.code().name(),
        "message": error.message(),
        "sent": error.sent().name(),
        "retry": error.is_retryable(),
        "details": error.details().map(document),
        "cause": error.cause().map(system_json),
        "trace": error.trace().iter().map(|frame| json!({
            "language": frame.language,
            "component": frame.component,
            "function": frame.function,
            "file": frame.file,
            "line": frame.line,
        })).collect::<Vec<_>>(),
    })
}

/// The details of an error, an encoded document, as JSON.
fn document(bytes: &[u8]) -> Json {
    let schema = Schema {
        interface: String::new(),
        fingerprint: String::new(),
        types: vec![TypeDef {
            name: None,
            owner: None,
            kind: Kind::Document,
            constraints: Default::default(),
            foreign: Vec::new(),
            docs: String::new(),
        }],
        functions: Vec::new(),
        resources: Vec::new(),
        docs: String::new(),
        wit: String::new(),
        topics: false,
    };
    let limits = Limits::default();
    let mut message = Writer::new(limits);
    let message = message.bytes(bytes).and_then(|()| message.finish());
    message
        .ok()
        .and_then(|message| {
            json::from_wire(
                &Converter::new(Arc::new(schema)),
                0,
                "details",
                &message,
                &limits,
            )
            .ok()
        })
        .unwrap_or_else(|| Json::String("not a document".into()))
}
