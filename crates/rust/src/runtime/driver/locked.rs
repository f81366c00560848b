//! The driver's lock. What must not run under it (foreign code, another driver's lock, reading a directory) is noted in
//! [`State::later`] and done when the guard goes.

use super::state::State;
use super::{Inner, nested};
use crate::runtime::context::CallContext;
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
    /// Handlers that nobody waits for any more, with calls under way.
    abandoned: Vec<Arc<CallContext>>,
    /// Connections that need to know which instances there are.
    looks: Vec<u64>,
}

impl Later {
    pub fn is_empty(&self) -> bool {
        self.servers.is_empty()
            && self.wakers.is_empty()
            && self.abandoned.is_empty()
            && self.looks.is_empty()
    }

    /// This connection looks for instances.
    pub fn look(&mut self, connection: u64) {
        if !self.looks.contains(&connection) {
            self.looks.push(connection);
        }
    }

    /// Nobody waits for this handler any more.
    pub fn abandon(&mut self, context: &Arc<CallContext>) {
        if !context.nested.is_empty() || !context.watchers.is_empty() {
            self.abandoned.push(context.clone());
        }
    }

    fn append(&mut self, mut other: Later) {
        self.servers.append(&mut other.servers);
        self.wakers.append(&mut other.wakers);
        self.abandoned.append(&mut other.abandoned);
    }

    fn run(self, inner: &Arc<Inner>) {
        for connection in self.looks {
            inner.look(connection);
        }
        self.wakers.into_iter().for_each(Waker::wake);
        for context in self.abandoned {
            context.watchers.wake();
            nested::give_up(&context);
        }
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
            let mut later = std::mem::take(&mut guard.later);
            // Connections are this driver's own, and it looks for them at its next turn.
            guard.later.looks = std::mem::take(&mut later.looks);
            outer.later.append(later);
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
