//! Cancelling calls from outside.

use super::driver::nested::Nested;
use hms_ffi_core::protocol::Reason;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Cancels calls from another thread or task. Clones cancel the same calls.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    cancelled: AtomicBool,
    calls: Nested,
}

impl Cancel {
    /// Nothing is cancelled yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the calls that were given this, at once, and later ones before they are sent. Calls that have ended stay as they are.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Release);
        self.0.calls.give_up(Reason::Cancelled);
    }

    /// Whether [`cancel`](Cancel::cancel) was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }

    /// The calls under way.
    pub(crate) fn calls(&self) -> &Nested {
        &self.0.calls
    }
}
