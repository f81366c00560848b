//! How a handler learns that its caller no longer waits.

use super::context::CallContext;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// Who is told. The lock is a leaf: wakers are neither called nor dropped under it.
#[derive(Default)]
pub(crate) struct Watchers(Mutex<Known>);

#[derive(Default)]
struct Known {
    wakers: Vec<(u64, Waker)>,
    last: u64,
}

impl Watchers {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn is_empty(&self) -> bool {
        self.lock().wakers.is_empty()
    }

    /// Tells all. Not under a driver's lock.
    pub fn wake(&self) {
        let wakers = std::mem::take(&mut self.lock().wakers);
        wakers.into_iter().for_each(|(_, waker)| waker.wake());
    }

    fn remove(&self, id: u64) {
        let mut known = self.lock();
        let at = known.wakers.iter().position(|(other, _)| *other == id);
        let waker = at.map(|at| known.wakers.swap_remove(at));
        drop(known);
        drop(waker);
    }
}

impl std::fmt::Debug for Watchers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} watchers", self.lock().wakers.len())
    }
}

/// Ends as soon as the caller of a call no longer waits; see [`CallContext::cancelled`].
#[derive(Debug)]
#[must_use = "nothing is waited for before it is awaited"]
pub struct Cancelled {
    call: Arc<CallContext>,
    /// Of our waker among the watchers; 0 for none.
    id: u64,
}

impl Cancelled {
    pub(super) fn new(call: Arc<CallContext>) -> Self {
        Cancelled { call, id: 0 }
    }
}

impl Future for Cancelled {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let mut known = this.call.watchers.lock();
        // Looked at under the lock: who ends the call looks for watchers afterwards.
        if this.call.is_cancelled() {
            return Poll::Ready(());
        }
        let place = known.wakers.iter_mut().find(|(id, _)| *id == this.id);
        let old = match place {
            Some((_, waker)) if waker.will_wake(cx.waker()) => None,
            Some((_, waker)) => Some(std::mem::replace(waker, cx.waker().clone())),
            None => {
                known.last += 1;
                this.id = known.last;
                known.wakers.push((this.id, cx.waker().clone()));
                None
            }
        };
        drop(known);
        drop(old);
        Poll::Pending
    }
}

impl Drop for Cancelled {
    fn drop(&mut self) {
        if self.id != 0 {
            self.call.watchers.remove(self.id);
        }
    }
}

/// Wakes a thread that blocks for a [`Cancelled`].
#[derive(Default)]
pub(super) struct Signal {
    given: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    /// Until the signal is given, at most `limit`.
    pub fn wait(&self, limit: Option<Duration>) {
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let mut given = match limit {
            Some(limit) => {
                let waited = self
                    .changed
                    .wait_timeout_while(given, limit, |given| !*given);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => {
                let waited = self.changed.wait_while(given, |given| !*given);
                waited.unwrap_or_else(PoisonError::into_inner)
            }
        };
        *given = false;
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        *self.given.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }
}
