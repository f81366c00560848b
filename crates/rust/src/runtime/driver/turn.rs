//! One pass: what the poller reported goes into the links, and what the links say goes to calls, connections and servers.

use super::retry::Cause;
use super::rota;
use super::state::{Plan, Progress, Side, State, Target, Timer};
use super::{Event, Inner, Kind};
use crate::runtime::context::{CANCELLED, LATE};
use crate::runtime::server;
use hms_ffi_core::dispatch::Outcome;
use hms_ffi_core::protocol::{LinkEvent, Reason};
use hms_ffi_transport::park::Parker;
use hms_ffi_transport::poll::{Interest, Ready};
use hms_ffi_transport::socket;
use std::sync::Arc;

/// Whose descriptor a poller key names.
#[derive(Clone, Copy)]
pub(crate) enum Watched {
    Link(u64),
    Listener(u64),
    Process(u64),
    /// The poller of an event loop that stands still.
    Loop(u64),
}

impl Watched {
    pub fn key(self) -> u64 {
        match self {
            Watched::Link(key) => key * 4,
            Watched::Listener(key) => key * 4 + 1,
            Watched::Process(key) => key * 4 + 2,
            Watched::Loop(key) => key * 4 + 3,
        }
    }

    fn of(key: u64) -> Self {
        match key % 4 {
            0 => Watched::Link(key / 4),
            1 => Watched::Listener(key / 4),
            2 => Watched::Process(key / 4),
            _ => Watched::Loop(key / 4),
        }
    }
}

impl Inner {
    /// Takes in everything that is ready, does what timers ask for, and sends what came of it.
    pub fn process(self: &Arc<Self>, state: &mut State, ready: &[Ready]) {
        state.attendance.rung = false;
        for item in ready {
            match Watched::of(item.key) {
                Watched::Link(key) => self.link_ready(state, key, *item),
                Watched::Listener(key) => server::accept(self, state, key),
                Watched::Loop(key) => super::blocked::look_after(state, key),
                Watched::Process(key) => self.lose(state, key, "its process died"),
            }
        }
        for timer in self.due(state) {
            match timer {
                Timer::Deadline(pending) => self.deadline_passed(state, pending),
                Timer::Accept(server) => server::accept(self, state, server),
                Timer::Dial(connection) => self.dial_takes_long(state, connection),
                Timer::Retry(pending) => self.place(state, pending),
                Timer::Handler(inbound) => state.handler_is_late(inbound),
            }
        }
        self.flush(state);
        self.arm(state);
    }

    fn link_ready(self: &Arc<Self>, state: &mut State, key: u64, ready: Ready) {
        if ready.writable {
            state.touch(key);
        }
        if !ready.readable {
            return;
        }
        let mut scratch = std::mem::take(&mut state.scratch);
        while let Some(link) = state.links.get_mut(&key) {
            match link.socket.read(&mut scratch) {
                socket::Progress::Bytes(n) => {
                    let received = link.protocol.receive(&scratch[..n]);
                    self.drain(state, key);
                    if let Err(violation) = received {
                        self.flush_link(state, key);
                        self.lose(state, key, &format!("it broke the protocol: {violation}"));
                    } else if n < scratch.len() && !ready.hung_up {
                        break;
                    }
                }
                socket::Progress::Blocked => break,
                socket::Progress::Closed => self.lose(state, key, "it closed the connection"),
            }
        }
        state.scratch = scratch;
    }

    /// Hands on what a link has to say.
    fn drain(self: &Arc<Self>, state: &mut State, key: u64) {
        while let Some(link) = state.links.get_mut(&key)
            && let Some(event) = link.protocol.poll_event()
        {
            match event {
                LinkEvent::Outcome { id, outcome } => {
                    let cause = if link.protocol.is_closed() {
                        Cause::Lost
                    } else {
                        Cause::Answered
                    };
                    if let Some(pending) = link.outgoing.remove(&id) {
                        if cause == Cause::Answered {
                            state.note_outcome(key, &outcome);
                        }
                        self.answered(state, pending, outcome, cause);
                    }
                }
                LinkEvent::Call { id, head, args } => {
                    server::called(self, state, key, id, head, args)
                }
                LinkEvent::CancelRequested { id, reason } => {
                    self.cancelled_by_peer(state, key, id, reason)
                }
                LinkEvent::Opened(peer) => {
                    link.peer = Some(peer);
                    state.touch(key);
                    self.link_opened(state, key);
                }
                LinkEvent::SchemaRequested { index } => {
                    server::schema_requested(state, key, index);
                    state.touch(key);
                }
                LinkEvent::Schema { index, json } => self.schema_came(state, key, index, &json),
                LinkEvent::Goodbye { .. } => self.retire(state, key),
                LinkEvent::Failed(error) => {
                    self.dial_refused(state, key, error.code());
                    self.lose(state, key, &format!("it refused the link: {error}"));
                }
                LinkEvent::Pong(_) => {}
            }
        }
        state.touch(key);
        self.let_in(state);
    }

    /// Gives an outcome to whoever waits for it.
    pub fn complete(self: &Arc<Self>, state: &mut State, key: u64, outcome: Outcome) {
        let Some(pending) = state.pending.get_mut(&key) else {
            return;
        };
        match &pending.target {
            Target::Thread(parker) => {
                let parker = parker.clone();
                pending.progress = Progress::Ended(outcome);
                self.wake(state, &parker);
            }
            Target::Batch(batch) => {
                let batch = *batch;
                pending.progress = Progress::Ended(outcome);
                if let Some(batch) = state.batches.get_mut(&batch) {
                    batch.left = batch.left.saturating_sub(1);
                    if batch.left == 0 {
                        let parker = batch.parker.clone();
                        self.wake(state, &parker);
                    }
                }
            }
            Target::Future(slot) => {
                let slot = slot.clone();
                let plan = state.remove_pending(key).and_then(|pending| pending.plan);
                state.later.wakers.extend(slot.end(outcome, plan));
            }
            Target::Call(token) => {
                let token = *token;
                let pending = state.remove_pending(key).expect("it was there");
                state
                    .events
                    .push_back((Event::Done { token, outcome }, pending.plan));
            }
            Target::Connect(_) => self.connect_ended(state, key, outcome),
        }
    }

    /// Wakes a thread of ours, wherever it waits.
    pub fn wake(&self, state: &mut State, parker: &Arc<Parker>) {
        rota::wake(&state.rota, parker, || self.poller.ring());
    }

    fn cancelled_by_peer(self: &Arc<Self>, state: &mut State, key: u64, id: u64, reason: Reason) {
        let Some(link) = state.links.get_mut(&key) else {
            return;
        };
        let Some(incoming) = link.incoming.get(&id) else {
            return;
        };
        let late = reason == Reason::Deadline;
        incoming.context.end(if late { LATE } else { CANCELLED });
        state.later.abandon(&incoming.context);
        let (inbound, server) = (incoming.inbound, incoming.server);
        if let Some(call) = server::unqueue(state, server, inbound) {
            call.end_unstarted(self, state, Outcome::Cancelled);
        } else if matches!(self.kind, Kind::Loop(_)) {
            state
                .events
                .push_back((Event::CancelInbound { id: inbound, late }, None));
        }
    }

    /// The link says goodbye: nothing new goes there, what runs ends.
    fn retire(self: &Arc<Self>, state: &mut State, key: u64) {
        self.leave_routes(state, key);
        self.dial_lost_link(state, key, "it is shutting down");
    }

    /// Nothing more is sent on this link. Calls that wait for room find another, if they have to look for it.
    fn leave_routes(&self, state: &mut State, key: u64) {
        state.instances.retain(|_, link| *link != key);
        for (name, connection) in &mut state.connections {
            let before = connection.routes.len();
            connection.routes.retain(|route| route.link != Some(key));
            if connection.routes.len() < before {
                // The place of the lost one is filled soon.
                connection.looked = 0;
                if connection.routes.is_empty() && !connection.patient.is_empty() {
                    connection.queue.extend(connection.patient.drain(..));
                    state.later.look(*name);
                }
            }
        }
        state.patient = state.connections.values().map(|c| c.patient.len()).sum();
    }

    /// The link is gone: every call on it ends, everybody who dials through it looks elsewhere.
    pub fn lose(self: &Arc<Self>, state: &mut State, key: u64, why: &str) {
        let Some(link) = state.links.get_mut(&key) else {
            return;
        };
        link.protocol.lost();
        let is_client = matches!(link.side, Side::Client);
        if is_client {
            self.leave_routes(state, key);
        }
        self.drain(state, key);
        let Some(link) = state.links.remove(&key) else {
            return;
        };
        self.poller.remove(&link.socket);
        if let Some(process) = &link.process {
            self.poller.remove(process);
        }
        for (_, incoming) in link.incoming {
            let known = incoming.context.end(CANCELLED);
            state.later.abandon(&incoming.context);
            if let Some(call) = server::unqueue(state, incoming.server, incoming.inbound) {
                call.end_unstarted(self, state, Outcome::Cancelled);
            } else if !known && matches!(self.kind, Kind::Loop(_)) {
                state.events.push_back((
                    Event::CancelInbound {
                        id: incoming.inbound,
                        late: false,
                    },
                    None,
                ));
            }
        }
        if is_client {
            self.dial_lost_link(state, key, why);
        }
    }

    /// Sends what links have put out since the last time.
    pub fn flush(self: &Arc<Self>, state: &mut State) {
        state.put_off = 0;
        while let Some(key) = state.dirty.pop() {
            if let Some(link) = state.links.get_mut(&key) {
                link.dirty = false;
                self.flush_link(state, key);
            }
        }
    }

    /// Writes one link's output until it is empty or the socket is full.
    pub fn flush_link(&self, state: &mut State, key: u64) {
        let Some(link) = state.links.get_mut(&key) else {
            return;
        };
        loop {
            let output = link.protocol.output();
            if output.is_empty() {
                if link.blocked {
                    link.blocked = false;
                    let _ =
                        self.poller
                            .modify(&link.socket, Watched::Link(key).key(), Interest::READ);
                }
                return;
            }
            match link.socket.write(output) {
                socket::Progress::Bytes(n) => link.protocol.consume(n),
                socket::Progress::Blocked => {
                    if !link.blocked {
                        link.blocked = true;
                        let _ = self.poller.modify(
                            &link.socket,
                            Watched::Link(key).key(),
                            Interest::READ_WRITE,
                        );
                    }
                    return;
                }
                // What the peer sent before it went is still to be read; the end is found there.
                socket::Progress::Closed => return,
            }
        }
    }
}

impl Event {
    /// The event with its outcome in the caller's own view of the contract.
    pub(super) fn in_callers_view(self, plan: Option<Plan>) -> Event {
        match self {
            Event::Done { token, outcome } => Event::Done {
                token,
                outcome: super::call::in_view(plan.as_ref(), outcome),
            },
            other => other,
        }
    }
}
