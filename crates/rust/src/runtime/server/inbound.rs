//! One call to serve, from its arrival to its one reply.

use super::{Exported, SHORT};
use crate::runtime::context::CallContext;
use crate::runtime::driver::retry::Cause;
use crate::runtime::driver::state::State;
use crate::runtime::driver::{Inner, Kind, call, lead};
use hms_ffi_core::contract::schema::{Function, Schema};
use hms_ffi_core::dispatch::{LayerCall, Layers, Outcome};
use hms_ffi_core::error::{Error, Sent};
use hms_ffi_transport::clock;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// Replies that are put off, at most: the caller should have something to do meanwhile.
const MOST_PUT_OFF: u32 = 64;

/// A call to serve. Reply from any thread; one that is dropped without a reply ends with `internal`.
pub struct Inbound {
    pub(super) inner: Arc<Inner>,
    pub(super) server: u64,
    pub(super) key: u64,
    pub(super) origin: Origin,
    pub(super) export: usize,
    pub(super) exported: Arc<Exported>,
    pub(super) context: Arc<CallContext>,
    pub(super) args: Vec<u8>,
    pub(super) layers: Arc<Layers>,
    /// Monotonic nanoseconds of its arrival.
    pub(super) since: u64,
    /// It holds one of the server's running places.
    pub(super) running: bool,
    pub(super) answered: bool,
}

/// Where the reply goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin {
    /// A link, with the call's id on it.
    Link { link: u64, call: u64 },
    /// A caller of this process: its pending key.
    Local { pending: u64 },
}

impl Inbound {
    /// The interface.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.exported.schema
    }

    /// Index of the function in the schema.
    pub fn function_index(&self) -> u32 {
        self.context.function
    }

    /// The function.
    pub fn function(&self) -> &Function {
        self.context.function()
    }

    /// The arguments' bytes.
    pub fn args(&self) -> &[u8] {
        &self.args
    }

    /// What is known of the call.
    pub fn context(&self) -> &Arc<CallContext> {
        &self.context
    }

    /// A number for this call that no other call of the driver has; [`super::super::Event::CancelInbound`] names it.
    pub fn id(&self) -> u64 {
        self.key
    }

    /// Ends the call. On an event loop's driver, call `turn` or `flush` afterwards (once for many replies).
    pub fn reply(mut self, outcome: Outcome) {
        let now = clock::now();
        let outcome = match outcome {
            // What a late handler returns or raises is discarded, also where its caller has not looked at the clock yet;
            // one that gives up because it is late was not cancelled.
            _ if self.context.is_late_at(now) => Outcome::System(call::late(Sent::MaybeExecuted)),
            // The handler has run, whatever the error that it passes on says.
            Outcome::System(error) => {
                let error = error.with_sent(Sent::MaybeExecuted);
                Outcome::System(if self.context.want_trace {
                    error
                } else {
                    error.without_trace()
                })
            }
            other => other,
        };
        self.finish(outcome, now);
    }

    /// Whose it is.
    pub(crate) fn driver(&self) -> Arc<Inner> {
        self.inner.clone()
    }

    /// The handler is a future, and is woken when the deadline passes.
    pub(crate) fn ends_at_deadline(&self) {
        if self.context.deadline != 0 && self.inner.is_ours() {
            let mut state = self.inner.lock();
            state.time_handler(&self.inner, self.key, &self.context);
        }
    }

    /// Whether a thread that waits here, or a call that runs here, may belong to the same chain: not if another process began it
    /// with this call.
    pub(super) fn may_share_its_chain(&self) -> bool {
        self.context.hops > 0 || matches!(self.origin, Origin::Local { .. })
    }

    /// Runs the export's handler on this thread; a panic in it ends the call, not the thread.
    pub(crate) fn run(self) {
        let handler = self.exported.handler.clone();
        // The call moves into the handler and is answered by its drop if the handler panics.
        let _ = std::panic::catch_unwind(AssertUnwindSafe(move || match handler {
            Some(handler) => handler.handle(self),
            None => drop(self),
        }));
    }

    fn finish(&mut self, outcome: Outcome, now: u64) {
        if self.answered || !self.inner.is_ours() {
            return;
        }
        let inner = self.inner.clone();
        let mut state = inner.lock();
        self.answer(&inner, &mut state, outcome, now);
        if let Kind::Threads = inner.kind
            && !self.may_wait(&mut state)
        {
            inner.flush(&mut state);
        }
    }

    /// Whether the reply may wait for those of the next calls, to be sent with them in one write: this worker takes the next
    /// call at once, and should that take long, the thread in reserve sends.
    fn may_wait(&self, state: &mut State) -> bool {
        let more = state.rota.reserves > 0
            && lead::runs_a_call_of(self.server)
            && state
                .servers
                .get(&self.server)
                .is_some_and(|server| server.typical < SHORT && !server.ready.is_empty());
        state.put_off += 1;
        more && state.put_off < MOST_PUT_OFF
    }

    /// Ends a call that no handler has seen.
    pub(crate) fn end_unstarted(mut self, inner: &Arc<Inner>, state: &mut State, outcome: Outcome) {
        self.answer(inner, state, outcome, clock::now());
    }

    fn answer(&mut self, inner: &Arc<Inner>, state: &mut State, outcome: Outcome, now: u64) {
        self.answered = true;
        state.untime_handler(self.key);
        self.layers
            .end(&self.layer_call(), &outcome, now.saturating_sub(self.since));
        match self.origin {
            Origin::Link { link: key, call } => {
                if let Some(link) = state.links.get_mut(&key)
                    && link.incoming.remove(&call).is_some()
                {
                    link.protocol.reply(call, outcome);
                    state.touch(key);
                }
            }
            Origin::Local { pending } => {
                if state.local.remove(&pending).is_some() {
                    inner.answered(state, pending, outcome, Cause::Answered);
                }
            }
        }
        super::ended(inner, state, self.server, self.running, self.context.chain);
    }

    pub(super) fn layer_call(&self) -> LayerCall<'_> {
        LayerCall {
            export: self.export,
            index: self.context.function as usize,
            schema: &self.exported.schema,
            function: self.context.function(),
            caller_uid: self.context.caller.uid,
            caller_pid: self.context.caller.pid,
            args: &self.args,
        }
    }
}

impl Drop for Inbound {
    fn drop(&mut self) {
        if !self.answered {
            let name = &self.context.function().name;
            let message = if std::thread::panicking() {
                format!("{name}: the handler panicked")
            } else {
                format!("{name}: the handler ended without a reply")
            };
            let error = Error::internal(message).with_sent(Sent::MaybeExecuted);
            self.finish(Outcome::System(error), clock::now());
        }
    }
}

impl std::fmt::Debug for Inbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbound")
            .field("id", &self.key)
            .field("function", &self.function().name)
            .finish_non_exhaustive()
    }
}
