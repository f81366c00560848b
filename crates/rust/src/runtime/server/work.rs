//! The life of the threads that serve: workers, and the one beside them that reads while all are busy.

use super::{SHORT, Server, admit};
use crate::runtime::driver::Inner;
use crate::runtime::driver::lead::{self, Step};
use crate::runtime::driver::locked::Locked;
use crate::runtime::driver::reserve::Reserve;
use crate::runtime::driver::rota::{Seat, Spot};
use hms_ffi_core::error::Result;
use hms_ffi_transport::clock;
use hms_ffi_transport::park::Parker;
use std::sync::Arc;

impl Server {
    /// A worker's life: takes calls and runs their handler until the server is closed. `interrupt` is asked after a signal, and
    /// now and then: true ends the work of this thread.
    ///
    /// # Errors
    /// `failed-precondition` in a forked child, and on an event loop's driver.
    pub fn work(&self, interrupt: &mut dyn FnMut() -> bool) -> Result<()> {
        let inner = self.threads()?;
        let worker = Worker::begin(inner, self.key)?;
        let mut state = inner.lock();
        while let Some(server) = state.servers.get(&self.key).filter(|s| !s.closed) {
            let short = server.typical < SHORT;
            if let Some(call) = admit::take_ready(inner, &mut state, self.key, None) {
                worker.count_busy(&mut state, 1);
                lead::set_runs_a_call(true);
                // More calls than this one: perhaps another worker has to take them.
                admit::hand_out(inner, &mut state, self.key);
                if !short {
                    inner.flush(&mut state);
                }
                inner.leave_to_run(&mut state, short);
                drop(state);
                let start = clock::now();
                call.run();
                // A handler that forked returns in the child, too.
                self.driver.usable()?;
                let took = clock::now() - start;
                state = inner.lock();
                lead::set_runs_a_call(false);
                worker.count_busy(&mut state, -1);
                if let Some(server) = state.servers.get_mut(&self.key) {
                    // Weighs the last calls most, so that a change is noticed within a few.
                    server.typical = (3 * server.typical + took) / 4;
                }
                continue;
            }
            // Replies that were put off while there was more to run.
            inner.flush(&mut state);
            let spot = Spot::Worker(self.key);
            let (next, step) = inner.wait_once(state, &worker.parker, 0, spot);
            state = next;
            if let Step::AskInterrupt = step {
                let (next, stop) = self.ask(state, interrupt)?;
                state = next;
                if stop {
                    break;
                }
            }
        }
        drop(state);
        drop(worker);
        // Whoever waits in the poller should see that the server is closed, too.
        inner.poller.ring();
        Ok(())
    }

    /// The life of the one thread beside the workers: it reads while all of them are busy.
    ///
    /// # Errors
    /// As [`Server::work`].
    pub fn read(&self, interrupt: &mut dyn FnMut() -> bool) -> Result<()> {
        let inner = self.threads()?;
        let parker = lead::current()?;
        let reader = Reader::begin(inner);
        let mut memory = Reserve::default();
        let mut state = inner.lock();
        while state
            .servers
            .get(&self.key)
            .is_some_and(|server| !server.closed)
        {
            let (next, step) = inner.wait_in_reserve(state, &parker, &mut memory);
            state = next;
            if let Step::AskInterrupt = step {
                let (next, stop) = self.ask(state, interrupt)?;
                state = next;
                if stop {
                    break;
                }
            }
        }
        drop(state);
        drop(reader);
        inner.poller.ring();
        Ok(())
    }
}

impl Server {
    /// Asks whether this thread was interrupted, without the lock. What it asks may fork, and returns in the child, too.
    fn ask<'a>(
        &'a self,
        state: Locked<'a>,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<(Locked<'a>, bool)> {
        drop(state);
        let stop = interrupt();
        Ok((self.driver.usable()?.lock(), stop))
    }
}

/// A thread that works for a server. However its work ends, also by a panic or an exit of the thread, the server learns of it and
/// somebody else leads.
struct Worker<'a> {
    inner: &'a Arc<Inner>,
    server: u64,
    parker: Arc<Parker>,
    /// Goes last.
    _seat: Seat<'a, Arc<Inner>>,
}

impl<'a> Worker<'a> {
    fn begin(inner: &'a Arc<Inner>, server: u64) -> Result<Self> {
        let parker = lead::current()?;
        if let Some(server) = inner.lock().servers.get_mut(&server) {
            server.workers.push(parker.clone());
        }
        lead::set_works_for(Some(server));
        Ok(Worker {
            inner,
            server,
            parker,
            _seat: Seat::take(inner),
        })
    }

    fn count_busy(&self, state: &mut Locked<'_>, change: isize) {
        if let Some(server) = state.servers.get_mut(&self.server) {
            server.busy_workers = server.busy_workers.saturating_add_signed(change);
        }
    }
}

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        if !self.inner.is_ours() {
            return;
        }
        let mut state = self.inner.lock();
        if lead::runs_a_call_of(self.server) {
            self.count_busy(&mut state, -1);
        }
        lead::set_runs_a_call(false);
        lead::set_works_for(None);
        if let Some(server) = state.servers.get_mut(&self.server) {
            server
                .workers
                .retain(|worker| !Arc::ptr_eq(worker, &self.parker));
        }
        // It may have been woken for a call that another one has to take now.
        admit::hand_out(self.inner, &mut state, self.server);
        self.inner.flush(&mut state);
    }
}

/// A thread in reserve.
struct Reader<'a> {
    inner: &'a Arc<Inner>,
    /// Goes last.
    _seat: Seat<'a, Arc<Inner>>,
}

impl<'a> Reader<'a> {
    fn begin(inner: &'a Arc<Inner>) -> Self {
        inner.lock().rota.reserves += 1;
        Reader {
            inner,
            _seat: Seat::take(inner),
        }
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        if !self.inner.is_ours() {
            return;
        }
        let mut state = self.inner.lock();
        state.rota.reserves -= 1;
        self.inner.flush(&mut state);
    }
}
