//! A driver: a set of links, and who waits for them.
//!
//! - `state`: everything it knows, behind one lock (`locked`);
//! - `turn`: what came from the poller goes into links, and what links say goes to calls and servers;
//! - `connection`: one caller's way to an interface; `dial` and `handshake` make it;
//! - `call`: outgoing calls; `retry`: further attempts; `health`: instances that fail; `nested`: calls of handlers; `lead`: how threads wait, by the
//!   protocol in `rota`; `reserve`: the one that reads while workers are busy; `blocked`: event loops whose thread waits;
//! - `slot`: where a call's outcome waits for a task; `attendance`: who drives while tasks await calls, a thread or (`watch`) a tokio
//!   runtime; `block_on`: threads that wait for a future.
//!
//! All blocking threads of a process share one driver; each event loop has its own, and only its thread uses it.

pub(crate) mod attendance;
pub(crate) mod block_on;
pub(crate) mod blocked;
pub(crate) mod call;
pub(crate) mod connection;
pub(crate) mod dial;
mod handshake;
mod health;
mod late;
pub(crate) mod lead;
pub(crate) mod locked;
pub(crate) mod nested;
pub(crate) mod reserve;
pub(crate) mod retry;
pub(crate) mod rota;
pub(crate) mod slot;
pub(crate) mod state;
pub(crate) mod turn;
#[cfg(feature = "tokio")]
mod watch;

use super::client::Client;
use super::server::Inbound;
use hms_ffi_core::dispatch::Outcome;
use hms_ffi_core::error::{Code, Error, Result};
use hms_ffi_transport::clock;
use hms_ffi_transport::fork::{self, PerProcess};
use hms_ffi_transport::poll::{Poller, ReadyList};
use locked::Locked;
use state::State;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::ThreadId;
use std::time::Duration;

/// A set of links with one way of waiting. Cheap to clone.
#[derive(Clone)]
pub struct Driver {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub generation: u32,
    pub language: &'static str,
    pub kind: Kind,
    pub poller: Poller,
    state: Mutex<State>,
}

/// Who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Threads that block.
    Threads,
    /// An event loop on this thread.
    Loop(ThreadId),
}

/// What an event loop learns from [`Driver::turn`].
#[derive(Debug)]
pub enum Event {
    /// A connect that was started under this token has ended.
    Connected {
        /// As given to `connect_start`.
        token: u64,
        /// The client, or why there is none.
        result: Result<Client>,
    },
    /// A call that was started under this token has ended.
    Done {
        /// As given to `start`.
        token: u64,
        /// How it ended.
        outcome: Outcome,
    },
    /// A call to serve.
    Call(Inbound),
    /// The caller of an inbound call no longer waits for it.
    CancelInbound {
        /// [`Inbound::id`].
        id: u64,
        /// Whether it is because its deadline has passed.
        late: bool,
    },
}

/// How many descriptors one wait reports; more wait for the next one.
const BATCH: usize = 64;
const SCRATCH: usize = 64 * 1024;

static SHARED: PerProcess<OnceLock<Driver>> = PerProcess::new(OnceLock::new);

impl Driver {
    /// The driver of all blocking threads of this process; in a forked child it is a new one. `language` is that of the first caller.
    ///
    /// # Errors
    /// `resource-exhausted` when the process is out of descriptors.
    pub fn shared(language: &'static str) -> Result<Driver> {
        let shared = SHARED.get();
        if let Some(driver) = shared.get() {
            return Ok(driver.clone());
        }
        let driver = Self::new(language, Kind::Threads)?;
        Ok(shared.get_or_init(|| driver).clone())
    }

    /// A driver for the event loop that runs on the current thread.
    ///
    /// # Errors
    /// `resource-exhausted` when the process is out of descriptors.
    pub fn for_loop(language: &'static str) -> Result<Driver> {
        Self::new(language, Kind::Loop(std::thread::current().id()))
    }

    fn new(language: &'static str, kind: Kind) -> Result<Driver> {
        if language != "rust" {
            super::logging::to_stderr();
        }
        let poller = Poller::new()
            .map_err(|e| Error::new(Code::ResourceExhausted, format!("no driver: {e}")))?;
        let state = State {
            scratch: vec![0; SCRATCH],
            ..State::default()
        };
        Ok(Driver {
            inner: Arc::new(Inner {
                generation: fork::generation(),
                language,
                kind,
                poller,
                state: Mutex::new(state),
            }),
        })
    }

    /// The descriptor that an event loop watches for readable: then [`Driver::turn`] has something to do. Timers are inside.
    pub fn as_raw_fd(&self) -> RawFd {
        self.inner.poller.as_raw_fd()
    }

    /// Does what can be done without waiting, and returns what the loop should know. An event loop calls it when the
    /// descriptor is readable, and once after it has started calls or replied (many calls then cost one write).
    pub fn turn(&self) -> Vec<Event> {
        if !self.is_ours() {
            return Vec::new();
        }
        let mut ready = ReadyList::new(BATCH);
        let mut state = self.inner.lock();
        self.inner.flush(&mut state);
        loop {
            self.inner.poller.wait(&mut ready, Some(Duration::ZERO));
            self.inner.process(&mut state, ready.as_slice());
            if ready.as_slice().len() < BATCH {
                break;
            }
        }
        state = self.inner.settle(state);
        let events: Vec<_> = state.events.drain(..).collect();
        drop(state);
        events
            .into_iter()
            .map(|(event, plan)| event.in_callers_view(plan))
            .collect()
    }

    /// Hands what was started or replied since to the sockets, without looking for answers. True if there are events already,
    /// as of calls that failed at once and of calls within the process: then the loop has to [`Driver::turn`].
    pub fn flush(&self) -> bool {
        if !self.is_ours() {
            return false;
        }
        let mut state = self.inner.lock();
        self.inner.flush(&mut state);
        state = self.inner.settle(state);
        !state.events.is_empty()
    }

    /// Whether this process made the driver, not an ancestor of it.
    pub fn is_ours(&self) -> bool {
        self.inner.is_ours()
    }
}

impl std::fmt::Debug for Driver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver")
            .field("kind", &self.inner.kind)
            .finish_non_exhaustive()
    }
}

impl Inner {
    pub fn is_ours(&self) -> bool {
        self.generation == fork::generation()
    }

    /// The state. Never called in a forked child for a driver of the parent: the lock may be held there for ever.
    pub fn lock(self: &Arc<Self>) -> Locked<'_> {
        debug_assert!(self.is_ours(), "a driver was used after fork");
        Locked::new(
            self,
            self.state.lock().unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Does what was put off, so that its results are there. Nothing happens where there is nothing.
    pub fn settle<'a>(self: &'a Arc<Self>, mut state: Locked<'a>) -> Locked<'a> {
        while !state.later.is_empty() {
            drop(state);
            state = self.lock();
        }
        state
    }

    /// Sets the poller's timer to the earliest of ours, if that changed.
    pub fn arm(&self, state: &mut State) {
        let earliest = state.timers.first().map_or(0, |(at, _)| *at);
        // A timer that rings early only costs a look, so it is not moved back.
        if earliest != 0 && (state.armed == 0 || earliest < state.armed) {
            self.poller.set_timer(earliest);
            state.armed = earliest;
        }
    }

    /// Takes the timers that are due.
    pub fn due(&self, state: &mut State) -> Vec<state::Timer> {
        if state.timers.is_empty() {
            return Vec::new();
        }
        let now = clock::now();
        if state.armed != 0 && now >= state.armed {
            state.armed = 0;
        }
        let mut due = Vec::new();
        while let Some((at, timer)) = state.timers.first().copied()
            && at <= now
        {
            state.timers.pop_first();
            due.push(timer);
        }
        due
    }
}
