//! Where the outcome of a call waits for the task that awaits it.

use super::state::Plan;
use hms_ffi_core::dispatch::Outcome;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// Shared by a future and its pending call. Its lock is a leaf: nothing else is locked, woken or dropped under it.
pub(crate) struct Slot(Mutex<Stage>);

enum Stage {
    /// The last waker that a poll brought.
    Waiting(Waker),
    Ended(Outcome, Option<Plan>),
    Taken,
}

impl Slot {
    pub fn new(waker: &Waker) -> Self {
        Slot(Mutex::new(Stage::Waiting(waker.clone())))
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The call has ended. The waker is for the time after the driver's lock.
    pub fn end(&self, outcome: Outcome, plan: Option<Plan>) -> Option<Waker> {
        let mut stage = self.stage();
        if !matches!(*stage, Stage::Waiting(_)) {
            return None;
        }
        match std::mem::replace(&mut *stage, Stage::Ended(outcome, plan)) {
            Stage::Waiting(waker) => Some(waker),
            Stage::Ended(..) | Stage::Taken => None,
        }
    }

    /// The outcome with what turns it into the caller's view, once.
    pub fn poll(&self, waker: &Waker) -> Poll<(Outcome, Option<Plan>)> {
        let mut stage = self.stage();
        match &mut *stage {
            Stage::Waiting(known) if known.will_wake(waker) => Poll::Pending,
            Stage::Waiting(known) => {
                let old = std::mem::replace(known, waker.clone());
                drop(stage);
                // Foreign code, which may even drop the future that is being polled here.
                drop(old);
                Poll::Pending
            }
            other => match std::mem::replace(other, Stage::Taken) {
                Stage::Ended(outcome, plan) => Poll::Ready((outcome, plan)),
                Stage::Waiting(_) | Stage::Taken => unreachable!("taken by the one future"),
            },
        }
    }

    pub fn has_ended(&self) -> bool {
        !matches!(*self.stage(), Stage::Waiting(_))
    }
}
