//! The core of HMS FFI, in reading order:
//!
//! - [`contract`]: WIT packages become a [`contract::schema::Schema`], a compact immutable table; versions are resolved.
//! - [`wire`]: bytes of values, read and written with every check; well-known types.
//! - [`convert`]: walks a type of the schema and a language value together; JSON is its first object model.
//! - [`error`]: the sixteen codes, one error type, the polyglot trace.
//! - [`protocol`]: frames and the state machine of a link, without sockets, clocks or threads.
//! - [`dispatch`]: what an instance exports, and the layers around a call.
//!
//! The core opens no socket, starts no thread, reads no clock, knows no host language and has no `unsafe`.
#![forbid(unsafe_code)]

pub mod contract;
pub mod convert;
pub mod dispatch;
pub mod error;
pub mod protocol;
pub mod wire;
