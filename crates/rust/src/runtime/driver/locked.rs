//! The driver's lock. What must not run under it (foreign code, another driver's lock, reading a directory) is noted in
//! [`State::later`] and done when the guard goes.

use super::Inner;
use super::state::State;
use crate::runtime::server::ServerState;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, MutexGuard};
use std::task::Waker;

/// The state of a driver, locked. Whatever was put off meanwhile is done as soon as it is unlocked.
pub(crate) struct Locked<'a> {
    inner: &'a Arc<Inner>,
    /// Taken only by `drop` and by [`Locked::unlock_into`].
    guard: Option<MutexGuard<'a, State>>,
}

/// Work for the time after the lock.
#[derive(Default)]
pub(crate) struct Later {
    /// Servers that have ended: their handlers may own clients, whose drop takes the lock.
    pub servers: Vec<ServerState>,
    /// Tasks whose call has ended: an executor may poll them at once.
    pub wakers: Vec<Waker>,
}

impl Later {
    fn is_empty(&self) -> bool {
        self.servers.is_empty() && self.wakers.is_empty()
    }

    fn append(&mut self, mut other: Later) {
        self.servers.append(&mut other.servers);
        self.wakers.append(&mut other.wakers);
    }

    fn run(self, _: &Arc<Inner>) {
        self.wakers.into_iter().for_each(Waker::wake);
        drop(self.servers);
    }
}

impl<'a> Locked<'a> {
    pub(super) fn new(inner: &'a Arc<Inner>, guard: MutexGuard<'a, State>) -> Self {
        Locked {
            inner,
            guard: Some(guard),
        }
    }

    /// Unlocks under another driver's lock: what was put off waits until that one is unlocked too.
    pub fn unlock_into(mut self, outer: &mut State) {
        if let Some(mut guard) = self.guard.take() {
            outer.later.append(std::mem::take(&mut guard.later));
        }
    }
}

impl Deref for Locked<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        self.guard.as_ref().expect("taken only when it goes")
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut State {
        self.guard.as_mut().expect("taken only when it goes")
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        let Some(mut guard) = self.guard.take() else {
            return;
        };
        if guard.later.is_empty() {
            return;
        }
        let later = std::mem::take(&mut guard.later);
        drop(guard);
        later.run(self.inner);
    }
}
