//! What tasks and other code of Python see of a pending call: the methods of a future, and those of a coroutine.

use std::mem;

use pyo3::exceptions::{PyBaseException, PyStopIteration};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};

use super::pending::{Callback, PendingCall, State, What, cancelled};
use crate::runtime::call_soon;

#[pymethods]
impl PendingCall {
    fn __await__<'py>(slf: Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        let (py, this) = (slf.py(), slf.get());
        if mem::replace(&mut this.inside().awaited, true) {
            return Err(this.again(py));
        }
        Ok(slf)
    }

    fn __iter__<'py>(slf: Bound<'py, Self>) -> Bound<'py, Self> {
        slf
    }

    fn __next__<'py>(slf: Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        let (py, this) = (slf.py(), slf.get());
        let mut inside = this.inside();
        inside.awaited = true;
        if let State::Pending = inside.state {
            if mem::replace(&mut inside.yielded, true) {
                drop(inside);
                return Err(this.again(py));
            }
            inside.blocking = true;
            drop(inside);
            return Ok(slf);
        }
        match mem::replace(&mut inside.state, State::Spent) {
            State::Value(value) => {
                drop(inside);
                Err(stop(py, value))
            }
            State::Spent => {
                drop(inside);
                Err(this.again(py))
            }
            State::Error(error) => {
                inside.state = State::Error(error.clone_ref(py));
                drop(inside);
                Err(PyErr::from_value(error.into_bound(py).into_any()))
            }
            State::Cancelled(message) => {
                let again = message.as_ref().map(|message| message.clone_ref(py));
                inside.state = State::Cancelled(again);
                drop(inside);
                Err(cancelled(py, message)?)
            }
            State::Pending => unreachable!("checked above"),
        }
    }

    /// A coroutine's way to go on; the value makes no difference.
    #[pyo3(signature = (_value, /))]
    fn send<'py>(slf: Bound<'py, Self>, _value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, Self>> {
        Self::__next__(slf)
    }

    /// A coroutine's way to be interrupted: the provider is told that nobody waits any more.
    #[pyo3(signature = (kind, value = None, traceback = None, /))]
    fn throw(
        slf: &Bound<'_, Self>,
        kind: &Bound<'_, PyAny>,
        value: Option<Bound<'_, PyAny>>,
        traceback: Option<Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        Self::give_up(slf, None);
        let raised = match (kind.cast::<PyType>(), value) {
            (Err(_), _) => kind.clone(),
            (Ok(class), Some(value)) if value.is_instance(class)? => value,
            (Ok(class), Some(value)) if !value.is_none() => class.call1((value,))?,
            (Ok(class), _) => class.call0()?,
        };
        if let Some(traceback) = traceback
            && !traceback.is_none()
        {
            raised.call_method1(intern!(slf.py(), "with_traceback"), (traceback,))?;
        }
        Err(PyErr::from_value(raised))
    }

    /// Ends the waiting, as the end of a coroutine does.
    fn close(slf: &Bound<'_, Self>) {
        Self::give_up(slf, None);
    }

    /// Gives up, unless it has ended: true if that made a difference.
    #[pyo3(signature = (msg = None))]
    fn cancel(slf: &Bound<'_, Self>, msg: Option<Py<PyAny>>) -> bool {
        Self::give_up(slf, msg)
    }

    /// Whether it was cancelled here.
    fn cancelled(&self) -> bool {
        matches!(self.inside().state, State::Cancelled(_))
    }

    /// Whether it has ended.
    fn done(&self) -> bool {
        !self.is_pending()
    }

    /// Its value; raises what it ended with.
    fn result(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.outcome(py)?.map_err(PyErr::from_value)
    }

    /// The exception that it ended with, or None.
    fn exception<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.outcome(py)?.err())
    }

    /// Has the loop call this with the call once it has ended.
    #[pyo3(signature = (callback, /, *, context = None))]
    fn add_done_callback(
        slf: &Bound<'_, Self>,
        callback: Py<PyAny>,
        context: Option<Py<PyAny>>,
    ) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        let context = match context {
            Some(context) => context,
            None => py
                .import(intern!(py, "contextvars"))?
                .call_method0(intern!(py, "copy_context"))?
                .unbind(),
        };
        if !this.is_pending() {
            let Some(target) = this.event_loop.get().target(py) else {
                return Ok(());
            };
            return call_soon(&target, &callback, &context, slf);
        }
        let callback = Callback {
            callable: callback,
            context,
        };
        let mut inside = this.inside();
        if inside.first.is_none() && inside.more.is_empty() {
            inside.first = Some(callback);
        } else {
            inside.more.push(callback);
        }
        Ok(())
    }

    /// Takes callbacks back; how many there were.
    #[pyo3(signature = (callback, /))]
    fn remove_done_callback(&self, callback: &Bound<'_, PyAny>) -> PyResult<usize> {
        let (first, more) = {
            let mut inside = self.inside();
            (inside.first.take(), mem::take(&mut inside.more))
        };
        let (mut kept, mut removed) = (Vec::new(), 0);
        for known in first.into_iter().chain(more) {
            if known.callable.bind(callback.py()).eq(callback)? {
                removed += 1;
            } else {
                kept.push(known);
            }
        }
        // Comparing ran Python code, which may have added some.
        let mut inside = self.inside();
        kept.extend(inside.first.take());
        kept.append(&mut inside.more);
        inside.more = kept;
        Ok(removed)
    }

    /// The loop that it belongs to.
    fn get_loop<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.event_loop.get().target(py)
    }

    #[getter]
    fn _loop<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.get_loop(py)
    }

    #[getter(_asyncio_future_blocking)]
    fn blocking(&self) -> bool {
        self.inside().blocking
    }

    #[setter(_asyncio_future_blocking)]
    fn set_blocking(&self, blocking: bool) {
        self.inside().blocking = blocking;
    }

    fn _make_cancelled_error<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBaseException>> {
        let message = match &self.inside().state {
            State::Cancelled(message) => message.as_ref().map(|message| message.clone_ref(py)),
            _ => None,
        };
        Ok(cancelled(py, message)?.into_value(py).into_bound(py))
    }

    #[getter]
    fn __name__(&self) -> String {
        match &self.what {
            What::Call { shared, index } => shared.function(*index).name.clone(),
            What::Batch { .. } => "batch".to_owned(),
            What::Connect { .. } => "connect".to_owned(),
        }
    }

    #[getter]
    fn __qualname__(&self) -> String {
        match &self.what {
            What::Call { shared, index } => {
                let schema = shared.prepared.schema();
                format!(
                    "{} {}",
                    schema.interface, schema.functions[*index as usize].name
                )
            }
            What::Batch { .. } | What::Connect { .. } => self.__name__(),
        }
    }

    fn __repr__(&self) -> String {
        let state = match &self.inside().state {
            State::Pending => "pending",
            State::Value(_) | State::Spent => "finished",
            State::Error(_) => "failed",
            State::Cancelled(_) => "cancelled",
        };
        format!("<call of {}, {state}>", self.__qualname__())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.event_loop)?;
        // Held only by code that runs no Python code, so never while the collector runs on the same thread.
        let Ok(inside) = self.inside.try_lock() else {
            return Ok(());
        };
        match &inside.state {
            State::Value(value) | State::Cancelled(Some(value)) => visit.call(value)?,
            State::Error(error) => visit.call(error)?,
            State::Pending | State::Cancelled(None) | State::Spent => {}
        }
        for result in inside.results.iter().flatten() {
            visit.call(result)?;
        }
        for callback in inside.first.iter().chain(&inside.more) {
            visit.call(&callback.callable)?;
            visit.call(&callback.context)?;
        }
        Ok(())
    }

    fn __clear__(&self) {
        let mut inside = self.inside();
        let callbacks = (inside.first.take(), mem::take(&mut inside.more));
        drop(inside);
        drop(callbacks);
    }
}

/// The end of an iterator, which is how what is awaited gives its value.
fn stop(py: Python<'_>, value: Py<PyAny>) -> PyErr {
    let bound = value.bind(py);
    // An exception's arguments are a tuple; other values are taken as they are, without making the exception.
    if bound.is_instance_of::<PyTuple>() || bound.is_instance_of::<PyBaseException>() {
        return PyStopIteration::new_err((value,));
    }
    PyStopIteration::new_err(value)
}
