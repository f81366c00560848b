//! Calls that a handler has under way: they end with the call that it serves.

use super::Inner;
use super::call;
use crate::runtime::context::{CallContext, LATE};
use hms_ffi_core::dispatch::Outcome;
use hms_ffi_core::protocol::Reason;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The calls under way of one handler, with the driver that each belongs to.
#[derive(Default)]
pub(crate) struct Nested(Mutex<Vec<(Weak<Inner>, u64)>>);

impl Nested {
    fn list(&self) -> std::sync::MutexGuard<'_, Vec<(Weak<Inner>, u64)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add(&self, inner: &Arc<Inner>, key: u64) {
        self.list().push((Arc::downgrade(inner), key));
    }

    pub fn remove(&self, key: u64) {
        let mut list = self.list();
        if let Some(at) = list.iter().rposition(|(_, k)| *k == key) {
            list.swap_remove(at);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.list().is_empty()
    }

    /// Gives up what is under way. Takes the locks of the drivers concerned.
    pub fn give_up(&self, reason: Reason) {
        let nested = std::mem::take(&mut *self.list());
        for (inner, key) in nested {
            let Some(inner) = inner.upgrade().filter(|inner| inner.is_ours()) else {
                continue;
            };
            let mut state = inner.lock();
            let Some(pending) = state.pending.get(&key) else {
                continue;
            };
            let outcome = match reason {
                Reason::Deadline => Outcome::System(call::late(pending.sent())),
                _ => Outcome::Cancelled,
            };
            inner.give_up_with(&mut state, key, reason, outcome);
            inner.flush(&mut state);
            // An event loop has to take the event that came of it.
            inner.poller.ring();
        }
    }
}

impl std::fmt::Debug for Nested {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} nested calls", self.list().len())
    }
}

/// Nobody waits for this handler any more: what it waits for is given up. Takes the locks of the drivers concerned.
pub(super) fn give_up(context: &CallContext) {
    let late = context.ended.load(Ordering::Relaxed) == LATE;
    context.nested.give_up(if late {
        Reason::Deadline
    } else {
        Reason::Cancelled
    });
}
