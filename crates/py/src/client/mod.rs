//! The caller's side: connecting, and what the functions of a connection share.
//!
//! - `method`: one callable object for each function;
//! - `pending`: a call that an event loop waits for; `future`: what tasks see of it;
//! - `batch`: many calls at once.

mod batch;
mod future;
mod method;
mod pending;

pub(crate) use method::{BoundCall, Method};
pub(crate) use pending::PendingCall;

use std::borrow::Borrow;
use std::sync::Arc;

use hms_ffi::runtime::{self, ConnectOptions, Outcome};
use hms_ffi_core::contract::schema::Function;
use hms_ffi_core::error::{Code, Error};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::contract::{Interface, Prepared};
use crate::error::Place;
use crate::runtime::EventLoop;
use crate::value::{Arrays, Model};
use crate::{context, error, runtime as waiting};

/// A connection to one interface.
#[pyclass(frozen, module = "hms_ffi._native")]
pub(crate) struct Connection(Arc<Shared>);

/// What a connection's functions share.
pub(crate) struct Shared {
    pub client: runtime::Client,
    pub prepared: Arc<Prepared>,
    pub arrays: Arrays,
    /// The event loop whose calls are awaited; without one they block.
    pub event_loop: Option<Py<EventLoop>>,
}

#[pymethods]
impl Connection {
    /// Connects, or raises when no provider is found in time.
    #[new]
    #[pyo3(signature = (interface, view, arrays, options))]
    fn new(
        py: Python<'_>,
        interface: &str,
        view: Option<&Interface>,
        arrays: Option<&str>,
        options: &Bound<'_, PyDict>,
    ) -> PyResult<Connection> {
        error::contained(py, || {
            let arrays = Arrays::from_option(py, arrays)?;
            let driver = waiting::driver(py)?;
            let options = connect_options(py, view, options)?;
            let connected = waiting::wait(py, |interrupt| {
                runtime::Client::connect(&driver, interface, options, interrupt)
            })?;
            let client =
                connected.map_err(|error| error::system(py, error, Place::here(py).as_ref()))?;
            let view = view.map(|view| view.prepared().clone());
            Ok(Connection(Shared::new(py, client, view, arrays, None)?))
        })
    }

    /// Starts to connect for an event loop; the result is awaited.
    #[staticmethod]
    #[pyo3(signature = (event_loop, interface, view, arrays, options))]
    fn start<'py>(
        event_loop: &Bound<'py, EventLoop>,
        interface: &str,
        view: Option<&Interface>,
        arrays: Option<&str>,
        options: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PendingCall>> {
        let py = event_loop.py();
        error::contained(py, || {
            let arrays = Arrays::from_option(py, arrays)?;
            let options = connect_options(py, view, options)?;
            let view = view.map(|view| view.prepared().clone());
            PendingCall::connect(event_loop, interface, view, arrays, options)
        })
    }

    /// The interface as this caller sees it.
    #[getter]
    fn interface(&self) -> Interface {
        Interface::of(self.0.prepared.clone())
    }

    /// One callable for each function, in the contract's order.
    #[getter]
    fn functions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let functions = &self.0.prepared.schema().functions;
        let methods = (0..functions.len()).map(|index| Method::new(py, self.0.clone(), index));
        PyList::new(py, methods.collect::<PyResult<Vec<_>>>()?)
    }

    /// Makes all these bound calls at once. The results are in their order; errors are among them as values. With an event
    /// loop the list is awaited.
    fn batch<'py>(&self, calls: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = calls.py();
        error::contained(py, || {
            let calls = batch::collect(&self.0, calls)?;
            match &self.0.event_loop {
                Some(event_loop) => {
                    let call = PendingCall::batch(event_loop.bind(py), &self.0, calls)?;
                    Ok(call.into_any())
                }
                None => Ok(batch::wait(py, &self.0, calls)?.into_any()),
            }
        })
    }

    /// How the calls went: names of counters to numbers.
    #[getter]
    fn metrics(&self) -> [(&'static str, u64); 6] {
        let metrics = self.0.client.metrics();
        [
            ("calls", metrics.calls),
            ("retries", metrics.retries),
            ("failovers", metrics.failovers),
            ("retries_refused", metrics.retries_refused),
            ("instances", metrics.instances.into()),
            ("resting", metrics.resting.into()),
        ]
    }

    /// Ends the connection: calls that run are cancelled.
    fn close(&self, py: Python<'_>) {
        py.detach(|| self.0.client.close());
        if let Some(event_loop) = &self.0.event_loop {
            // Calls that were pending have ended, which the loop has to be told.
            EventLoop::schedule_if_running(event_loop.bind(py));
        }
    }
}

impl Connection {
    fn of(shared: Arc<Shared>) -> Connection {
        Connection(shared)
    }
}

fn connect_options(
    py: Python<'_>,
    view: Option<&Interface>,
    options: &Bound<'_, PyDict>,
) -> PyResult<ConnectOptions> {
    Ok(ConnectOptions {
        view: view.map(|view| view.prepared().schema().clone()),
        settings: Some(waiting::settings(options)?),
        parent: context::current(py)?,
        ..ConnectOptions::default()
    })
}

impl Shared {
    /// `view` is the caller's own, if it brought one.
    fn new(
        py: Python<'_>,
        client: runtime::Client,
        view: Option<Arc<Prepared>>,
        arrays: Arrays,
        event_loop: Option<Py<EventLoop>>,
    ) -> PyResult<Arc<Shared>> {
        let prepared = match view {
            Some(view) => view,
            None => Prepared::new(py, client.schema().clone())?,
        };
        Ok(Arc::new(Shared {
            client,
            prepared,
            arrays,
            event_loop,
        }))
    }

    fn function(&self, index: u32) -> &Function {
        &self.prepared.schema().functions[index as usize]
    }

    fn model<'py>(&self, py: Python<'py>) -> PyResult<Model<'_, 'py>> {
        Model::new(py, &self.prepared.shapes, self.arrays)
    }

    /// What a call ended with: its value, or what is raised. The place where it was made is asked for where it failed.
    fn lift<'py, P: Borrow<Place>>(
        &self,
        py: Python<'py>,
        index: u32,
        outcome: Outcome,
        place: impl FnOnce() -> Option<P>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (function, limits) = (self.function(index), &self.client.settings().limits);
        let converter = &self.prepared.converter;
        match outcome {
            Outcome::Ok(message) => {
                match converter.lift_ok(function, &mut self.model(py)?, &message, limits) {
                    Ok(value) => Ok(value.unwrap_or_else(|| py.None().into_bound(py))),
                    Err(failure) => Err(error::conversion(py, failure)),
                }
            }
            Outcome::Declared(message) => {
                let value = converter.lift_err(function, &mut self.model(py)?, &message, limits);
                let value = value.map_err(|failure| error::conversion(py, failure))?;
                Err(error::declared(py, value, place().as_ref().map(P::borrow)))
            }
            Outcome::System(error) => {
                Err(error::system(py, error, place().as_ref().map(P::borrow)))
            }
            Outcome::Cancelled => {
                let error = Error::new(Code::Cancelled, "the call was cancelled");
                Err(error::system(py, error, place().as_ref().map(P::borrow)))
            }
        }
    }
}
