//! What an event loop serves: coroutine functions run as its tasks, others on threads that Python gives us.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use hms_ffi::runtime::{self, Inbound, Outcome};
use pyo3::intern;
use pyo3::prelude::*;

use super::provider::{Provider, own_failure};
use crate::runtime::EventLoop;
use crate::{context, error};

/// One component that an event loop serves.
pub(crate) struct LoopProvider {
    pub server: Weak<runtime::Server>,
    pub provider: Arc<Provider>,
    /// Which functions are coroutine functions.
    pub coroutines: Vec<bool>,
    /// Runs what is given to it on a thread: a [`BlockingCall`].
    pub blocking: Option<Py<PyAny>>,
}

impl LoopProvider {
    /// Whether this call is one of this component.
    pub fn serves(&self, call: &Inbound) -> bool {
        Arc::ptr_eq(self.provider.prepared.schema(), call.schema())
    }

    /// Starts a call: its task, if it has become one.
    pub fn start<'py>(
        &self,
        event_loop: &Bound<'py, EventLoop>,
        target: &Bound<'py, PyAny>,
        call: Inbound,
    ) -> Option<Bound<'py, PyAny>> {
        let is_coroutine = self.coroutines.get(call.function_index() as usize);
        if is_coroutine == Some(&true) {
            return self.start_task(event_loop, target, call);
        }
        self.hand_to_thread(event_loop, call);
        None
    }

    fn start_task<'py>(
        &self,
        event_loop: &Bound<'py, EventLoop>,
        target: &Bound<'py, PyAny>,
        call: Inbound,
    ) -> Option<Bound<'py, PyAny>> {
        let py = event_loop.py();
        let started = error::contained(py, || {
            let prepared = self.provider.prepare(py, call.function(), call.args())?;
            let (handler, args) = match prepared {
                Ok(prepared) => prepared,
                Err(outcome) => return Ok(Err(outcome)),
            };
            let context = Bound::new(py, context::CallContext(call.context().clone()))?;
            let task = context::within(&context, || {
                let coroutine = match handler.call1(args) {
                    Ok(coroutine) => coroutine,
                    Err(raised) => {
                        let function = call.function();
                        return self
                            .provider
                            .outcome(&context, function, Err(raised))
                            .map(Err);
                    }
                };
                // The task's context is a copy of the one that is current now.
                target
                    .call_method1(intern!(py, "create_task"), (coroutine,))
                    .map(Ok)
            })?;
            Ok(task.map(|task| (task, context)))
        });
        let (task, context) = match started.unwrap_or_else(|raised| Err(own_failure(raised))) {
            Ok(started) => started,
            Err(outcome) => {
                call.reply(outcome);
                return None;
            }
        };
        let end = TaskEnd {
            event_loop: event_loop.clone().unbind(),
            provider: self.provider.clone(),
            context: context.unbind(),
            call: Mutex::new(Some(call)),
        };
        // Where this fails the call ends with `internal`, as every call does that is dropped.
        let added = Bound::new(py, end)
            .and_then(|end| task.call_method1(intern!(py, "add_done_callback"), (end,)));
        added.ok().map(|_| task)
    }

    fn hand_to_thread(&self, event_loop: &Bound<'_, EventLoop>, call: Inbound) {
        let py = event_loop.py();
        let Some(blocking) = &self.blocking else {
            return;
        };
        let chain = call.context().chain();
        let call = BlockingCall {
            event_loop: event_loop.clone().unbind(),
            provider: self.provider.clone(),
            chain,
            call: Mutex::new(Some(call)),
        };
        // As above.
        let _ = Bound::new(py, call).and_then(|call| blocking.bind(py).call1((call,)));
    }
}

/// Called by the loop when a handler's task is done.
#[pyclass(frozen, module = "hms_ffi._native")]
pub(crate) struct TaskEnd {
    event_loop: Py<EventLoop>,
    provider: Arc<Provider>,
    context: Py<context::CallContext>,
    call: Mutex<Option<Inbound>>,
}

#[pymethods]
impl TaskEnd {
    fn __call__(&self, task: &Bound<'_, PyAny>) {
        let py = task.py();
        let Some(call) = take(&self.call) else {
            return;
        };
        let event_loop = self.event_loop.bind(py);
        event_loop.get().task_ended(call.id());
        let context = self.context.bind(py);
        let outcome = error::contained(py, || {
            // What went wrong is explained while the call is the current one.
            context::within(context, || {
                let result = task.call_method0(intern!(py, "result"));
                self.provider.outcome(context, call.function(), result)
            })
        });
        call.reply(outcome.unwrap_or_else(own_failure));
        EventLoop::schedule_if_running(event_loop);
    }
}

/// A call of a function that blocks, to be run on a thread.
#[pyclass(frozen, module = "hms_ffi._native")]
pub(crate) struct BlockingCall {
    event_loop: Py<EventLoop>,
    provider: Arc<Provider>,
    chain: [u8; 16],
    call: Mutex<Option<Inbound>>,
}

#[pymethods]
impl BlockingCall {
    /// What all calls of its chain have in common.
    #[getter]
    fn chain(&self) -> [u8; 16] {
        self.chain
    }

    /// Runs it, unless nobody waits for it any more.
    fn run(&self, py: Python<'_>) {
        let Some(call) = take(&self.call) else {
            return;
        };
        let outcome = if call.context().is_cancelled() {
            Outcome::Cancelled
        } else {
            self.provider
                .run(py, call.function(), call.context(), call.args())
        };
        py.detach(|| call.reply(outcome));
        EventLoop::flush_from_thread(self.event_loop.bind(py));
    }
}

fn take(call: &Mutex<Option<Inbound>>) -> Option<Inbound> {
    call.lock().unwrap_or_else(PoisonError::into_inner).take()
}
