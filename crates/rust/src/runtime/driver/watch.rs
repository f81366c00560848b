//! A tokio runtime as the one who drives: a task of it watches the poller's descriptor.
//!
//! The task leads nothing. While a thread leads it leaves all to that thread; and where a thread stops leading and none follows,
//! the bell tells the task to look (`hand_over`).

use super::attendance::Place;
use super::{BATCH, Inner};
use hms_ffi_transport::poll::ReadyList;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::runtime::{Handle, Id};

/// Starts the task in the current runtime, whose id is `id`.
pub(super) fn start(inner: &Arc<Inner>, id: Id) {
    let watching = Watching {
        inner: inner.clone(),
        id,
    };
    // The runtime's one reference to it: it is dropped when the runtime ends.
    Handle::current().spawn(watch(watching));
}

async fn watch(watching: Watching) {
    let inner = watching.inner.clone();
    let descriptor = Descriptor(inner.clone());
    // SAFETY: the descriptor is open and the same as long as `inner` lives, which the `AsyncFd` owns.
    let registered = unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE) };
    // Without I/O in the runtime it panics, and says so. In both cases a thread drives.
    let Ok(descriptor) = registered else {
        inner.lock().attendance.blind.push(watching.id);
        return;
    };
    while let Ok(mut ready) = descriptor.readable().await {
        if !inner.is_ours() {
            return;
        }
        inner.turn_unless_led();
        ready.clear_ready();
    }
}

/// Borrowed: the driver closes it.
struct Descriptor(Arc<Inner>);

impl AsRawFd for Descriptor {
    fn as_raw_fd(&self) -> RawFd {
        self.0.poller.as_raw_fd()
    }
}

/// The driver knows that this runtime watches it as long as this lives.
struct Watching {
    inner: Arc<Inner>,
    id: Id,
}

impl Drop for Watching {
    fn drop(&mut self) {
        if !self.inner.is_ours() {
            return;
        }
        let mut state = self.inner.lock();
        state.attendance.watches.retain(|id| *id != self.id);
        if std::thread::panicking() {
            state.attendance.blind.push(self.id);
        }
        // Calls may be awaited elsewhere, too.
        if state.attendance.awaited > 0 {
            let start = state.attendance.attend(Place::Thread);
            drop(state);
            self.inner.attend(start);
        }
    }
}

impl Inner {
    /// Takes in everything that is ready: the descriptor reports only what comes afterwards.
    fn turn_unless_led(self: &Arc<Self>) {
        let mut ready = ReadyList::new(BATCH);
        let mut state = self.lock();
        while state.rota.leader().is_none() {
            self.poller.wait(&mut ready, Some(Duration::ZERO));
            self.process(&mut state, ready.as_slice());
            // Timer and bell take places, too, and are not in the list.
            if ready.as_slice().len() + 2 < BATCH {
                break;
            }
        }
    }
}
