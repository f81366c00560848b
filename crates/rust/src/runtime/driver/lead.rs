//! How threads wait.
//!
//! One thread at a time leads: it waits in the poller and takes in whatever comes, for all. When it has what it
//! waited for it leaves, and one of the parked threads takes over. A provider keeps one more thread in reserve in the
//! poller: while a leader waits too, Linux wakes the leader (the last to come), so a worker that runs a handler between two calls
//! hands nothing over and wakes nobody. What another thread has for the leader it announces by the poller's bell; the
//! thread in reserve passes a ring on that was not meant for it.

use super::blocked::Blocked;
use super::state::{Progress, State, Target};
use super::{BATCH, Inner, call};
use hms_ffi_core::dispatch::Outcome;
use hms_ffi_core::error::{Code, Error, Result};
use hms_ffi_core::protocol::Reason;
use hms_ffi_transport::clock;
use hms_ffi_transport::park::{Parked, Parker};
use hms_ffi_transport::poll::{ReadyList, Waited};
use std::cell::RefCell;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

/// What a thread keeps for its waits.
struct Me {
    parker: Arc<Parker>,
    /// The server whose calls this thread runs between its waits.
    works_for: Option<u64>,
}

thread_local! {
    static ME: RefCell<Option<Me>> = const { RefCell::new(None) };
}

/// So that an interrupt that came just before a wait is noticed all the same.
const LOOK_UP: Duration = Duration::from_millis(500);

/// This thread's parker, made at its first wait (again after a fork).
pub(crate) fn current() -> Result<Arc<Parker>> {
    ME.with_borrow_mut(|me| {
        if let Some(me) = me
            && me.parker.is_ours()
        {
            return Ok(me.parker.clone());
        }
        let parker = Parker::new()
            .map_err(|e| Error::new(Code::ResourceExhausted, format!("cannot wait: {e}")))?;
        let parker = Arc::new(parker);
        *me = Some(Me {
            parker: parker.clone(),
            works_for: None,
        });
        Ok(parker)
    })
}

pub(crate) fn is_current(parker: &Arc<Parker>) -> bool {
    ME.with_borrow(|me| {
        me.as_ref()
            .is_some_and(|me| Arc::ptr_eq(&me.parker, parker))
    })
}

/// The server that this thread is a worker of.
pub(crate) fn works_for() -> Option<u64> {
    ME.with_borrow(|me| me.as_ref().and_then(|me| me.works_for))
}

pub(crate) fn set_works_for(server: Option<u64>) {
    ME.with_borrow_mut(|me| {
        if let Some(me) = me {
            me.works_for = server;
        }
    });
}

/// How one wait ended.
pub(crate) enum Step {
    /// Something may have changed.
    Look,
    /// A signal came, or it is time to look whether one came.
    AskInterrupt,
}

impl Inner {
    /// Waits once, as the leader if there is none, else parked in the list that `park` chooses; until `until` (0: no limit).
    pub fn wait_once<'a>(
        self: &'a Arc<Self>,
        mut state: MutexGuard<'a, State>,
        parker: &Arc<Parker>,
        until: u64,
        park: impl FnOnce(&mut State) -> &mut Vec<Arc<Parker>>,
    ) -> (MutexGuard<'a, State>, Step) {
        let left = if until == 0 {
            u64::MAX
        } else {
            until.saturating_sub(clock::now())
        };
        let timeout = Duration::from_nanos(left).min(LOOK_UP);
        if state.leader.is_none() {
            state.leader = Some(parker.clone());
            drop(state);
            let (state, interrupted) = self.poll_once(timeout, |state| {
                state.leader = None;
                state.leader_called = false;
            });
            let step = if interrupted {
                Step::AskInterrupt
            } else {
                Step::Look
            };
            return (state, step);
        }
        park(&mut state).push(parker.clone());
        drop(state);
        let parked = parker.park(Some(timeout));
        let mut state = self.lock();
        state.parked.retain(|other| !Arc::ptr_eq(other, parker));
        for server in state.servers.values_mut() {
            server.idle.retain(|other| !Arc::ptr_eq(other, parker));
        }
        (
            state,
            if parked == Parked::Woken {
                Step::Look
            } else {
                Step::AskInterrupt
            },
        )
    }

    fn poll_once(
        self: &Arc<Self>,
        timeout: Duration,
        done: impl FnOnce(&mut State),
    ) -> (MutexGuard<'_, State>, bool) {
        READY.with_borrow_mut(|ready| {
            let ready = ready.get_or_insert_with(|| ReadyList::new(BATCH));
            let started = clock::now();
            let waited = self.poller.wait(ready, Some(timeout));
            let mut state = self.lock();
            done(&mut state);
            let quiet =
                ready.as_slice().is_empty() && clock::now() - started >= timeout.as_nanos() as u64;
            if waited == Waited::Done {
                self.process(&mut state, ready.as_slice());
            }
            (state, waited == Waited::Interrupted || quiet)
        })
    }

    /// Waits in reserve: takes in what comes while no leader waits. At most one thread does; others park until it leaves.
    pub fn wait_in_reserve<'a>(
        self: &'a Arc<Self>,
        mut state: MutexGuard<'a, State>,
        parker: &Arc<Parker>,
    ) -> (MutexGuard<'a, State>, Step) {
        if state.backup {
            state.backups_waiting.push(parker.clone());
            drop(state);
            let parked = parker.park(Some(LOOK_UP));
            let mut state = self.lock();
            state
                .backups_waiting
                .retain(|other| !Arc::ptr_eq(other, parker));
            return (
                state,
                if parked == Parked::Woken {
                    Step::Look
                } else {
                    Step::AskInterrupt
                },
            );
        }
        state.backup = true;
        drop(state);
        let (state, interrupted) = self.poll_once(LOOK_UP, |state| state.backup = false);
        if !interrupted && state.leader.is_some() {
            // We were woken before the leader because we came to the poller after it (or the ring was for it). Now it alone waits, and
            // comes back after us.
            self.poller.ring();
        }
        (
            state,
            if interrupted {
                Step::AskInterrupt
            } else {
                Step::Look
            },
        )
    }

    /// Called by a thread that stops waiting: somebody else has to lead if nobody waits in reserve.
    pub fn hand_over(&self, state: &mut State) {
        if state.leader.is_some() || state.backup {
            return;
        }
        if let Some(next) = state.parked.last().cloned() {
            next.unpark();
        } else if let Some(next) = state.backups_waiting.last().cloned() {
            next.unpark();
        } else if let Some(next) = state
            .servers
            .values()
            .find_map(|server| server.idle.last().cloned())
        {
            next.unpark();
        }
    }

    /// Blocks until the pending call has ended and takes its outcome. Runs calls of the same chain meanwhile.
    pub fn wait_for<'a>(
        self: &'a Arc<Self>,
        mut state: MutexGuard<'a, State>,
        key: u64,
        parker: &Arc<Parker>,
        chain: [u8; 16],
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Outcome {
        // Rarely more than a few: threads that wait at this moment.
        state.waiting.push((chain, parker.clone()));
        let blocked = Blocked::begin(self, &mut state, chain);
        let (outcome, plan) = loop {
            let Some(pending) = state.pending.get(&key) else {
                break (
                    Outcome::System(Error::internal("a pending call vanished")),
                    None,
                );
            };
            if let Progress::Ended(_) = pending.progress {
                let pending = state.pending.remove(&key).expect("it was there");
                let Progress::Ended(outcome) = pending.progress else {
                    unreachable!("checked above")
                };
                break (outcome, pending.plan);
            }
            let (deadline, sent) = (pending.deadline, call::sent(&pending.progress));
            if let Some(inbound) = crate::runtime::server::take_of_chain(self, &mut state, chain) {
                drop(state);
                inbound.run();
                state = self.lock();
                continue;
            }
            if deadline != 0 && clock::now() >= deadline {
                self.give_up(&mut state, key, Reason::Deadline);
                break (Outcome::System(call::late(sent)), None);
            }
            let (next, step) = self.wait_once(state, parker, deadline, |state| &mut state.parked);
            state = next;
            if let Step::AskInterrupt = step {
                drop(state);
                let stop = interrupt();
                state = self.lock();
                if stop {
                    self.give_up(&mut state, key, Reason::Cancelled);
                    break (Outcome::Cancelled, None);
                }
            }
        };
        if let Some(at) = state
            .waiting
            .iter()
            .rposition(|(c, p)| *c == chain && Arc::ptr_eq(p, parker))
        {
            state.waiting.swap_remove(at);
        }
        blocked.end(self, &mut state, chain);
        self.flush(&mut state);
        self.hand_over(&mut state);
        drop(state);
        call::in_view(plan.as_ref(), outcome)
    }

    /// The target of a call that this thread waits for.
    pub fn thread_target(parker: &Arc<Parker>) -> Target {
        Target::Thread(parker.clone())
    }
}

thread_local! {
    static READY: RefCell<Option<ReadyList>> = const { RefCell::new(None) };
}
