//! Outgoing calls, as bytes.

use super::Inner;
use super::connection::{self, Route};
use super::state::{Pending, Plan, Progress, State, Target, Timer};
use crate::runtime::server;
use hms_ffi_core::dispatch::Outcome;
use hms_ffi_core::error::{Code, Error, Sent};
use hms_ffi_core::protocol::{CallHead, Reason};
use std::sync::Arc;

/// A call that waits until its connection has a route.
pub(crate) struct QueuedCall {
    pub pending: u64,
    /// Index in the caller's view.
    pub function: u32,
    pub args: Vec<u8>,
    pub head: CallHead,
}

impl Inner {
    /// Starts a call. Where the connection has no route, `dial` is told and the call waits. Returns the pending key.
    pub fn start_call(
        self: &Arc<Self>,
        state: &mut State,
        connection: u64,
        target: Target,
        function: u32,
        args: Vec<u8>,
        head: CallHead,
    ) -> (u64, bool) {
        let key = state.key();
        let deadline = head.deadline;
        if deadline != 0 && !matches!(target, Target::Thread(_)) {
            state.timers.insert((deadline, Timer::Deadline(key)));
            self.arm(state);
        }
        state.pending.insert(
            key,
            Pending {
                target,
                progress: Progress::Queued,
                deadline,
                connection,
                plan: None,
            },
        );
        let call = QueuedCall {
            pending: key,
            function,
            args,
            head,
        };
        let route = match state.connections.get_mut(&connection) {
            Some(connection) => connection.pick(&state.links),
            None => {
                let error = Error::new(Code::FailedPrecondition, "the client is closed");
                self.complete(state, key, Outcome::System(error));
                return (key, false);
            }
        };
        match route {
            Some(route) => {
                self.send(state, route, call);
                (key, false)
            }
            None => {
                let connection = state
                    .connections
                    .get_mut(&connection)
                    .expect("looked up above");
                connection.queue.push(call);
                (key, connection.dial.is_none())
            }
        }
    }

    /// Sends a call that waited for a route.
    pub fn send_queued(self: &Arc<Self>, state: &mut State, connection: u64, call: QueuedCall) {
        if !state.pending.contains_key(&call.pending) {
            return;
        }
        match state
            .connections
            .get_mut(&connection)
            .and_then(|c| c.pick(&state.links))
        {
            Some(route) => self.send(state, route, call),
            None => {
                let error = Error::unavailable("the provider went away before the call was sent");
                self.complete(state, call.pending, Outcome::System(error));
            }
        }
    }

    fn send(self: &Arc<Self>, state: &mut State, route: Route, call: QueuedCall) {
        let QueuedCall {
            pending: key,
            function,
            mut args,
            mut head,
        } = call;
        let plan = route.plan(function);
        head.interface = route.interface;
        head.function = function;
        if let Some(plan) = &plan {
            let translated = plan
                .translation
                .resolution
                .function(function)
                .and_then(|f| {
                    head.function = f.exporter_index;
                    if !f.is_identical() {
                        args = f.transcode_args(&args, &plan.translation.limits)?;
                    }
                    Ok(())
                });
            if let Err(error) = translated {
                return self.complete(state, key, Outcome::System(error));
            }
        }
        if let Some(pending) = state.pending.get_mut(&key) {
            pending.plan = plan;
        }
        let Some(link_key) = route.link else {
            if let Some(pending) = state.pending.get_mut(&key) {
                pending.progress = Progress::Local;
            }
            return server::called_locally(self, state, route.server, key, head, args);
        };
        let Some(link) = state.links.get_mut(&link_key) else {
            let error = Error::unavailable("the provider went away before the call was sent");
            return self.complete(state, key, Outcome::System(error));
        };
        match link.protocol.call(head, args) {
            Ok(id) => {
                link.outgoing.insert(id, key);
                if let Some(pending) = state.pending.get_mut(&key) {
                    pending.progress = Progress::Sent {
                        link: link_key,
                        call: id,
                    };
                }
                state.touch(link_key);
            }
            Err(error) => self.complete(state, key, Outcome::System(error)),
        }
    }

    /// The caller no longer waits: what comes is discarded, the provider is told.
    pub fn give_up(
        self: &Arc<Self>,
        state: &mut State,
        key: u64,
        reason: Reason,
    ) -> Option<Pending> {
        let pending = state.pending.remove(&key)?;
        if pending.deadline != 0 {
            state
                .timers
                .remove(&(pending.deadline, Timer::Deadline(key)));
        }
        match pending.progress {
            Progress::Sent {
                link: link_key,
                call,
            } => {
                if let Some(link) = state.links.get_mut(&link_key) {
                    link.outgoing.remove(&call);
                    link.protocol.give_up(call, reason);
                    state.touch(link_key);
                }
            }
            Progress::Queued => {
                if let Some(connection) = state.connections.get_mut(&pending.connection) {
                    connection.queue.retain(|call| call.pending != key);
                }
            }
            Progress::Local => server::give_up_locally(self, state, key, reason),
            Progress::Connecting => self.forget_connect(state, key, pending.connection),
            Progress::Ended(_) => {}
        }
        Some(pending)
    }

    /// The deadline of an event loop's call or connect has passed.
    pub fn deadline_passed(self: &Arc<Self>, state: &mut State, key: u64) {
        let Some(pending) = state.pending.get(&key) else {
            return;
        };
        let (sent, connect) = (
            sent(&pending.progress),
            connection::is_connect(&pending.progress),
        );
        let outcome = Outcome::System(late(sent));
        if connect {
            let connection = pending.connection;
            self.forget_connect(state, key, connection);
            return self.connect_ended(state, key, outcome);
        }
        if let Some(pending) = self.give_up(state, key, Reason::Deadline)
            && let Target::Call(token) = pending.target
        {
            state
                .events
                .push_back((super::Event::Done { token, outcome }, None));
        }
    }
}

/// `deadline-exceeded` as the caller sees it.
pub(crate) fn late(sent: Sent) -> Error {
    Error::new(
        Code::DeadlineExceeded,
        "the deadline passed before the call ended",
    )
    .with_sent(sent)
}

/// Whether a handler may have seen the call.
pub(crate) fn sent(progress: &Progress) -> Sent {
    match progress {
        Progress::Queued | Progress::Connecting => Sent::NotSent,
        Progress::Sent { .. } | Progress::Local | Progress::Ended(_) => Sent::MaybeExecuted,
    }
}

/// An outcome in the caller's own view of the contract.
pub(crate) fn in_view(plan: Option<&Plan>, outcome: Outcome) -> Outcome {
    let Some(plan) = plan else { return outcome };
    let function = match plan.translation.resolution.function(plan.function) {
        Ok(function) if !function.is_identical() => function,
        _ => return outcome,
    };
    let limits = &plan.translation.limits;
    let translated = match outcome {
        Outcome::Ok(bytes) => function.transcode_ok(&bytes, limits).map(Outcome::Ok),
        Outcome::Declared(bytes) => function
            .transcode_err(&bytes, limits)
            .map(Outcome::Declared),
        other => return other,
    };
    translated.unwrap_or_else(|error| Outcome::System(error.with_sent(Sent::MaybeExecuted)))
}
