//! What a link tells its owner.

use std::borrow::Cow;
use std::sync::Arc;

use super::{CallHead, Hello};
use crate::dispatch::Outcome;
use crate::error::{Code, Error};

/// Something that the owner of a [`Link`](super::Link) has to act on.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkEvent {
    /// The peer's hello arrived; calls may be made.
    Opened(Arc<Hello>),
    /// The peer asks for the schema of this side's export `index` (always in range):
    /// answer with [`Link::reply_schema`](super::Link::reply_schema).
    SchemaRequested {
        /// Position in this side's hello.
        index: u32,
    },
    /// The schema that was asked for.
    Schema {
        /// Position in the peer's hello.
        index: u32,
        /// The schema's JSON, not checked.
        json: Vec<u8>,
    },
    /// A call arrived: answer with [`Link::reply`](super::Link::reply). Its interface, function and deadline are not checked.
    Call {
        /// The call.
        id: u64,
        /// What is called.
        head: CallHead,
        /// Encoded arguments.
        args: Vec<u8>,
    },
    /// A call that this side made has ended.
    Outcome {
        /// The call.
        id: u64,
        /// How it ended.
        outcome: Outcome,
    },
    /// The caller of a call that was handed out as [`LinkEvent::Call`] no longer waits. It still has to be replied to;
    /// whatever the reply, the caller is sent `cancelled`.
    CancelRequested {
        /// The call.
        id: u64,
        /// Why.
        reason: Reason,
    },
    /// The peer takes no new calls; those above its last accepted one have ended as not-sent.
    Goodbye {
        /// Why, for a person.
        reason: String,
    },
    /// The answer to a ping.
    Pong(u64),
    /// The peer ended the link because of this error. [`Link::lost`](super::Link::lost) has been done.
    Failed(Error),
}

/// Why a caller no longer waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// It was cancelled.
    Cancelled,
    /// Its deadline passed.
    Deadline,
    /// The link was lost. Only reported, never given.
    Lost,
}

/// The peer broke the protocol: the link is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    code: Code,
    reason: Cow<'static, str>,
}

impl Violation {
    pub(super) fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Violation {
            code: Code::InvalidArgument,
            reason: reason.into(),
        }
    }

    pub(super) fn with_code(code: Code, reason: impl Into<Cow<'static, str>>) -> Self {
        Violation {
            code,
            reason: reason.into(),
        }
    }

    /// `invalid-argument`, or `unimplemented` when no protocol version is common.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What was wrong, for a person. Holds no value bytes.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "protocol violation: {}", self.reason)
    }
}

impl std::error::Error for Violation {}
