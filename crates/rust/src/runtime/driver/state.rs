//! What a driver knows, behind its one lock: links, connections, pending calls, servers, timers.

use super::attendance::Attendance;
use super::connection::Connection;
use super::health::Health;
use super::locked::Later;
use super::rota::Rota;
use super::slot::Slot;
use super::{Event, Inner};
use crate::runtime::cancel::Cancel;
use crate::runtime::context::CallContext;
use crate::runtime::server::ServerState;
use hms_ffi_core::contract::resolve::Resolution;
use hms_ffi_core::contract::schema::Schema;
use hms_ffi_core::dispatch::Outcome;
use hms_ffi_core::error::Sent;
use hms_ffi_core::protocol::{Args, CallHead, Hello, Link};
use hms_ffi_core::wire::Limits;
use hms_ffi_transport::park::Parker;
use hms_ffi_transport::peer::Process;
use hms_ffi_transport::socket::Socket;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

/// A map by our own small keys.
pub(crate) type KeyMap<V> = FxHashMap<u64, V>;

/// See the module.
#[derive(Default)]
pub(crate) struct State {
    pub links: KeyMap<LinkEntry>,
    /// Links that we opened, by the name of the instance at the other end.
    pub instances: FxHashMap<String, u64>,
    pub connections: KeyMap<Connection>,
    pub pending: KeyMap<Pending>,
    /// Calls of an event loop among them: token to pending key.
    pub tokens: KeyMap<u64>,
    pub servers: KeyMap<ServerState>,
    /// What is done after the lock.
    pub later: Later,
    /// Points of the monotonic clock in nanoseconds, with what is to be done then.
    pub timers: BTreeSet<(u64, Timer)>,
    /// What the poller's timer is set to; 0 when it is off.
    pub armed: u64,
    /// Links with output that was not yet handed to the socket.
    pub dirty: Vec<u64>,
    /// Who waits, and where.
    pub rota: Rota<Arc<Parker>>,
    /// Replies that were not sent at once, since links were last flushed.
    pub put_off: u32,
    /// Threads that wait for a call, with the chain that they belong to.
    pub waiting: Vec<([u8; 16], Arc<Parker>)>,
    /// What an event loop has not yet taken.
    pub events: VecDeque<(Event, Option<Plan>)>,
    /// Calls to servers of this process that have not ended: pending key to what runs.
    pub local: KeyMap<Incoming>,
    /// Calls that wait for room on a link.
    pub patient: usize,
    /// Batches whose calls have not all ended.
    pub batches: KeyMap<Batch>,
    /// Instances that failed of late, by name.
    pub health: FxHashMap<String, Health>,
    /// Calls that tasks await.
    pub attendance: Attendance,
    /// Handlers that run as futures and have a deadline, by the key of their call.
    pub timed: KeyMap<Arc<CallContext>>,
    /// Event loops whose thread blocks in this driver.
    pub loops: KeyMap<Arc<Inner>>,
    /// Chains for which this event loop's thread blocks elsewhere.
    pub blocked: Vec<[u8; 16]>,
    /// Where bytes are read to; large enough that one call rarely needs two reads.
    pub scratch: Vec<u8>,
    /// Set by [`State::key`] alone.
    pub last_key: u64,
}

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// The deadline of a pending call of an event loop.
    Deadline(u64),
    /// A server could not take a connection.
    Accept(u64),
    /// A handshake has taken long: is the instance of this connection's dial alive?
    Dial(u64),
    /// Another attempt of a pending call.
    Retry(u64),
    /// The deadline of a handler that runs as a future.
    Handler(u64),
}

/// One link: the state machine and the socket under it.
pub(crate) struct LinkEntry {
    pub socket: Socket,
    pub protocol: Link,
    /// The peer's hello once it has come.
    pub peer: Option<Arc<Hello>>,
    /// Who it is: an instance that we connected to, or a caller of one of our servers.
    pub side: Side,
    /// Death notice that works although a forked child may hold the socket open.
    pub process: Option<Process>,
    /// Our calls on it: call id to pending key.
    pub outgoing: KeyMap<u64>,
    /// Calls of the peer that are queued or running.
    pub incoming: KeyMap<Incoming>,
    /// Schemas of the peer's exports that have come, by index in its hello.
    pub schemas: FxHashMap<u32, Arc<Schema>>,
    /// Schemas that were asked for.
    pub schemas_asked: FxHashSet<u32>,
    /// What its caller allows itself in flight, below what the peer grants.
    pub most_calls: Option<u32>,
    /// Waiting for room in the socket.
    pub blocked: bool,
    /// Already in `State::dirty`.
    pub dirty: bool,
}

/// A call that one of our servers has queued or runs.
pub(crate) struct Incoming {
    pub context: Arc<CallContext>,
    /// The key of its [`Inbound`](crate::runtime::server::Inbound).
    pub inbound: u64,
    pub server: u64,
}

/// Which side of the link we are.
pub(crate) enum Side {
    /// We connected to an instance.
    Client,
    /// The peer connected to this server of ours.
    Server { server: u64 },
}

/// A call or a connect that has not ended for its caller.
pub(crate) struct Pending {
    pub target: Target,
    pub progress: Progress,
    /// Monotonic nanoseconds, 0 for none; a timer is set for it only on event loops.
    pub deadline: u64,
    /// The connection that it belongs to.
    pub connection: u64,
    /// How the outcome is turned into the caller's view.
    pub plan: Option<Plan>,
    /// What is called, kept for another attempt.
    pub request: Option<Request>,
    /// What may cancel it.
    pub cancel: Option<Cancel>,
    /// Attempts beyond the first; those that ended with their link while they may have been running; whether any may have run.
    pub attempts: u8,
    pub lost: u8,
    pub may_have_run: bool,
}

/// What is called.
pub(crate) struct Request {
    /// Index in the caller's view.
    pub function: u32,
    /// In the caller's view.
    pub args: Args,
    pub head: CallHead,
    /// The call in whose course it is made.
    pub parent: Option<Arc<CallContext>>,
    /// Over the quota it waits instead of failing.
    pub wait_for_room: bool,
    pub no_retry: bool,
    pub cancel: Option<Cancel>,
}

/// Calls that one thread waits for together.
pub(crate) struct Batch {
    pub parker: Arc<Parker>,
    /// Those that have not ended.
    pub left: usize,
}

/// How bytes of the caller's view become bytes of the provider's contract and back.
pub(crate) struct Translation {
    pub resolution: Resolution,
    /// The caller's limits.
    pub limits: Limits,
}

/// Which function is translated how; absent where both sides have the same contract.
#[derive(Clone)]
pub(crate) struct Plan {
    pub translation: Arc<Translation>,
    /// Index in the caller's view.
    pub function: u32,
}

/// Who waits for it.
pub(crate) enum Target {
    /// A thread.
    Thread(Arc<Parker>),
    /// A thread that waits for many (key of its [`Batch`]).
    Batch(u64),
    /// A task, which awaits a call or a connect.
    Future(Arc<Slot>),
    /// An event loop, which knows it by this token.
    Call(u64),
    /// An event loop that waits for a connection; the client is made from these parts.
    Connect(u64),
}

/// How far it is.
pub(crate) enum Progress {
    /// Waits until the connection has a link.
    Queued,
    /// On a link: key and call id.
    Sent { link: u64, call: u64 },
    /// Given to a server of this process.
    Local,
    /// A connect that waits for its dial.
    Connecting,
    /// Ended; the waiting thread has not looked yet.
    Ended(Outcome),
}

impl LinkEntry {
    /// Calls that may be in flight on it.
    pub fn quota(&self) -> usize {
        let own = self.most_calls.map_or(usize::MAX, |most| most as usize);
        self.protocol.quota().min(own)
    }

    pub fn in_flight(&self) -> usize {
        self.protocol.outgoing_calls()
    }

    /// Calls that may be made beside them.
    pub fn room(&self) -> usize {
        self.quota().saturating_sub(self.in_flight())
    }

    /// Whether its caller's own bound is reached; the protocol knows the peer's.
    pub fn is_full(&self) -> bool {
        self.most_calls
            .is_some_and(|most| self.in_flight() >= most as usize)
    }
}

impl Target {
    /// Whether its deadline needs a timer; threads watch theirs themselves.
    pub fn needs_timer(&self) -> bool {
        !matches!(self, Target::Thread(_) | Target::Batch(_))
    }
}

impl Pending {
    /// Nothing has been done for it yet.
    pub fn new(target: Target) -> Self {
        Pending {
            target,
            progress: Progress::Queued,
            deadline: 0,
            connection: 0,
            plan: None,
            request: None,
            cancel: None,
            attempts: 0,
            lost: 0,
            may_have_run: false,
        }
    }

    /// Whether a handler may have seen the call.
    pub fn sent(&self) -> Sent {
        match self.progress {
            Progress::Queued | Progress::Connecting if !self.may_have_run => Sent::NotSent,
            _ => Sent::MaybeExecuted,
        }
    }
}

impl State {
    /// Puts a call or connect where its outcome will find it.
    pub fn insert_pending(&mut self, key: u64, pending: Pending) {
        if let Target::Future(_) = pending.target {
            self.attendance.awaited += 1;
        }
        if let Target::Call(token) = pending.target {
            self.tokens.insert(token, key);
        }
        self.pending.insert(key, pending);
    }

    /// Takes a pending call or connect out, with its timer.
    pub fn remove_pending(&mut self, key: u64) -> Option<Pending> {
        let pending = self.pending.remove(&key)?;
        if pending.deadline != 0 && pending.target.needs_timer() {
            self.timers
                .remove(&(pending.deadline, Timer::Deadline(key)));
        }
        if let Some(parent) = pending.request.as_ref().and_then(|r| r.parent.as_ref()) {
            parent.nested.remove(key);
        }
        if let Some(cancel) = &pending.cancel {
            cancel.calls().remove(key);
        }
        if let Target::Future(_) = pending.target {
            self.attendance.awaited -= 1;
        }
        if let Target::Call(token) = pending.target
            && self.tokens.get(&token) == Some(&key)
        {
            self.tokens.remove(&token);
        }
        Some(pending)
    }

    /// A fresh key for any of the maps.
    pub fn key(&mut self) -> u64 {
        self.last_key += 1;
        self.last_key
    }

    /// Whether threads take turns at serving.
    pub fn has_workers(&self) -> bool {
        self.servers.values().any(ServerState::has_workers)
    }

    /// Marks a link whose protocol has output.
    pub fn touch(&mut self, key: u64) {
        if let Some(link) = self.links.get_mut(&key)
            && !link.dirty
        {
            link.dirty = true;
            self.dirty.push(key);
        }
    }
}
