//! How threads wait: the protocol of `rota` over this driver's lock, poller and parkers.
//!
//! One thread at a time leads: it waits in the poller and takes in whatever comes, for all. When it has what it waited for it leaves,
//! and one of the parked threads takes over; what another thread has for the leader it announces by the poller's bell.
//!
//! A worker whose handlers are short hands nothing over and wakes nobody: it is back in the poller before a hand-over would have
//! been. That nothing stays unread should a handler take long, for once, is the duty of the one thread in reserve (`reserve`).

use super::blocked::Blocked;
use super::locked::Locked;
use super::rota::{self, Ended, Place, Rota, Seat, Site, Spot};
use super::state::{Progress, State, Target};
use super::{BATCH, Inner, call};
use hms_ffi_core::dispatch::Outcome;
use hms_ffi_core::error::{Code, Error, Result, Sent};
use hms_ffi_core::protocol::Reason;
use hms_ffi_transport::clock;
use hms_ffi_transport::park::{Parked, Parker};
use hms_ffi_transport::poll::{Ready, ReadyList, Waited};
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

thread_local! {
    /// What this thread waits on.
    static PARKER: RefCell<Option<Arc<Parker>>> = const { RefCell::new(None) };
    /// The server whose calls this thread runs between its waits.
    static WORKS_FOR: Cell<Option<u64>> = const { Cell::new(None) };
    /// It runs one of them.
    static RUNS: Cell<bool> = const { Cell::new(false) };
}

/// So that an interrupt that came just before a wait is noticed all the same.
pub(super) const LOOK_UP: Duration = Duration::from_millis(500);

/// This thread's parker, made at its first wait (again after a fork).
pub(crate) fn current() -> Result<Arc<Parker>> {
    PARKER.with_borrow_mut(|mine| {
        if let Some(parker) = mine
            && parker.is_ours()
        {
            return Ok(parker.clone());
        }
        let parker = Parker::new()
            .map_err(|e| Error::new(Code::ResourceExhausted, format!("cannot wait: {e}")))?;
        let parker = Arc::new(parker);
        *mine = Some(parker.clone());
        WORKS_FOR.set(None);
        RUNS.set(false);
        Ok(parker)
    })
}

pub(crate) fn is_current(parker: &Arc<Parker>) -> bool {
    PARKER.with_borrow(|mine| mine.as_ref().is_some_and(|mine| Arc::ptr_eq(mine, parker)))
}

/// Whether this thread runs a call as a worker of this server.
pub(crate) fn runs_a_call_of(server: u64) -> bool {
    RUNS.get() && WORKS_FOR.get() == Some(server)
}

pub(crate) fn set_works_for(server: Option<u64>) {
    WORKS_FOR.set(server);
}

pub(crate) fn set_runs_a_call(runs: bool) {
    RUNS.set(runs);
}

/// How one wait ended.
pub(crate) enum Step {
    /// Something may have changed.
    Look,
    /// A signal came, or it is time to look whether one came. The lead has been handed over: asking may take long.
    AskInterrupt,
}

impl Step {
    fn of(ended: Ended) -> Step {
        match ended {
            Ended::Woken => Step::Look,
            Ended::TimedOut | Ended::Interrupted => Step::AskInterrupt,
        }
    }
}

impl Place for Arc<Parker> {
    fn unpark(&self) {
        Parker::unpark(self);
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(self, other)
    }

    fn is_current(&self) -> bool {
        is_current(self)
    }
}

impl Site for Arc<Inner> {
    type Place = Arc<Parker>;
    type Guard<'a> = Locked<'a>;
    type Ready = [Ready];

    fn lock(&self) -> Locked<'_> {
        Inner::lock(self)
    }

    fn rota<'g>(&self, guard: &'g mut Locked<'_>) -> &'g mut Rota<Arc<Parker>> {
        &mut guard.rota
    }

    fn poll<R>(
        &self,
        _: &Arc<Parker>,
        timeout: Duration,
        then: impl FnOnce(&[Ready], Ended) -> R,
    ) -> R {
        READY.with_borrow_mut(|ready| {
            let ready = ready.get_or_insert_with(|| ReadyList::new(BATCH));
            let ended = match self.poller.wait(ready, Some(timeout)) {
                Waited::Done { timed_out: false } => Ended::Woken,
                Waited::Done { timed_out: true } => Ended::TimedOut,
                Waited::Interrupted => Ended::Interrupted,
            };
            then(ready.as_slice(), ended)
        })
    }

    fn take_in(&self, guard: &mut Locked<'_>, ready: &[Ready]) {
        self.process(guard, ready);
    }

    fn park(&self, place: &Arc<Parker>, timeout: Duration) -> Ended {
        match place.park(Some(timeout)) {
            Parked::Woken => Ended::Woken,
            Parked::TimedOut => Ended::TimedOut,
            Parked::Interrupted => Ended::Interrupted,
        }
    }

    fn nobody_leads(&self, guard: &mut Locked<'_>) {
        Inner::nobody_leads(self, guard);
    }

    fn is_ours(&self) -> bool {
        Inner::is_ours(self)
    }
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
    /// Waits once, as the leader if there is none, else parked in this spot; until `until` (0: no limit).
    pub fn wait_once<'a>(
        self: &'a Arc<Self>,
        mut state: Locked<'a>,
        parker: &Arc<Parker>,
        until: u64,
        spot: Spot,
    ) -> (Locked<'a>, Step) {
        if !state.later.is_empty() {
            // What was put off may be what the thread waits for. It may take long.
            self.hand_over(&mut state);
            return (self.settle(state), Step::Look);
        }
        let left = if until == 0 {
            u64::MAX
        } else {
            until.saturating_sub(clock::now())
        };
        let timeout = Duration::from_nanos(left).min(LOOK_UP);
        let (mut state, ended) = rota::wait(self, state, parker, spot, timeout);
        let step = Step::of(ended);
        if let Step::AskInterrupt = step {
            self.hand_over(&mut state);
        }
        (state, step)
    }

    /// Called by a thread that stops waiting: somebody else has to lead.
    pub fn hand_over(&self, state: &mut State) {
        if !state.rota.hand_over() {
            self.nobody_leads(state);
        }
    }

    /// Called by a worker that leaves to run a call; see [`Rota::leave_to_run`].
    pub fn leave_to_run(&self, state: &mut State, soon_back: bool) {
        if !state.rota.leave_to_run(soon_back) {
            self.nobody_leads(state);
        }
    }

    /// The lead is free and nobody is parked.
    fn nobody_leads(&self, state: &State) {
        if state.attendance.awaited > 0 && state.attendance.is_watched() {
            // The watching task left all to the leader, and looks again now.
            self.poller.ring();
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
        let mut waits = WaitsFor {
            inner: self,
            key,
            chain,
            parker,
            blocked: Some(blocked),
            seat: Some(Seat::take(self)),
        };
        // Goes before `waits`, whose drop locks.
        let mut state = state;
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
                    return Outcome::System(forked(waits.blocked.take()));
                }
                state = self.lock();
                continue;
            }
            let now = clock::now();
            if deadline != 0 && now >= deadline {
                self.give_up(&mut state, key, Reason::Deadline);
                break (Outcome::System(call::late(sent)), None);
            }
            let (next, step) = self.wait_once(state, parker, deadline, Spot::Caller);
            state = next;
            if questions.are_due(&step, now) {
                self.hand_over(&mut state);
                drop(state);
                let stop = interrupt();
                if !self.is_ours() {
                    return Outcome::System(forked(waits.blocked.take()));
                }
                state = self.lock();
                if stop {
                    self.give_up(&mut state, key, Reason::Cancelled);
                    break (Outcome::Cancelled, None);
                }
            }
        };
        waits.end(&mut state);
        self.flush(&mut state);
        drop(state);
        call::in_view(plan.as_ref(), outcome)
    }

    /// The target of a call that this thread waits for.
    pub fn thread_target(parker: &Arc<Parker>) -> Target {
        Target::Thread(parker.clone())
    }
}

/// A thread that waits for a call. However the wait ends, also by a panic of foreign code or the end of the thread, the call is
/// given up if it has not ended, and somebody else leads.
struct WaitsFor<'a> {
    inner: &'a Arc<Inner>,
    key: u64,
    chain: [u8; 16],
    parker: &'a Arc<Parker>,
    blocked: Option<Blocked>,
    seat: Option<Seat<'a, Arc<Inner>>>,
}

impl WaitsFor<'_> {
    /// The usual end, under a lock that is held already.
    fn end(mut self, state: &mut Locked<'_>) {
        self.withdraw(state);
        if let Some(seat) = self.seat.take() {
            seat.leave(state);
        }
    }

    fn withdraw(&mut self, state: &mut State) {
        let is_this = |(chain, parker): &([u8; 16], Arc<Parker>)| {
            *chain == self.chain && Arc::ptr_eq(parker, self.parker)
        };
        if let Some(at) = state.waiting.iter().rposition(is_this) {
            state.waiting.swap_remove(at);
        }
        if let Some(blocked) = self.blocked.take() {
            blocked.end(self.inner, state, self.chain);
        }
    }
}

impl Drop for WaitsFor<'_> {
    fn drop(&mut self) {
        if self.seat.is_none() {
            return;
        }
        if !self.inner.is_ours() {
            // In the child of a fork all of this is the parent's.
            std::mem::forget(self.blocked.take());
            return;
        }
        let mut state = self.inner.lock();
        self.withdraw(&mut state);
        self.inner.give_up(&mut state, self.key, Reason::Cancelled);
        self.inner.flush(&mut state);
    }
}

/// The foreign code that ran during a wait forked, and this is the child: everything here is the parent's, also the answer.
pub(crate) fn forked(blocked: Option<Blocked>) -> Error {
    std::mem::forget(blocked);
    let message =
        "this process was forked while it waited for the call, whose answer is the parent's";
    Error::new(Code::FailedPrecondition, message).with_sent(Sent::MaybeExecuted)
}

thread_local! {
    static READY: RefCell<Option<ReadyList>> = const { RefCell::new(None) };
}
