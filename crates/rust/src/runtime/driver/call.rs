//! Outgoing calls, as bytes.

use super::Inner;
use super::connection::{self, Route};
use super::retry::Cause;
use super::state::{Pending, Plan, Progress, Request, State, Target, Timer};
use crate::runtime::server;
use hms_ffi_core::dispatch::Outcome;
use hms_ffi_core::error::{Code, Error, Sent};
use hms_ffi_core::protocol::{Args, Reason};
use std::sync::Arc;

/// Calls that wait for room leave this part of a link's quota to others: an eighth.
const KEPT_FREE: usize = 8;

impl Inner {
    /// Starts a call. Where the connection has no route it waits for one, which is looked for once the lock is free.
    /// Returns the pending key.
    pub fn start_call(
        self: &Arc<Self>,
        state: &mut State,
        connection: u64,
        target: Target,
        request: Request,
    ) -> u64 {
        let key = state.key();
        let deadline = request.head.deadline;
        if deadline != 0 && target.needs_timer() {
            state.timers.insert((deadline, Timer::Deadline(key)));
            self.arm(state);
        }
        if let Some(parent) = &request.parent {
            parent.nested.add(self, key);
        }
        let cancel = request.cancel.clone();
        if let Some(cancel) = &cancel {
            cancel.calls().add(self, key);
        }
        state.insert_pending(
            key,
            Pending {
                progress: Progress::Queued,
                deadline,
                connection,
                cancel: cancel.clone(),
                request: Some(request),
                ..Pending::new(target)
            },
        );
        if let Some(connection) = state.connections.get_mut(&connection) {
            connection.counts.called();
            connection.earn();
        }
        self.look_for_more(state, connection);
        self.place(state, key);
        // Its handler may have been abandoned since the request was made.
        if let Some(request) = state.pending.get(&key).and_then(|p| p.request.as_ref())
            && let Some(parent) = request.parent.clone()
            && parent.is_abandoned()
        {
            state.later.abandon(&parent);
        }
        if cancel.is_some_and(|cancel| cancel.is_cancelled()) {
            self.give_up_with(state, key, Reason::Cancelled, Outcome::Cancelled);
        }
        key
    }

    /// Gives a call that is on no link to the best route.
    pub fn place(self: &Arc<Self>, state: &mut State, key: u64) {
        let Some(pending) = state.pending.get(&key) else {
            return;
        };
        let (Progress::Queued, Some(request)) = (&pending.progress, &pending.request) else {
            return;
        };
        let (connection_key, patient) = (pending.connection, request.wait_for_room);
        let begun = pending.attempts > 0;
        if !state.connections.contains_key(&connection_key) {
            let error = Error::new(Code::FailedPrecondition, "the client is closed");
            return self.complete(state, key, Outcome::System(error));
        }
        match state.pick(connection_key) {
            Some(route) if patient && !has_room(state, &route) => {
                if let Some(connection) = state.connections.get_mut(&connection_key) {
                    connection.patient.push_back(key);
                    state.patient += 1;
                }
            }
            Some(route) => self.send(state, &route, key),
            None => {
                if !patient && !begun && self.too_many_wait(state, connection_key) {
                    let message = "too many calls wait for a provider already (HMS_MAX_CALLS)";
                    let error = Error::new(Code::ResourceExhausted, message);
                    return self.complete(state, key, Outcome::System(error));
                }
                if let Some(connection) = state.connections.get_mut(&connection_key) {
                    connection.queue.push(key);
                    if connection.dial.is_none() {
                        state.later.look(connection_key);
                    }
                }
            }
        }
    }

    /// Whether a connection without a route has as many calls as could be in flight on two.
    fn too_many_wait(&self, state: &State, connection: u64) -> bool {
        let most = state.connections.get(&connection).map_or(0, |connection| {
            2 * connection.settings.calls_granted() as usize
        });
        // Counted only where there are enough in all: calls on links need no count of their own.
        state.pending.len() > most
            && state
                .pending
                .values()
                .filter(|pending| pending.connection == connection)
                .count()
                > most
    }

    /// Sends calls that wait for room, as many as there is room for.
    pub fn let_in(self: &Arc<Self>, state: &mut State) {
        if state.patient == 0 {
            return;
        }
        let waiting: Vec<u64> = state
            .connections
            .iter()
            .filter(|(_, connection)| !connection.patient.is_empty())
            .map(|(key, _)| *key)
            .collect();
        for connection in waiting {
            while let Some(route) = state.pick(connection)
                && has_room(state, &route)
                && let Some(key) = state
                    .connections
                    .get_mut(&connection)
                    .and_then(|c| c.patient.pop_front())
            {
                state.patient -= 1;
                self.send(state, &route, key);
            }
        }
    }

    fn send(self: &Arc<Self>, state: &mut State, route: &Route, key: u64) {
        let Some(pending) = state.pending.get_mut(&key) else {
            return;
        };
        let Some(request) = &pending.request else {
            return;
        };
        let function = request.function;
        let mut head = request.head.clone();
        // In the provider's contract, where that differs.
        let mut translated = None;
        pending.plan = route.plan(function);
        head.interface = route.interface;
        head.function = function;
        if let Some(plan) = &pending.plan {
            let translation = &plan.translation;
            let outcome = translation.resolution.function(function).and_then(|f| {
                head.function = f.exporter_index;
                if !f.is_identical() {
                    let args = f.transcode_args(&request.args, &translation.limits)?;
                    translated = Some(Args::from(args));
                }
                Ok(())
            });
            if let Err(error) = outcome {
                return self.complete(state, key, Outcome::System(error));
            }
        }
        let Some(link_key) = route.link else {
            let repeatable = (state.connections.get(&pending.connection))
                .is_some_and(|connection| connection.is_idempotent(function));
            pending.progress = Progress::Local;
            // Only what may be tried again needs a copy of its arguments.
            let args = match (translated, repeatable) {
                (Some(translated), true) => Some(translated),
                (None, true) => Some(request.args.clone()),
                (translated, false) => {
                    translated.or(pending.request.take().map(|request| request.args))
                }
            };
            let args = args.map_or_else(Vec::new, Args::into_vec);
            return server::called_locally(self, state, route.server, key, head, args);
        };
        let sent = match state.links.get_mut(&link_key) {
            Some(link) if link.is_full() => Err(Error::new(
                Code::ResourceExhausted,
                format!(
                    "{} calls are in flight on this link already",
                    link.in_flight()
                ),
            )),
            Some(link) => {
                let args = translated.as_ref().unwrap_or(&request.args);
                link.protocol.call_with(head, args)
            }
            None => Err(Error::unavailable(
                "the provider went away before the call was sent",
            )),
        };
        match sent {
            Ok(id) => {
                if let Some(link) = state.links.get_mut(&link_key) {
                    link.outgoing.insert(id, key);
                }
                pending.progress = Progress::Sent {
                    link: link_key,
                    call: id,
                };
                state.touch(link_key);
            }
            Err(error) if error.code() == Code::Unavailable => {
                self.answered(state, key, Outcome::System(error), Cause::Lost);
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
        let pending = state.remove_pending(key)?;
        match pending.progress {
            Progress::Sent {
                link: link_key,
                call,
            } => {
                if reason == Reason::Deadline {
                    state.note_failure_of_link(link_key);
                }
                if let Some(link) = state.links.get_mut(&link_key) {
                    link.outgoing.remove(&call);
                    link.protocol.give_up(call, reason);
                    state.touch(link_key);
                }
            }
            Progress::Queued => {
                if let Some(connection) = state.connections.get_mut(&pending.connection) {
                    let before = connection.patient.len();
                    connection.queue.retain(|queued| *queued != key);
                    connection.patient.retain(|queued| *queued != key);
                    state.patient -= before - connection.patient.len();
                }
            }
            Progress::Local => server::give_up_locally(self, state, key, reason),
            Progress::Connecting => self.forget_connect(state, key, pending.connection),
            Progress::Ended(_) => {}
        }
        Some(pending)
    }

    /// Gives a call up and tells whoever waits for it.
    pub fn give_up_with(
        self: &Arc<Self>,
        state: &mut State,
        key: u64,
        reason: Reason,
        outcome: Outcome,
    ) {
        let ended = |pending: &Pending| matches!(pending.progress, Progress::Ended(_));
        if state.pending.get(&key).is_none_or(ended) {
            return;
        }
        if let Some(pending) = self.give_up(state, key, reason) {
            // Kept for the one who waits.
            let pending = Pending {
                progress: Progress::Queued,
                deadline: 0,
                plan: None,
                request: None,
                cancel: None,
                ..pending
            };
            state.insert_pending(key, pending);
            self.complete(state, key, outcome);
        }
    }

    /// The deadline of a call or connect has passed that no thread waits for.
    pub fn deadline_passed(self: &Arc<Self>, state: &mut State, key: u64) {
        let Some(pending) = state.pending.get(&key) else {
            return;
        };
        let outcome = Outcome::System(late(pending.sent()));
        if connection::is_connect(&pending.progress) {
            let connection = pending.connection;
            self.forget_connect(state, key, connection);
            return self.complete(state, key, outcome);
        }
        self.give_up_with(state, key, Reason::Deadline, outcome);
    }
}

fn has_room(state: &State, route: &Route) -> bool {
    if route.link.is_none() {
        // A provider of this process has no quota, but a queue that others use too.
        return (state.servers.get(&route.server))
            .is_none_or(|server| server.running + server.ready.len() < server.max_concurrent);
    }
    let Some(link) = route.link.and_then(|key| state.links.get(&key)) else {
        return true;
    };
    link.room() > link.quota() / KEPT_FREE
}

/// `deadline-exceeded` as the caller sees it.
pub(crate) fn late(sent: Sent) -> Error {
    Error::new(
        Code::DeadlineExceeded,
        "the deadline passed before the call ended",
    )
    .with_sent(sent)
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
