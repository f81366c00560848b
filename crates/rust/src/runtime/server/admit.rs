//! From the wire to a handler: which export, which function, whether there is room, and who runs it.

use super::inbound::{Inbound, Origin};
use super::status::Status;
use super::{Exported, SHORT, ServerState, WORTH_A_WAKE_UP};
use crate::runtime::context::{CANCELLED, CallContext, Caller, LATE, RUNNING};
use crate::runtime::driver::nested::Nested;
use crate::runtime::driver::retry::Cause;
use crate::runtime::driver::rota::Spot;
use crate::runtime::driver::state::{Incoming, State};
use crate::runtime::driver::{Event, Inner, Kind, blocked, call, lead};
use hms_ffi_core::dispatch::Outcome;
use hms_ffi_core::error::{Error, Sent};
use hms_ffi_core::protocol::{CallHead, Reason};
use hms_ffi_transport::clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// A call has come on a link.
pub(crate) fn called(
    inner: &Arc<Inner>,
    state: &mut State,
    link_key: u64,
    id: u64,
    head: CallHead,
    args: Vec<u8>,
) {
    let Some(link) = state.links.get(&link_key) else {
        return;
    };
    let peer = link.socket.peer();
    let caller = Caller {
        uid: peer.uid,
        gid: peer.gid,
        pid: peer.pid,
    };
    let crate::runtime::driver::state::Side::Server { server } = link.side else {
        return refuse_on_link(
            state,
            link_key,
            id,
            Error::unimplemented("this side of the link exports nothing"),
        );
    };
    if let Some(entry) = state.servers.get(&server)
        && head.interface as usize == entry.exports.len()
    {
        let (tap, status) = (entry.tap.clone(), Status::of(state, server));
        let outcome = tap.answer(&status, caller, head.function, &args);
        return answer_on_link(state, link_key, id, outcome);
    }
    let origin = Origin::Link {
        link: link_key,
        call: id,
    };
    match admit(inner, state, server, origin, caller, head, args) {
        Ok(incoming) => {
            if let Some(link) = state.links.get_mut(&link_key) {
                link.incoming.insert(id, incoming);
            }
        }
        Err(error) => refuse_on_link(state, link_key, id, error),
    }
    hand_out(inner, state, server);
}

fn refuse_on_link(state: &mut State, link_key: u64, id: u64, error: Error) {
    answer_on_link(state, link_key, id, Outcome::System(error));
}

fn answer_on_link(state: &mut State, link_key: u64, id: u64, outcome: Outcome) {
    if let Some(link) = state.links.get_mut(&link_key) {
        link.protocol.reply(id, outcome);
        state.touch(link_key);
    }
}

/// A call from this process.
pub(crate) fn called_locally(
    inner: &Arc<Inner>,
    state: &mut State,
    server: u64,
    pending: u64,
    head: CallHead,
    args: Vec<u8>,
) {
    let caller = Caller {
        uid: rustix::process::geteuid().as_raw(),
        gid: rustix::process::getegid().as_raw(),
        pid: std::process::id(),
    };
    match admit(
        inner,
        state,
        server,
        Origin::Local { pending },
        caller,
        head,
        args,
    ) {
        Ok(incoming) => {
            state.local.insert(pending, incoming);
        }
        Err(error) => inner.answered(state, pending, Outcome::System(error), Cause::Answered),
    }
    hand_out(inner, state, server);
}

/// Checks a call and puts it into its server's queue.
fn admit(
    inner: &Arc<Inner>,
    state: &mut State,
    server_key: u64,
    origin: Origin,
    caller: Caller,
    head: CallHead,
    args: Vec<u8>,
) -> Result<Incoming, Error> {
    let key = state.key();
    let server = state
        .servers
        .get_mut(&server_key)
        .filter(|server| server.accepts_calls());
    let server = server.ok_or_else(|| Error::unavailable("the provider is shutting down"))?;
    let exported = server.exports.get(head.interface as usize).cloned();
    let exported = exported.ok_or_else(|| {
        Error::unimplemented(format!("no interface {} is exported", head.interface))
    })?;
    match exported.uncallable.get(head.function as usize) {
        None => {
            let message = format!(
                "{} has no function {}",
                exported.schema.interface, head.function
            );
            return Err(Error::unimplemented(message));
        }
        Some(Some(why)) => return Err(Error::unimplemented(why.clone())),
        Some(None) => {}
    }
    let now = clock::now();
    if head.deadline != 0 && now >= head.deadline {
        return Err(call::late(Sent::NotSent));
    }
    let own_user = caller.uid == server.uid;
    let context = Arc::new(CallContext {
        schema: exported.schema.clone(),
        function: head.function,
        caller,
        deadline: head.deadline,
        chain: head.chain,
        hops: head.meta.hops,
        traceparent: head.meta.traceparent,
        tracestate: head.meta.tracestate,
        idempotency_key: head.meta.idempotency_key,
        want_trace: head.meta.want_trace && own_user,
        ended: AtomicU8::new(RUNNING),
        watchers: Default::default(),
        nested: Nested::default(),
    });
    let mut inbound = Inbound {
        inner: inner.clone(),
        server: server_key,
        key,
        origin,
        export: head.interface as usize,
        exported,
        context: context.clone(),
        args,
        layers: server.layers.clone(),
        since: now,
        running: false,
        answered: false,
    };
    if let Err(error) = server.layers.start(&inbound.layer_call()) {
        inbound.answered = true;
        return Err(error);
    }
    server.ready.push(inbound);
    Ok(Incoming {
        context,
        inbound: key,
        server: server_key,
    })
}

/// Gives queued calls to whoever can run them.
pub(crate) fn hand_out(inner: &Arc<Inner>, state: &mut State, server_key: u64) {
    match inner.kind {
        Kind::Loop(_) => {
            while let Some(call) = take_ready(inner, state, server_key, None) {
                if state.blocked.contains(&call.context.chain) {
                    call.end_unstarted(inner, state, blocked::refusal());
                } else {
                    state.events.push_back((Event::Call(call), None));
                }
            }
        }
        Kind::Threads => {
            let Some(server) = state.servers.get(&server_key) else {
                return;
            };
            let Some(newest) = server.ready.last() else {
                return;
            };
            if server.has_free_worker() {
                wake_workers(inner, state, server_key);
            } else if newest.may_share_its_chain()
                && let chain = newest.context.chain
                && let Some((_, parker)) = state
                    .waiting
                    .iter()
                    .rfind(|(waiting, _)| *waiting == chain)
                    .cloned()
            {
                // All workers are busy: a thread that waits for a call of this chain runs it itself.
                inner.wake(state, &parker);
            }
        }
    }
}

/// Wakes as many workers as the queue is worth. A wake-up costs more than a short handler, so a worker that is awake takes
/// short calls one after another; should one of them take long, the thread in reserve wakes others.
fn wake_workers(inner: &Arc<Inner>, state: &mut State, server_key: u64) {
    let State { servers, rota, .. } = state;
    let Some(server) = servers.get(&server_key) else {
        return;
    };
    let spot = Spot::Worker(server_key);
    let calls = server.ready.len();
    let brisk = rota.reserves > 0 && server.typical < SHORT;
    let wanted = if brisk {
        let work = server.typical.saturating_mul(calls as u64);
        usize::try_from(work / WORTH_A_WAKE_UP).map_or(calls, |more| calls.min(1 + more))
    } else {
        calls
    };
    let leading = server.leading_worker(rota.leader());
    let asleep = rota.count_parked(spot) + usize::from(leading.is_some());
    let mut awake = server.free_workers().saturating_sub(asleep);
    if brisk && lead::runs_a_call_of(server_key) {
        // This worker will soon be back.
        awake += 1;
    }
    // Parked ones before the leader, who would have to hand the lead over.
    while awake < wanted && rota.call_up(spot) {
        awake += 1;
    }
    if awake < wanted
        && let Some(parker) = leading
    {
        inner.wake(state, &parker);
    }
}

/// The thread in reserve looks: calls that have waited since its last look get every worker that sleeps, and replies that
/// were put off are sent.
pub(crate) fn look_after_queues(inner: &Arc<Inner>, state: &mut State, waiting_since: u64) {
    if !state.dirty.is_empty() {
        inner.flush(state);
    }
    let State { servers, rota, .. } = state;
    for (key, server) in servers {
        let first = server.ready.first();
        if first.is_some_and(|call| call.since <= waiting_since) {
            for _ in 0..server.ready.len() {
                if !rota.call_up(Spot::Worker(*key)) {
                    break;
                }
            }
        }
    }
}

/// Whether a worker of any server runs nothing at this moment.
pub(crate) fn has_free_worker(state: &State) -> bool {
    state.servers.values().any(ServerState::has_free_worker)
}

/// Whether calls wait that a worker could take.
pub(crate) fn any_waits(state: &State) -> bool {
    (state.servers.iter())
        .any(|(key, server)| !server.ready.is_empty() && state.rota.is_parked(Spot::Worker(*key)))
}

/// The next queued call that is still wanted, if the server may run one more (a call of `chain`, or of a chain that runs already,
/// always may: whoever waits for it holds a place).
pub(crate) fn take_ready(
    inner: &Arc<Inner>,
    state: &mut State,
    server_key: u64,
    chain: Option<[u8; 16]>,
) -> Option<Inbound> {
    loop {
        let server = state.servers.get_mut(&server_key)?;
        let full = server.running >= server.max_concurrent;
        let mut call = match chain {
            Some(chain) => server.ready.take_of(&chain),
            None if full => server.ready.take_of_running(&server.chains),
            None => server.ready.take_first(),
        }?;
        let outcome = match call.context.ended.load(Ordering::Relaxed) {
            CANCELLED => Outcome::Cancelled,
            LATE => Outcome::System(call::late(Sent::NotSent)),
            _ if call.context.is_late() => Outcome::System(call::late(Sent::NotSent)),
            _ => {
                server.running += 1;
                *server.chains.entry(call.context.chain).or_default() += 1;
                call.running = true;
                return Some(call);
            }
        };
        call.end_unstarted(inner, state, outcome);
    }
}

/// A queued call of this chain that no worker is free for, of whichever server.
pub(crate) fn take_of_chain(
    inner: &Arc<Inner>,
    state: &mut State,
    chain: [u8; 16],
) -> Option<Inbound> {
    let waits = |server: &ServerState| !server.has_free_worker() && server.ready.has_chain(&chain);
    let server = state
        .servers
        .iter()
        .find(|(_, server)| waits(server))
        .map(|(key, _)| *key)?;
    take_ready(inner, state, server, Some(chain))
}

/// Takes a call out of the queue, if it is still there.
pub(crate) fn unqueue(state: &mut State, server: u64, inbound: u64) -> Option<Inbound> {
    state.servers.get_mut(&server)?.ready.take(inbound)
}

/// The local caller of a call no longer waits.
pub(crate) fn give_up_locally(inner: &Arc<Inner>, state: &mut State, pending: u64, reason: Reason) {
    let Some(incoming) = state.local.remove(&pending) else {
        return;
    };
    let late = reason == Reason::Deadline;
    incoming.context.end(if late { LATE } else { CANCELLED });
    state.later.abandon(&incoming.context);
    if let Some(call) = unqueue(state, incoming.server, incoming.inbound) {
        call.end_unstarted(inner, state, Outcome::Cancelled);
    } else if let Kind::Loop(_) = inner.kind {
        state.events.push_back((
            Event::CancelInbound {
                id: incoming.inbound,
                late,
            },
            None,
        ));
    }
}

/// The server was closed under calls of this process: they end as if its link were lost.
pub(super) fn end_local(inner: &Arc<Inner>, state: &mut State, server: u64) {
    let running: Vec<u64> = state
        .local
        .iter()
        .filter(|(_, incoming)| incoming.server == server)
        .map(|(pending, _)| *pending)
        .collect();
    for pending in running {
        give_up_locally(inner, state, pending, Reason::Cancelled);
        let error = Error::unavailable("the provider was closed").with_sent(Sent::MaybeExecuted);
        inner.complete(state, pending, Outcome::System(error));
    }
}

/// A call has ended: its place is free.
pub(crate) fn ended(
    inner: &Arc<Inner>,
    state: &mut State,
    server_key: u64,
    was_running: bool,
    chain: [u8; 16],
) {
    let Some(server) = state.servers.get_mut(&server_key) else {
        return;
    };
    if was_running {
        server.running -= 1;
        if let Some(count) = server.chains.get_mut(&chain) {
            *count -= 1;
            if *count == 0 {
                server.chains.remove(&chain);
            }
        }
    }
    if server.is_idle() {
        for parker in std::mem::take(&mut server.drainers) {
            inner.wake(state, &parker);
        }
        super::forget_ended(state, server_key);
    } else if !server.ready.is_empty() {
        hand_out(inner, state, server_key);
    }
    // Callers of this process that wait for room.
    inner.let_in(state);
}

impl Exported {
    /// The schema's JSON, printed once.
    pub(super) fn json(&self) -> Arc<[u8]> {
        self.json
            .get_or_init(|| serde_json::to_vec(&*self.schema).unwrap_or_default().into())
            .clone()
    }
}
