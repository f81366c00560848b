//! Frames and the state machine of a link, without sockets, clocks or threads. `docs/protocol.md` is the specification.
//!
//! Whoever owns a [`Link`] feeds it the bytes that arrive ([`Link::receive`]), sends the bytes it produces
//! ([`Link::output`], [`Link::consume`]) and acts on its events ([`Link::poll_event`]).

mod args;
mod body;
mod call_head;
mod cursor;
mod error_body;
mod event;
mod frame;
mod header;
mod hello;
mod ids;
mod link;
mod output;

pub use args::Args;
pub use call_head::{CallHead, MAX_METADATA, Metadata};
pub use error_body::{decode_error, encode_error};
pub use event::{LinkEvent, Reason, Violation};
pub use frame::{ArenaRef, Body, EndHow, Frame, StreamSide};
pub use header::{FRAGMENT, FrameType, HEADER, Header, MAX_BODY, flags};
pub use hello::{Export, Hello, MAX_EXPORTS, MAX_NAME, VERSION, features};
pub use link::{Link, Role};

/// Largest schema that a `schema-reply` carries, in bytes, whatever the message limit.
pub const MAX_SCHEMA: u64 = 16 << 20;

/// Largest body of a `system-error`, in bytes, whatever the message limit. The sender shortens an error that is larger.
pub const MAX_ERROR: u64 = 1 << 20;

#[cfg(test)]
mod tests;
