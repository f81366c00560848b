//! The driver's primitives as loom has them.

use crate::rota::{Ended, Place, Rota, Site};
use loom::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Duration;

/// No wait of a model ends by time.
pub const FOR_EVER: Duration = Duration::MAX;

loom::thread_local! {
    static CURRENT: RefCell<Option<Spot>> = RefCell::new(None);
}

/// A parker: an eventfd and `poll`, which a signal ends.
#[derive(Clone)]
pub struct Spot(Arc<Bell>);

/// A flag that ends one wait, and a signal that does.
struct Bell {
    state: Mutex<BellState>,
    changed: Condvar,
}

#[derive(Default)]
struct BellState {
    rung: bool,
    signal: bool,
    /// Calls that have been answered, for the poller.
    ready: VecDeque<usize>,
}

impl Bell {
    fn new() -> Self {
        Bell {
            state: Mutex::new(BellState::default()),
            changed: Condvar::new(),
        }
    }

    fn ring(&self) {
        self.state.lock().unwrap().rung = true;
        self.changed.notify_all();
    }
}

impl Spot {
    pub fn new() -> Self {
        Spot(Arc::new(Bell::new()))
    }

    pub fn is_of_this_thread(&self) {
        CURRENT.with(|current| *current.borrow_mut() = Some(self.clone()));
    }
}

impl Place for Spot {
    fn unpark(&self) {
        self.0.ring();
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn is_current(&self) -> bool {
        CURRENT.with(|current| current.borrow().as_ref().is_some_and(|own| own.is(self)))
    }
}

/// A caller that waits for its answer.
pub struct Caller {
    pub spot: Option<Spot>,
    pub answered: bool,
}

/// What the driver's lock guards.
pub struct State {
    pub rota: Rota<Spot>,
    pub callers: [Caller; 2],
    /// Calls for the worker, and whether it should end.
    pub calls: usize,
    pub workers: Vec<Spot>,
    pub closed: bool,
}

pub struct Driver {
    state: Mutex<State>,
    /// The poller: what is ready, and its bell.
    poller: Bell,
    /// How many handlers have come to [`Driver::meet`].
    met: Mutex<usize>,
    both: Condvar,
}

/// Stands for a call to serve in [`Driver::arrives`].
pub const A_CALL: usize = usize::MAX;

impl Driver {
    pub fn new() -> Arc<Self> {
        let caller = || Caller {
            spot: None,
            answered: false,
        };
        Arc::new(Driver {
            state: Mutex::new(State {
                rota: Rota::default(),
                callers: [caller(), caller()],
                calls: 0,
                workers: Vec::new(),
                closed: false,
            }),
            poller: Bell::new(),
            met: Mutex::new(0),
            both: Condvar::new(),
        })
    }

    /// The peer sends the answer to this caller, or [`A_CALL`].
    pub fn arrives(&self, what: usize) {
        self.poller.state.lock().unwrap().ready.push_back(what);
        self.poller.changed.notify_all();
    }

    /// A handler that returns when a second one has come.
    pub fn meet(&self) {
        let mut met = self.met.lock().unwrap();
        *met += 1;
        self.both.notify_all();
        while *met < 2 {
            met = self.both.wait(met).unwrap();
        }
    }

    /// Ends the poller's wait, or the next one.
    pub fn ring(&self) {
        self.poller.ring();
    }

    /// A signal for the thread that waits at this place, wherever that is.
    pub fn signal(&self, spot: &Spot) {
        spot.0.state.lock().unwrap().signal = true;
        spot.0.changed.notify_all();
        // Under the poller's lock, so that a thread that is about to wait there has looked before, or is told.
        drop(self.poller.state.lock().unwrap());
        self.poller.changed.notify_all();
    }

    /// Ends a caller's call from whatever thread.
    pub fn answer(&self, state: &mut State, caller: usize) {
        state.callers[caller].answered = true;
        if let Some(spot) = state.callers[caller].spot.clone() {
            crate::rota::wake(&state.rota, &spot, || self.ring());
        }
    }
}

impl Site for Driver {
    type Place = Spot;
    type Guard<'a> = MutexGuard<'a, State>;
    type Ready = [usize];

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn rota<'g>(&self, guard: &'g mut MutexGuard<'_, State>) -> &'g mut Rota<Spot> {
        &mut guard.rota
    }

    fn poll<R>(&self, spot: &Spot, _: Duration, then: impl FnOnce(&[usize], Ended) -> R) -> R {
        let mut poller = self.poller.state.lock().unwrap();
        loop {
            let signal = std::mem::take(&mut spot.0.state.lock().unwrap().signal);
            if signal || poller.rung || !poller.ready.is_empty() {
                poller.rung = false;
                let ready: Vec<usize> = poller.ready.drain(..).collect();
                drop(poller);
                let ended = if signal {
                    Ended::Interrupted
                } else {
                    Ended::Woken
                };
                return then(&ready, ended);
            }
            poller = self.poller.changed.wait(poller).unwrap();
        }
    }

    fn take_in(&self, guard: &mut MutexGuard<'_, State>, ready: &[usize]) {
        for &what in ready {
            if what == A_CALL {
                guard.calls += 1;
                // A worker that reads takes the first one itself.
                if guard.calls > 1 || !guard.workers.iter().any(Place::is_current) {
                    guard.rota.call_up(crate::rota::Spot::Worker(0));
                }
            } else {
                self.answer(guard, what);
            }
        }
    }

    fn park(&self, spot: &Spot, _: Duration) -> Ended {
        let mut bell = spot.0.state.lock().unwrap();
        loop {
            if std::mem::take(&mut bell.rung) {
                return Ended::Woken;
            }
            if std::mem::take(&mut bell.signal) {
                return Ended::Interrupted;
            }
            bell = spot.0.changed.wait(bell).unwrap();
        }
    }

    fn nobody_leads(&self, _: &mut MutexGuard<'_, State>) {}

    fn is_ours(&self) -> bool {
        true
    }
}
