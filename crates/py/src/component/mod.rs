//! The provider's side: calls that arrive run Python functions, on threads that Python gave us or as tasks of an event loop.
//!
//! - `provider`: from bytes to a function and back;
//! - `tasks`: what an event loop serves.

mod provider;
mod tasks;

pub(crate) use tasks::{BlockingCall, LoopProvider, TaskEnd};

use std::sync::Arc;
use std::time::Duration;

use hms_ffi::runtime::{self, Export, Handler, ServeOptions};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::contract::Interface;
use crate::runtime::EventLoop;
use crate::value::Arrays;
use crate::{error, runtime as waiting};
use provider::Provider;

/// A running instance.
#[pyclass(frozen, module = "hms_ffi._native")]
pub(crate) struct Server {
    server: Arc<runtime::Server>,
    /// Where an event loop serves.
    event_loop: Option<Py<EventLoop>>,
}

#[pymethods]
impl Server {
    /// Listens, and returns when callers can find it. `functions` has a callable or None for each function of the
    /// interface; `explain` says what an exception of one of them means. With an event loop, functions in `coroutines` run as
    /// its tasks, and `blocking` is given every call of the others, to be run on a thread.
    #[new]
    #[pyo3(signature = (interface, functions, explain, arrays, max_concurrent, queue, name, options, event_loop = None, coroutines = None, blocking = None))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        py: Python<'_>,
        interface: &Interface,
        functions: Vec<Option<Py<PyAny>>>,
        explain: Py<PyAny>,
        arrays: Option<&str>,
        max_concurrent: usize,
        queue: usize,
        name: String,
        options: &Bound<'_, PyDict>,
        event_loop: Option<Bound<'_, EventLoop>>,
        coroutines: Option<Vec<bool>>,
        blocking: Option<Py<PyAny>>,
    ) -> PyResult<Server> {
        error::contained(py, || {
            let settings = waiting::settings(options)?;
            let prepared = interface.prepared().clone();
            let schema = prepared.schema().clone();
            let provider = Arc::new(Provider {
                prepared,
                functions,
                explain,
                arrays: Arrays::from_option(py, arrays)?,
                limits: settings.limits,
            });
            let options = ServeOptions {
                settings: Some(settings),
                max_concurrent,
                queue,
                name,
            };
            let export = |handler: Option<Arc<dyn Handler>>| {
                let schema = schema.clone();
                vec![Export { schema, handler }]
            };
            let failed = |error| error::exception(py, &error);
            let Some(event_loop) = event_loop else {
                let driver = waiting::driver(py)?;
                let exports = export(Some(provider));
                let started = py.detach(|| runtime::Server::start(&driver, exports, options));
                return Ok(Server {
                    server: Arc::new(started.map_err(failed)?),
                    event_loop: None,
                });
            };
            EventLoop::enter(&event_loop)?;
            let driver = event_loop.get().driver.clone();
            let started = runtime::Server::start(&driver, export(None), options);
            let server = Arc::new(started.map_err(failed)?);
            event_loop.get().serve(LoopProvider {
                server: Arc::downgrade(&server),
                provider,
                coroutines: coroutines.unwrap_or_default(),
                blocking,
            });
            Ok(Server {
                server,
                event_loop: Some(event_loop.unbind()),
            })
        })
    }

    /// The life of one worker thread: runs calls until the server is closed.
    fn work(&self, py: Python<'_>) -> PyResult<()> {
        self.live(py, |interrupt| self.server.work(interrupt))
    }

    /// The life of the one thread beside the workers: reads while all of them are busy.
    fn read(&self, py: Python<'_>) -> PyResult<()> {
        self.live(py, |interrupt| self.server.read(interrupt))
    }

    /// Leaves discovery, waits for running calls at most so many seconds, then closes.
    fn drain(&self, py: Python<'_>, grace: f64) {
        let grace = Duration::try_from_secs_f64(grace).unwrap_or(Duration::ZERO);
        py.detach(|| self.server.drain(grace));
    }

    /// Ends now: running calls are cancelled, workers return.
    fn close(&self, py: Python<'_>) {
        py.detach(|| self.server.close());
        self.tell(py);
    }

    /// Leaves discovery: calls that run go on, new ones go elsewhere.
    fn stop_accepting(&self, py: Python<'_>) {
        py.detach(|| self.server.stop_accepting());
        self.tell(py);
    }

    /// Calls that are queued or run.
    #[getter]
    fn in_flight(&self) -> usize {
        self.server.in_flight()
    }

    /// The instance's random name.
    #[getter]
    fn instance(&self) -> &str {
        self.server.instance()
    }
}

impl Server {
    /// The loop has something to take in.
    fn tell(&self, py: Python<'_>) {
        if let Some(event_loop) = &self.event_loop {
            EventLoop::schedule_if_running(event_loop.bind(py));
        }
    }

    fn live(
        &self,
        py: Python<'_>,
        life: impl FnOnce(&mut dyn FnMut() -> bool) -> hms_ffi_core::error::Result<()> + Send,
    ) -> PyResult<()> {
        error::contained(py, || {
            waiting::wait(py, life)?.map_err(|error| error::exception(py, &error))
        })
    }
}
