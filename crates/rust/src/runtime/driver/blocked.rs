//! A blocking call on a thread that also runs an event loop which serves: the loop stands still meanwhile. Calls of the same chain that
//! come back to it would wait for ever, so they are answered `failed-precondition`; other calls wait until the loop goes on.

use super::state::State;
use super::turn::Watched;
use super::{BATCH, Inner};
use hms_ffi_core::dispatch::Outcome;
use hms_ffi_core::error::{Code, Error};
use hms_ffi_transport::poll::{Interest, ReadyList};
use std::cell::RefCell;
use std::sync::{Arc, Weak};
use std::time::Duration;

thread_local! {
    /// The event loops of this thread that serve, with the names of their instances.
    static SERVING: RefCell<Vec<(String, Weak<Inner>)>> = const { RefCell::new(Vec::new()) };
}

/// This thread's loop serves an instance from now on.
pub(crate) fn serves(instance: &str, inner: &Arc<Inner>) {
    SERVING.with_borrow_mut(|serving| serving.push((instance.to_owned(), Arc::downgrade(inner))));
}

/// It does so no longer.
pub(crate) fn serves_no_longer(instance: &str) {
    // A server may go with the thread, after this list: as in a Node process that an uncaught exception ends.
    let _ = SERVING.try_with(|serving| {
        serving.borrow_mut().retain(|(name, _)| name != instance);
    });
}

/// Whether a blocking call on this thread to this instance would wait for the thread itself.
pub(crate) fn is_on_this_loop(instance: &str) -> bool {
    SERVING.with_borrow(|serving| serving.iter().any(|(name, _)| name == instance))
}

/// The loops that stand still while this thread blocks in `waiter`'s driver.
pub(crate) struct Blocked(Vec<(u64, Arc<Inner>)>);

impl Blocked {
    /// Lets whoever leads in `waiter` look after the loops of this thread.
    pub fn begin(waiter: &Arc<Inner>, state: &mut State, chain: [u8; 16]) -> Blocked {
        let mut loops: Vec<(u64, Arc<Inner>)> = Vec::new();
        SERVING.with_borrow(|serving| {
            for inner in serving.iter().filter_map(|(_, inner)| inner.upgrade()) {
                if inner.is_ours() && !loops.iter().any(|(_, known)| Arc::ptr_eq(known, &inner)) {
                    loops.push((0, inner));
                }
            }
        });
        loops.retain_mut(|(key, inner)| {
            *key = state.key();
            if waiter
                .poller
                .add(&inner.poller, Watched::Loop(*key).key(), Interest::READ)
                .is_err()
            {
                return false;
            }
            inner.lock().blocked.push(chain);
            state.loops.insert(*key, inner.clone());
            true
        });
        Blocked(loops)
    }

    /// The thread goes back to its loops.
    pub fn end(self, waiter: &Arc<Inner>, state: &mut State, chain: [u8; 16]) {
        for (key, inner) in self.0 {
            state.loops.remove(&key);
            waiter.poller.remove(&inner.poller);
            let mut looped = inner.lock();
            if let Some(at) = looped.blocked.iter().rposition(|blocked| *blocked == chain) {
                looped.blocked.swap_remove(at);
            }
            drop(looped);
            // What was taken in meanwhile waits for a turn of the loop.
            inner.poller.ring();
        }
    }
}

/// A loop that stands still has something to take in.
pub(super) fn look_after(state: &mut State, key: u64) {
    let Some(inner) = state.loops.get(&key).cloned() else {
        return;
    };
    let mut ready = ReadyList::new(BATCH);
    let mut looped = inner.lock();
    loop {
        inner.poller.wait(&mut ready, Some(Duration::ZERO));
        inner.process(&mut looped, ready.as_slice());
        if ready.as_slice().len() < BATCH {
            break;
        }
    }
    looped.unlock_into(state);
}

/// What a call of a chain gets whose loop stands still for that chain.
pub(crate) fn refusal() -> Outcome {
    let message = "this call comes back to an event loop that a blocking call of the same chain has stopped; \
                   await the call there instead";
    Outcome::System(Error::new(Code::FailedPrecondition, message))
}
