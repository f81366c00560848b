//! An asyncio event loop: its own driver, whose descriptor the loop watches, and the calls that its tasks wait for.
//!
//! Calls that are started in one turn of the loop are sent together: the first one schedules `flush`. What comes is taken
//! in batches, and whoever waits for a call goes on within the same turn: that saves a trip through the loop's queue for each.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, ThreadId};

use hms_ffi::runtime::{Driver, Event, Inbound};
use hms_ffi_core::error::{Code, Error};
use pyo3::exceptions::PyException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyWeakrefMethods, PyWeakrefReference};
use rustc_hash::FxHashMap;

use crate::client::{PendingCall, Shared};
use crate::component::LoopProvider;
use crate::error;

/// What tasks of one event loop share.
#[pyclass(frozen, module = "hms_ffi._native")]
pub(crate) struct EventLoop {
    pub driver: Driver,
    /// The loop. Weak, since the loop holds us as what it watches.
    target: Py<PyWeakrefReference>,
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    last_token: u64,
    /// Who waits for which token: a call, and which of its results.
    waiting: FxHashMap<u64, (Py<PendingCall>, usize)>,
    /// `flush` will be called.
    scheduled: bool,
    /// The thread that runs code in `turn` at this moment.
    turning: Option<ThreadId>,
    closed: bool,
    /// The connections, to be closed with the loop.
    clients: Vec<Weak<Shared>>,
    /// The components that it serves.
    providers: Vec<Arc<LoopProvider>>,
    /// The tasks of calls that run, by the calls' ids.
    tasks: FxHashMap<u64, Py<PyAny>>,
}

#[pymethods]
impl EventLoop {
    /// For the loop that runs on this thread.
    #[new]
    fn new(py: Python<'_>, target: &Bound<'_, PyAny>) -> PyResult<EventLoop> {
        let driver = Driver::for_loop("python").map_err(|error| error::exception(py, &error))?;
        Ok(EventLoop {
            driver,
            target: PyWeakrefReference::new(target)?.unbind(),
            inside: Mutex::default(),
        })
    }

    /// The descriptor that is readable when `Watch.ready` has something to do.
    #[getter]
    fn fd(&self) -> i32 {
        self.driver.as_raw_fd()
    }

    /// Whether calls can be made: the loop is open, and this is not a forked child.
    #[getter]
    fn usable(&self) -> bool {
        self.driver.is_ours() && !self.inside().closed
    }

    /// Sends what was started in this turn.
    fn flush(slf: &Bound<'_, Self>) -> PyResult<()> {
        let this = slf.get();
        this.inside().scheduled = false;
        if this.driver.flush() {
            return Self::turn(slf);
        }
        Ok(())
    }
}

impl EventLoop {
    /// Never held while Python code may run.
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The loop, while it is there.
    pub fn target<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.target.bind(py).upgrade()
    }

    /// The loop, if it is the one that runs here: only its own code may start calls.
    pub fn enter<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let (py, this) = (slf.py(), slf.get());
        if this.is_turning()
            && let Some(target) = this.target(py)
        {
            return Ok(target);
        }
        let running = running(py)?;
        if let Some(target) = this.target(py)
            && target.is(&running)
            && this.driver.is_ours()
        {
            return Ok(target);
        }
        let why = if !this.driver.is_ours() {
            "this client belongs to an event loop of the parent process; connect again in this one"
        } else if this.inside().closed {
            "the event loop of this client was closed; connect again on this one"
        } else if running.is_none() {
            "no event loop runs here; await the call in a coroutine of the client's own loop"
        } else {
            "this client belongs to another event loop; connect again on this one"
        };
        Err(error::exception(
            py,
            &Error::new(Code::FailedPrecondition, why),
        ))
    }

    /// Whether this is code that `turn` runs: then it is the loop's own. Asking asyncio costs a system call in Python 3.11.
    fn is_turning(&self) -> bool {
        self.inside().turning == Some(thread::current().id()) && self.driver.is_ours()
    }

    /// Tokens for so many results of a call: the first of them.
    pub fn expect(&self, call: &Bound<'_, PendingCall>, count: usize) -> u64 {
        let mut inside = self.inside();
        let first = inside.last_token + 1;
        inside.last_token += count as u64;
        for position in 0..count {
            let token = first + position as u64;
            inside
                .waiting
                .insert(token, (call.clone().unbind(), position));
        }
        first
    }

    /// Nobody waits for these results any more.
    pub fn forget(&self, tokens: impl Iterator<Item = u64>) {
        let mut inside = self.inside();
        // What they hold is dropped after the lock.
        let forgotten: Vec<_> = tokens
            .filter_map(|token| inside.waiting.remove(&token))
            .collect();
        drop(inside);
        drop(forgotten);
    }

    /// The connection ends when the loop is closed.
    pub fn remember(&self, client: Weak<Shared>) {
        let mut inside = self.inside();
        inside.clients.retain(|known| known.strong_count() > 0);
        inside.clients.push(client);
    }

    /// Serves a component from now on.
    pub fn serve(&self, provider: LoopProvider) {
        let mut inside = self.inside();
        let (known, ended): (Vec<_>, Vec<_>) = mem::take(&mut inside.providers)
            .into_iter()
            .partition(|known| known.server.strong_count() > 0);
        inside.providers = known;
        inside.providers.push(Arc::new(provider));
        // What they hold is dropped after the lock.
        drop(inside);
        drop(ended);
    }

    /// A handler's task is done.
    pub fn task_ended(&self, call: u64) {
        let task = self.inside().tasks.remove(&call);
        drop(task);
    }

    /// Sends what another thread replied.
    pub fn flush_from_thread(slf: &Bound<'_, Self>) {
        let driver = slf.get().driver.clone();
        if slf.py().detach(|| driver.flush()) {
            Self::schedule_if_running(slf);
        }
    }

    /// Sends what was started once the code that runs now has returned to the loop.
    pub fn schedule(slf: &Bound<'_, Self>, target: &Bound<'_, PyAny>) -> PyResult<()> {
        if mem::replace(&mut slf.get().inside().scheduled, true) {
            return Ok(());
        }
        let py = slf.py();
        let flush = slf.getattr(intern!(py, "flush"))?;
        let scheduled = target.call_method1(intern!(py, "call_soon"), (flush,));
        if scheduled.is_err() {
            slf.get().inside().scheduled = false;
        }
        scheduled.map(drop)
    }

    /// The same from code that need not be the loop's, nor care whether the loop is still there.
    pub fn schedule_if_running(slf: &Bound<'_, Self>) {
        let py = slf.py();
        if let Ok(target) = Self::enter(slf) {
            let _ = Self::schedule(slf, &target);
        } else if slf.get().usable()
            && let Some(target) = slf.get().target(py)
            && let Ok(flush) = slf.getattr(intern!(py, "flush"))
        {
            // Fails where the loop was closed meanwhile.
            let _ = target.call_method1(intern!(py, "call_soon_threadsafe"), (flush,));
        }
    }

    /// Takes what has come and hands it to those who wait for it; their code runs now.
    fn turn(slf: &Bound<'_, Self>) -> PyResult<()> {
        let this = slf.get();
        let Some(target) = this.target(slf.py()) else {
            return Ok(());
        };
        // What is started meanwhile is sent below.
        {
            let mut inside = this.inside();
            inside.scheduled = true;
            inside.turning = Some(thread::current().id());
        }
        let mut hand_out = HandOut {
            target: &target,
            fatal: None,
        };
        for event in this.driver.turn() {
            match event {
                Event::Done { token, outcome } => {
                    if let Some((call, position)) = this.take(token) {
                        PendingCall::ended(call.bind(slf.py()), position, outcome, &mut hand_out);
                    }
                }
                Event::Connected { token, result } => {
                    if let Some((call, _)) = this.take(token) {
                        PendingCall::connected(call.bind(slf.py()), result, &mut hand_out);
                    }
                }
                Event::Call(call) => Self::start(slf, &target, call),
                Event::CancelInbound { id, .. } => this.cancel(slf.py(), id),
            }
        }
        let fatal = hand_out.fatal;
        {
            let mut inside = this.inside();
            inside.scheduled = false;
            inside.turning = None;
        }
        if this.driver.flush() {
            // Calls that ended at once, and calls within this process.
            Self::schedule(slf, &target)?;
        }
        fatal.map_or(Ok(()), Err)
    }

    fn start(slf: &Bound<'_, Self>, target: &Bound<'_, PyAny>, call: Inbound) {
        let this = slf.get();
        let provider = (this.inside().providers.iter())
            .find(|provider| provider.serves(&call))
            .cloned();
        let id = call.id();
        // A call of a component that has ended is answered when it is dropped.
        if let Some(task) = provider.and_then(|provider| provider.start(slf, target, call)) {
            this.inside().tasks.insert(id, task.unbind());
        }
    }

    /// The caller of a running call no longer waits.
    fn cancel(&self, py: Python<'_>, id: u64) {
        let task = self.inside().tasks.get(&id).map(|task| task.clone_ref(py));
        if let Some(task) = task {
            // Only a loop that is closed refuses.
            let _ = task.bind(py).call_method0(intern!(py, "cancel"));
        }
    }

    fn take(&self, token: u64) -> Option<(Py<PendingCall>, usize)> {
        self.inside().waiting.remove(&token)
    }

    /// The loop was closed: nothing comes any more.
    fn closed(slf: &Bound<'_, Self>) {
        let this = slf.get();
        if !this.driver.is_ours() {
            return;
        }
        let mut inside = this.inside();
        inside.closed = true;
        let waiting = mem::take(&mut inside.waiting);
        let clients = mem::take(&mut inside.clients);
        let providers = mem::take(&mut inside.providers);
        let tasks = mem::take(&mut inside.tasks);
        drop(inside);
        for server in providers.iter().filter_map(|known| known.server.upgrade()) {
            server.close();
        }
        drop(tasks);
        for client in clients.iter().filter_map(Weak::upgrade) {
            client.client.close();
        }
        for (call, _) in waiting.into_values() {
            PendingCall::orphaned(call.bind(slf.py()));
        }
    }
}

/// The event loop that runs on this thread, or None.
fn running(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static RUNNING: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let get = RUNNING.get_or_try_init(py, || {
        let events = py.import("asyncio.events")?;
        Ok::<_, PyErr>(events.getattr("_get_running_loop")?.unbind())
    })?;
    get.bind(py).call0()
}

/// How those who wait for a call learn that it has ended.
pub(crate) struct HandOut<'a, 'py> {
    target: &'a Bound<'py, PyAny>,
    /// What ends the loop: KeyboardInterrupt, SystemExit.
    fatal: Option<PyErr>,
}

impl HandOut<'_, '_> {
    /// Runs a callback of a call in its context, as the loop would.
    pub fn run(
        &mut self,
        callback: &Py<PyAny>,
        context: &Py<PyAny>,
        call: &Bound<'_, PendingCall>,
    ) {
        let py = call.py();
        if self.fatal.is_some() {
            // The loop ends; what is left runs if it is started again.
            let _ = call_soon(self.target, callback, context, call);
            return;
        }
        let ran = context
            .bind(py)
            .call_method1(intern!(py, "run"), (callback, call));
        match ran {
            Ok(_) => {}
            Err(raised) if raised.is_instance_of::<PyException>(py) => {
                let _ = self.report(&raised, call);
            }
            Err(raised) => self.fatal = Some(raised),
        }
    }

    fn report(&self, raised: &PyErr, call: &Bound<'_, PendingCall>) -> PyResult<()> {
        let py = call.py();
        let about = PyDict::new(py);
        about.set_item("message", "Exception in callback of a call")?;
        about.set_item("exception", raised)?;
        about.set_item("future", call)?;
        self.target
            .call_method1(intern!(py, "call_exception_handler"), (about,))?;
        Ok(())
    }
}

/// Has the loop run a callback of a call in its next turn.
pub(crate) fn call_soon(
    target: &Bound<'_, PyAny>,
    callback: &Py<PyAny>,
    context: &Py<PyAny>,
    call: &Bound<'_, PendingCall>,
) -> PyResult<()> {
    let py = call.py();
    let named = PyDict::new(py);
    named.set_item(intern!(py, "context"), context)?;
    target.call_method(intern!(py, "call_soon"), (callback, call), Some(&named))?;
    Ok(())
}

/// What a loop watches. Only the loop holds it, so that it goes when the loop is closed, and tells.
#[pyclass(frozen, module = "hms_ffi._native")]
pub(crate) struct Watch(Py<EventLoop>);

#[pymethods]
impl Watch {
    #[new]
    fn new(event_loop: Py<EventLoop>) -> Watch {
        Watch(event_loop)
    }

    /// The descriptor is readable.
    fn ready(&self, py: Python<'_>) -> PyResult<()> {
        error::contained(py, || EventLoop::turn(self.0.bind(py)))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // Only Python drops it, so this attaches to a thread that is attached.
        let _ = Python::try_attach(|py| {
            let before = PyErr::take(py);
            EventLoop::closed(self.0.bind(py));
            if let Some(before) = before {
                before.restore(py);
            }
        });
    }
}
