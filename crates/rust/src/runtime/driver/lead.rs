//! How threads wait.
//!
//! One thread at a time leads: it waits in the poller and takes in whatever comes, for all. When it has what it waited for it leaves,
//! and one of the parked threads takes over; what another thread has for the leader it announces by the poller's bell.
//!
//! A worker whose handlers are short hands nothing over and wakes nobody: it is back in the poller before a hand-over would have
//! been. That nothing stays unread should a handler take long, for once, is the duty of the one thread in reserve (`reserve`).

use super::blocked::Blocked;
use super::locked::Locked;
use super::state::{Progress, State, Target};
use super::{BATCH, Inner, call};
use hms_ffi_core::dispatch::Outcome;
use hms_ffi_core::error::{Code, Error, Result, Sent};
use hms_ffi_core::protocol::Reason;
use hms_ffi_transport::clock;
use hms_ffi_transport::park::{Parked, Parker};
use hms_ffi_transport::poll::{ReadyList, Waited};
use std::cell::RefCell;
use std::sync::Arc;
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
pub(super) const LOOK_UP: Duration = Duration::from_millis(500);

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

/// When a waiting thread asks whether it was interrupted. A leader on a busy link never waits so long that its time is up.
#[derive(Default)]
pub(crate) struct Questions(u64);

impl Questions {
    /// After a wait that began at `now`.
    pub fn are_due(&mut self, step: &Step, now: u64) -> bool {
        let next = match self.0 {
            0 => now + LOOK_UP.as_nanos() as u64,
            at => at,
        };
        let due = matches!(step, Step::AskInterrupt) || now >= next;
        self.0 = if due { 0 } else { next };
        due
    }
}

impl Inner {
    /// Waits once, as the leader if there is none, else parked in the list that `park` chooses; until `until` (0: no limit).
    pub fn wait_once<'a>(
        self: &'a Arc<Self>,
        mut state: Locked<'a>,
        parker: &Arc<Parker>,
        until: u64,
        park: impl FnOnce(&mut State) -> &mut Vec<Arc<Parker>>,
    ) -> (Locked<'a>, Step) {
        if !state.later.is_empty() {
            // What was put off may be what the thread waits for.
            return (self.settle(state), Step::Look);
        }
        let left = if until == 0 {
            u64::MAX
        } else {
            until.saturating_sub(clock::now())
        };
        let timeout = Duration::from_nanos(left).min(LOOK_UP);
        if state.leader.is_none() {
            let (state, interrupted) = self.lead(state, parker, timeout);
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

    /// Leads for one wait in the poller, at most `timeout`. True if a signal came or the time was up.
    pub(super) fn lead<'a>(
        self: &'a Arc<Self>,
        mut state: Locked<'a>,
        parker: &Arc<Parker>,
        timeout: Duration,
    ) -> (Locked<'a>, bool) {
        state.leader = Some(parker.clone());
        state.leads = state.leads.wrapping_add(1);
        drop(state);
        READY.with_borrow_mut(|ready| {
            let ready = ready.get_or_insert_with(|| ReadyList::new(BATCH));
            let waited = self.poller.wait(ready, Some(timeout));
            let mut state = self.lock();
            state.leader = None;
            if let Waited::Done { .. } = waited {
                self.process(&mut state, ready.as_slice());
            }
            (state, !matches!(waited, Waited::Done { timed_out: false }))
        })
    }

    /// Called by a thread that stops waiting: somebody else has to lead.
    pub fn hand_over(&self, state: &mut State) {
        if state.leader.is_some() {
            return;
        }
        let next = state
            .parked
            .last()
            .or_else(|| state.servers.values().find_map(|server| server.idle.last()));
        if let Some(next) = next.or(state.reserve.last()) {
            next.unpark();
        } else if state.attendance.awaited > 0 && state.attendance.is_watched() {
            // It left all to the leader, and looks again now.
            self.poller.ring();
        }
    }

    /// Called by a worker that leaves to run a handler. Where handlers are short the lead stays free until it is back,
    /// unless other threads wait for answers; the thread in reserve sees to the rest.
    pub fn leave_to_run(&self, state: &mut State, handlers_are_short: bool) {
        if state.leader.is_some() {
            return;
        }
        if !handlers_are_short || !state.parked.is_empty() || !state.has_reserve {
            self.hand_over(state);
        }
        for asleep in state.reserve_asleep.drain(..) {
            asleep.unpark();
        }
    }

    /// Blocks until the pending call has ended and takes its outcome. Runs calls of the same chain meanwhile.
    pub fn wait_for<'a>(
        self: &'a Arc<Self>,
        mut state: Locked<'a>,
        key: u64,
        parker: &Arc<Parker>,
        chain: [u8; 16],
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Outcome {
        // Rarely more than a few: threads that wait at this moment.
        state.waiting.push((chain, parker.clone()));
        let blocked = Blocked::begin(self, &mut state, chain);
        let mut questions = Questions::default();
        let (outcome, plan) = loop {
            let Some(pending) = state.pending.get(&key) else {
                break (
                    Outcome::System(Error::internal("a pending call vanished")),
                    None,
                );
            };
            if let Progress::Ended(_) = pending.progress {
                let pending = state.remove_pending(key).expect("it was there");
                let Progress::Ended(outcome) = pending.progress else {
                    unreachable!("checked above")
                };
                break (outcome, pending.plan);
            }
            let (deadline, sent) = (pending.deadline, pending.sent());
            if let Some(inbound) = crate::runtime::server::take_of_chain(self, &mut state, chain) {
                self.hand_over(&mut state);
                drop(state);
                inbound.run();
                if !self.is_ours() {
                    return Outcome::System(forked(blocked));
                }
                state = self.lock();
                continue;
            }
            let now = clock::now();
            if deadline != 0 && now >= deadline {
                self.give_up(&mut state, key, Reason::Deadline);
                break (Outcome::System(call::late(sent)), None);
            }
            let (next, step) = self.wait_once(state, parker, deadline, |state| &mut state.parked);
            state = next;
            if questions.are_due(&step, now) {
                drop(state);
                let stop = interrupt();
                if !self.is_ours() {
                    return Outcome::System(forked(blocked));
                }
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

/// The foreign code that ran during a wait forked, and this is the child: everything here is the parent's, also the answer.
pub(crate) fn forked(blocked: Blocked) -> Error {
    std::mem::forget(blocked);
    let message =
        "this process was forked while it waited for the call, whose answer is the parent's";
    Error::new(Code::FailedPrecondition, message).with_sent(Sent::MaybeExecuted)
}

thread_local! {
    static READY: RefCell<Option<ReadyList>> = const { RefCell::new(None) };
}
