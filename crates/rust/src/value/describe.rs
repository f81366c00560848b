//! Types and keys in the words of messages.

use hms_ffi_core::contract::schema::TypeId;
use hms_ffi_core::convert::{self, Converter, Type};

/// What a message calls a type: its name, else its WIT spelling.
#[cold]
pub(super) fn describe(converter: &Converter, id: TypeId) -> String {
    convert::describe(Type {
        schema: converter.schema(),
        id,
    })
}

/// A text as JSON, for a path.
#[cold]
pub(super) fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
