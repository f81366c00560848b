//! Who drives while calls are awaited by tasks, which cannot wait in the poller themselves.
//!
//! A tokio runtime watches the poller's descriptor, where the feature is on (`watch`). Everywhere else one thread does, started at the
//! first such call: it takes turns at leading like every thread that waits for a call, and sleeps while nothing is awaited.

use super::Inner;
use super::lead;
use super::rota::Spot;
use super::state::{State, Target};
#[cfg(feature = "tokio")]
use super::watch;
use hms_ffi_core::dispatch::Outcome;
use hms_ffi_core::error::{Code, Error};
use hms_ffi_core::protocol::Reason;
use hms_ffi_transport::clock;
use hms_ffi_transport::park::Parker;
use std::sync::Arc;

/// Nanoseconds for which the thread goes on leading when nothing is awaited any more: often the next call comes at once.
const LINGER: u64 = 5_000_000;

/// What a driver knows of awaited calls.
#[derive(Default)]
pub(crate) struct Attendance {
    /// Pending calls and connects that tasks await.
    pub awaited: usize,
    /// The poller's bell was rung so that output is sent, and nobody has looked since.
    pub rung: bool,
    thread: Thread,
    #[cfg(feature = "tokio")]
    pub watches: Vec<tokio::runtime::Id>,
    /// Runtimes that cannot watch, as those without I/O.
    #[cfg(feature = "tokio")]
    pub blind: Vec<tokio::runtime::Id>,
}

#[derive(Default)]
enum Thread {
    #[default]
    None,
    Awake,
    Asleep(Arc<Parker>),
}

/// Where a future is being polled, as far as that decides who drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Anywhere.
    Thread,
    /// In this runtime.
    #[cfg(feature = "tokio")]
    Tokio(tokio::runtime::Id),
}

impl Place {
    pub fn current() -> Self {
        #[cfg(feature = "tokio")]
        if let Ok(handle) = tokio::runtime::Handle::try_current() {
            return Place::Tokio(handle.id());
        }
        Place::Thread
    }
}

/// What has to be started once the driver is unlocked.
#[must_use]
pub(crate) enum Start {
    Nothing,
    Thread,
    #[cfg(feature = "tokio")]
    Watch(tokio::runtime::Id),
}

impl Attendance {
    /// Something is awaited at this place: sees to it that somebody drives.
    pub fn attend(&mut self, place: Place) -> Start {
        match place {
            #[cfg(feature = "tokio")]
            Place::Tokio(id) if self.blind.contains(&id) => self.attend(Place::Thread),
            #[cfg(feature = "tokio")]
            Place::Tokio(id) if self.watches.contains(&id) => Start::Nothing,
            #[cfg(feature = "tokio")]
            Place::Tokio(id) => {
                self.watches.push(id);
                Start::Watch(id)
            }
            Place::Thread => match std::mem::replace(&mut self.thread, Thread::Awake) {
                Thread::None => Start::Thread,
                Thread::Awake => Start::Nothing,
                Thread::Asleep(parker) => {
                    parker.unpark();
                    Start::Nothing
                }
            },
        }
    }

    /// Whether something watches the poller that is no thread of ours.
    pub fn is_watched(&self) -> bool {
        #[cfg(feature = "tokio")]
        return !self.watches.is_empty();
        #[cfg(not(feature = "tokio"))]
        false
    }
}

impl Inner {
    /// Starts what [`Attendance::attend`] asked for. Not under the lock.
    pub fn attend(self: &Arc<Self>, start: Start) {
        match start {
            Start::Nothing => {}
            Start::Thread => {
                let inner = self.clone();
                let thread = std::thread::Builder::new().name("hms-driver".to_owned());
                if let Err(error) = thread.spawn(move || inner.drive()) {
                    self.nobody_drives(&format!("no thread to wait on: {error}"));
                }
            }
            #[cfg(feature = "tokio")]
            Start::Watch(id) => watch::start(self, id),
        }
    }

    /// The thread's life.
    fn drive(self: Arc<Self>) {
        let parker = match lead::current() {
            Ok(parker) => parker,
            Err(error) => return self.nobody_drives(error.message()),
        };
        let mut state = self.lock();
        let mut idle_since = 0;
        loop {
            if state.attendance.awaited > 0 {
                idle_since = 0;
                state = self.wait_once(state, &parker, 0, Spot::Caller).0;
                continue;
            }
            if idle_since == 0 {
                idle_since = clock::now();
            }
            if state.rota.leader().is_none() && clock::now() < idle_since + LINGER {
                let until = idle_since + LINGER;
                state = self.wait_once(state, &parker, until, Spot::Caller).0;
                continue;
            }
            idle_since = 0;
            state.attendance.thread = Thread::Asleep(parker.clone());
            self.hand_over(&mut state);
            drop(state);
            parker.park(None);
            state = self.lock();
            // Signals and late wake-ups end a sleep, too.
            state.attendance.thread = Thread::Awake;
        }
    }

    /// Ends what is awaited, since nobody could wait for it; the next call tries again.
    fn nobody_drives(self: &Arc<Self>, why: &str) {
        let mut state = self.lock();
        state.attendance.thread = Thread::None;
        let awaited: Vec<u64> = state
            .pending
            .iter()
            .filter(|(_, pending)| matches!(pending.target, Target::Future(_)))
            .map(|(key, _)| *key)
            .collect();
        for key in awaited {
            let sent = state.pending[&key].sent();
            let error = Error::new(Code::ResourceExhausted, why).with_sent(sent);
            self.give_up_with(&mut state, key, Reason::Cancelled, Outcome::System(error));
        }
        self.flush(&mut state);
    }

    /// Sees to it that what was put out is sent: at once where little is under way, else by whoever waits in the poller, which sends
    /// all that has come until then in one write.
    pub fn publish(self: &Arc<Self>, state: &mut State) {
        if state.dirty.is_empty() {
            return;
        }
        let attended = state.rota.leader().is_some() || state.attendance.is_watched();
        if state.attendance.awaited > 1 && attended {
            if !state.attendance.rung {
                state.attendance.rung = true;
                self.poller.ring();
            }
        } else {
            self.flush(state);
        }
    }
}
