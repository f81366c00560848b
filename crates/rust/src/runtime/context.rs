//! What a handler knows of the call that it serves, and what the calls that it makes in turn inherit.

use super::driver::nested::Nested;
use super::watchers::{Cancelled, Signal, Watchers};
use hms_ffi_core::contract::schema::{Function, Schema};
use hms_ffi_transport::clock;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

/// Who calls, according to the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// Process id in our pid namespace; 0 if it has none here.
    pub pid: u32,
}

/// An inbound call: identity, deadline, cancellation, trace context.
#[derive(Debug)]
pub struct CallContext {
    pub(crate) schema: Arc<Schema>,
    pub(crate) function: u32,
    pub(crate) caller: Caller,
    /// Monotonic nanoseconds; 0 for none.
    pub(crate) deadline: u64,
    pub(crate) chain: [u8; 16],
    pub(crate) hops: u16,
    pub(crate) traceparent: Option<String>,
    pub(crate) tracestate: Option<String>,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) want_trace: bool,
    pub(crate) ended: AtomicU8,
    /// Calls that the handler has under way.
    pub(crate) nested: Nested,
    /// Who wants to know that the caller no longer waits.
    pub(crate) watchers: Watchers,
}

pub(crate) const RUNNING: u8 = 0;
pub(crate) const CANCELLED: u8 = 1;
pub(crate) const LATE: u8 = 2;

impl CallContext {
    /// Notes that the caller no longer waits; the first reason stays. True if that was known already.
    pub(crate) fn end(&self, reason: u8) -> bool {
        self.ended
            .compare_exchange(RUNNING, reason, Ordering::Relaxed, Ordering::Relaxed)
            .is_err()
    }

    /// The interface, with version.
    pub fn interface(&self) -> &str {
        &self.schema.interface
    }

    /// The function.
    pub fn function(&self) -> &Function {
        &self.schema.functions[self.function as usize]
    }

    /// Who calls.
    pub fn caller(&self) -> Caller {
        self.caller
    }

    /// Time left until the deadline (zero once it has passed); `None` without a deadline.
    pub fn remaining(&self) -> Option<Duration> {
        (self.deadline != 0)
            .then(|| Duration::from_nanos(self.deadline.saturating_sub(clock::now())))
    }

    /// Whether the deadline has passed.
    pub fn is_late(&self) -> bool {
        self.ended.load(Ordering::Relaxed) == LATE
            || (self.deadline != 0 && clock::now() >= self.deadline)
    }

    /// The same for a moment that is known.
    pub(crate) fn is_late_at(&self, now: u64) -> bool {
        self.ended.load(Ordering::Relaxed) == LATE || (self.deadline != 0 && now >= self.deadline)
    }

    /// Whether the caller has said that it no longer waits.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.ended.load(Ordering::Relaxed) == CANCELLED
    }

    /// Whether the caller no longer waits: it cancelled, it is gone, or the deadline has passed.
    pub fn is_cancelled(&self) -> bool {
        self.ended.load(Ordering::Relaxed) != RUNNING || self.is_late()
    }

    /// Ends as soon as the caller no longer waits. In a handler that runs as a future this is rarely needed: the handler is
    /// dropped then.
    pub fn cancelled(self: &Arc<Self>) -> Cancelled {
        Cancelled::new(self.clone())
    }

    /// Blocks until the caller no longer waits, at most `limit`. True if so.
    pub fn wait_cancelled(self: &Arc<Self>, limit: Duration) -> bool {
        let until = Instant::now().checked_add(limit);
        let signal = Arc::new(Signal::default());
        let waker = Waker::from(signal.clone());
        let mut cancelled = pin!(self.cancelled());
        while cancelled
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
        {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return false;
            }
            signal.wait([left, self.remaining()].into_iter().flatten().min());
        }
        true
    }

    /// W3C trace context of the caller.
    pub fn traceparent(&self) -> Option<&str> {
        self.traceparent.as_deref()
    }

    /// W3C trace state of the caller.
    pub fn tracestate(&self) -> Option<&str> {
        self.tracestate.as_deref()
    }

    /// The caller's idempotency key.
    pub fn idempotency_key(&self) -> Option<&str> {
        self.idempotency_key.as_deref()
    }

    /// The id that all calls of this chain share.
    pub fn chain(&self) -> [u8; 16] {
        self.chain
    }

    /// How many calls of the chain are above this one.
    pub fn hops(&self) -> u16 {
        self.hops
    }

    /// Whether the caller may see source locations (another user may not unless allowed).
    pub fn wants_trace(&self) -> bool {
        self.want_trace
    }
}
