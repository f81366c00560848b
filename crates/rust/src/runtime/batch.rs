//! Many calls at once: started together, sent together, waited for together.

use super::client::{CallOptions, Client};
use super::driver::blocked::Blocked;
use super::driver::locked::Locked;
use super::driver::rota::{Seat, Spot};
use super::driver::state::{Batch, Progress, Target};
use super::driver::{Inner, call, lead};
use hms_ffi_core::dispatch::Outcome;
use hms_ffi_core::error::{Error, Result, Sent};
use hms_ffi_core::protocol::Reason;
use hms_ffi_transport::clock;
use hms_ffi_transport::park::Parker;
use std::sync::Arc;

/// One call of a batch.
#[derive(Clone, Debug)]
pub struct BatchCall {
    /// Index in [`Client::schema`].
    pub function: u32,
    /// The encoded arguments.
    pub args: Vec<u8>,
    /// Its own deadline counts. Beyond the link's quota of calls in flight it waits for room, whatever is said here.
    pub options: CallOptions,
}

impl Client {
    /// Makes all calls of a batch and blocks until the last has ended; the outcomes are in the order of the calls. A batch may hold
    /// more calls than may be in flight on a link. `interrupt` is asked as in [`Client::call`]; true cancels what has not ended.
    pub fn batch(
        &self,
        calls: Vec<BatchCall>,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Vec<Outcome> {
        let started = self.blocking_home().and_then(|(inner, connection)| {
            let parker = lead::current()?;
            Ok((inner, connection, parker))
        });
        let (inner, connection, parker) = match started {
            Ok(started) => started,
            Err(error) => return vec![Outcome::System(error); calls.len()],
        };
        let prepared: Vec<_> = calls
            .into_iter()
            .map(|call| {
                self.check(call.function, &call.args)?;
                let options = CallOptions {
                    wait_for_room: true,
                    ..call.options
                };
                self.request(call.function, call.args, &options)
            })
            .collect();
        let mut state = inner.lock();
        let batch = state.key();
        let left = prepared.iter().filter(|request| request.is_ok()).count();
        let members = Batch {
            parker: parker.clone(),
            left,
        };
        state.batches.insert(batch, members);
        let mut chains = Vec::new();
        let mut deadlines = Vec::new();
        let keys: Vec<Result<u64>> = prepared
            .into_iter()
            .map(|request| {
                let request = request?;
                let (chain, deadline) = (request.head.chain, request.head.deadline);
                let key = inner.start_call(&mut state, connection, Target::Batch(batch), request);
                if deadline != 0 {
                    deadlines.push((deadline, key));
                }
                if chains.last() != Some(&chain) {
                    chains.push(chain);
                }
                Ok(key)
            })
            .collect();
        // Only a process that serves can get calls of these chains.
        if state.servers.is_empty() {
            chains.clear();
        }
        deadlines.sort_unstable_by_key(|(deadline, _)| std::cmp::Reverse(*deadline));
        inner.flush(&mut state);
        let waiting = Waiting {
            batch,
            chains,
            deadlines,
        };
        let mut state = match inner.wait_for_batch(state, waiting, &parker, interrupt) {
            Ok(state) => state,
            Err(error) => {
                let ended = keys.into_iter().map(|key| key.err());
                return (ended.map(|e| e.unwrap_or_else(|| error.clone())))
                    .map(Outcome::System)
                    .collect();
            }
        };
        let ended: Vec<_> = keys
            .into_iter()
            .map(|key| {
                let pending = key.map(|key| state.remove_pending(key));
                pending.map(|pending| pending.map(|p| (p.progress, p.plan)))
            })
            .collect();
        inner.flush(&mut state);
        inner.hand_over(&mut state);
        drop(state);
        let outcome = |ended| match ended {
            Err(error) => Outcome::System(error),
            Ok(Some((Progress::Ended(outcome), plan))) => {
                call::in_view(Option::as_ref(&plan), outcome)
            }
            Ok(_) => Outcome::System(Error::internal("a pending call vanished")),
        };
        ended.into_iter().map(outcome).collect()
    }
}

/// What a thread that waits for a batch has to look after.
struct Waiting {
    batch: u64,
    /// The chains of its calls, where calls of these may come.
    chains: Vec<[u8; 16]>,
    /// Deadlines and pending keys, the earliest last.
    deadlines: Vec<(u64, u64)>,
}

impl Inner {
    fn wait_for_batch<'a>(
        self: &'a Arc<Self>,
        state: Locked<'a>,
        mut waiting: Waiting,
        parker: &Arc<Parker>,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<Locked<'a>> {
        let seat = Seat::take(self);
        // Goes before the seat, whose drop locks.
        let mut state = state;
        for chain in &waiting.chains {
            state.waiting.push((*chain, parker.clone()));
        }
        let chain = waiting.chains.first().copied().unwrap_or_default();
        let blocked = Blocked::begin(self, &mut state, chain);
        let mut questions = lead::Questions::default();
        while state
            .batches
            .get(&waiting.batch)
            .is_some_and(|batch| batch.left > 0)
        {
            let own = (waiting.chains.iter())
                .find_map(|chain| super::server::take_of_chain(self, &mut state, *chain));
            if let Some(inbound) = own {
                self.hand_over(&mut state);
                drop(state);
                inbound.run();
                if !self.is_ours() {
                    return Err(lead::forked(Some(blocked)));
                }
                state = self.lock();
                continue;
            }
            let now = clock::now();
            while waiting.deadlines.last().is_some_and(|(at, _)| *at <= now)
                && let Some((_, key)) = waiting.deadlines.pop()
            {
                let sent = state.pending.get(&key).map_or(Sent::NotSent, |p| p.sent());
                let late = Outcome::System(call::late(sent));
                self.give_up_with(&mut state, key, Reason::Deadline, late);
            }
            if state
                .batches
                .get(&waiting.batch)
                .is_none_or(|b| b.left == 0)
            {
                break;
            }
            let until = waiting.deadlines.last().map_or(0, |(at, _)| *at);
            self.flush(&mut state);
            let (next, step) = self.wait_once(state, parker, until, Spot::Caller);
            state = next;
            if questions.are_due(&step, now) {
                self.hand_over(&mut state);
                drop(state);
                let stop = interrupt();
                if !self.is_ours() {
                    return Err(lead::forked(Some(blocked)));
                }
                state = self.lock();
                if stop {
                    self.cancel_batch(&mut state, waiting.batch);
                }
            }
        }
        state.batches.remove(&waiting.batch);
        if !waiting.chains.is_empty() {
            let chains = &waiting.chains;
            state
                .waiting
                .retain(|(chain, p)| !Arc::ptr_eq(p, parker) || !chains.contains(chain));
        }
        blocked.end(self, &mut state, chain);
        seat.leave(&mut state);
        Ok(state)
    }

    fn cancel_batch(self: &Arc<Self>, state: &mut super::driver::state::State, batch: u64) {
        let open: Vec<u64> = state
            .pending
            .iter()
            .filter(|(_, pending)| matches!(pending.target, Target::Batch(b) if b == batch))
            .map(|(key, _)| *key)
            .collect();
        for key in open {
            self.give_up_with(state, key, Reason::Cancelled, Outcome::Cancelled);
        }
    }
}
