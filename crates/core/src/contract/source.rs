//! Where something stands in a contract's files, and the error that says so.

use std::collections::BTreeMap;
use std::fmt;

use wit_parser::{SourceMap, Span};

use crate::error::Error;

/// A mistake in a contract, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractError {
    /// The file as it was named when it was loaded; the path itself if it could not be read.
    pub file: String,
    /// Line, from 1; 0 if the error is about the file as a whole.
    pub line: u32,
    /// Column in characters, from 1; 0 if the error is about the file as a whole.
    pub column: u32,
    /// What is wrong.
    pub message: String,
}

/// Something in a contract that works but may surprise, with its place.
pub type Warning = ContractError;

impl ContractError {
    /// An error about a whole file or directory.
    pub fn whole(file: impl Into<String>, message: impl Into<String>) -> Self {
        ContractError {
            file: file.into(),
            line: 0,
            column: 0,
            message: message.into(),
        }
    }
}

impl fmt::Display for ContractError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(f, "{}: {}", self.file, self.message)
        } else {
            write!(
                f,
                "{}:{}:{}: {}",
                self.file, self.line, self.column, self.message
            )
        }
    }
}

impl std::error::Error for ContractError {}

impl From<ContractError> for Error {
    fn from(error: ContractError) -> Self {
        Error::invalid_argument(error.to_string())
    }
}

/// The texts of a contract, to turn spans into places.
#[derive(Debug, Default)]
pub(super) struct Sources {
    texts: BTreeMap<String, String>,
}

impl Sources {
    pub(super) fn add(&mut self, file: &str, text: &str) {
        self.texts.insert(file.to_owned(), text.to_owned());
    }

    /// The error `message` at `span` of `map`, or about `fallback` if the span is unknown.
    pub(super) fn error(
        &self,
        map: &SourceMap,
        span: Span,
        fallback: &str,
        message: impl Into<String>,
    ) -> ContractError {
        let message = message.into();
        let Some(location) = map.resolve_span(span) else {
            let (line, column) = if self.texts.contains_key(fallback) {
                (1, 1)
            } else {
                (0, 0)
            };
            return ContractError {
                file: fallback.to_owned(),
                line,
                column,
                message,
            };
        };
        let text = self
            .texts
            .get(location.path)
            .map(String::as_str)
            .unwrap_or_default();
        let before = text.get(..location.range.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        ContractError {
            file: location.path.to_owned(),
            line: before.matches('\n').count() as u32 + 1,
            column: before[line_start..].chars().count() as u32 + 1,
            message,
        }
    }
}
