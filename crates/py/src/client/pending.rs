//! A call that an event loop waits for. It is a future of asyncio (tasks wait for it, `gather` and `wait_for` take it) and looks
//! like a coroutine (`create_task` and `TaskGroup` take it), but needs no task of its own.
//!
//! It is awaited once: like a coroutine, and unlike a future. This file has its life, `future` what tasks see of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{iter, mem};

use hms_ffi::runtime::{self, BatchCall, ConnectOptions, Outcome};
use hms_ffi_core::error::{Code, Error};
use pyo3::exceptions::PyBaseException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyList;

use super::method::Request;
use super::{Connection, Shared, batch};
use crate::contract::Prepared;
use crate::error::{self, Place};
use crate::runtime::{EventLoop, HandOut, call_soon};
use crate::value::Arrays;

/// See the module.
#[pyclass(frozen, weakref, module = "hms_ffi")]
pub(crate) struct PendingCall {
    pub(super) event_loop: Py<EventLoop>,
    pub(super) what: What,
    /// Where it was started.
    pub(super) place: Option<Place>,
    pub(super) inside: Mutex<Inside>,
}

/// What is waited for.
pub(super) enum What {
    /// One call of this function.
    Call { shared: Arc<Shared>, index: u32 },
    /// Calls of these functions.
    Batch {
        shared: Arc<Shared>,
        functions: Vec<u32>,
    },
    /// A connection.
    Connect {
        view: Option<Arc<Prepared>>,
        arrays: Arrays,
    },
}

pub(super) struct Inside {
    pub(super) state: State,
    /// The protocol between tasks and what they wait for.
    pub(super) blocking: bool,
    /// Somebody awaits it, or has.
    pub(super) awaited: bool,
    /// It has been handed to the loop, by whoever awaits it.
    pub(super) yielded: bool,
    /// Nearly always there is one.
    pub(super) first: Option<Callback>,
    pub(super) more: Vec<Callback>,
    /// The tokens of what runs: the first, and how many.
    pub(super) tokens: (u64, usize),
    /// What calls of a batch have ended with, and how many have not.
    pub(super) results: Vec<Option<Py<PyAny>>>,
    pub(super) left: usize,
}

pub(super) enum State {
    Pending,
    Value(Py<PyAny>),
    Error(Py<PyBaseException>),
    /// With the message of whoever cancelled it.
    Cancelled(Option<Py<PyAny>>),
    /// The value was handed over.
    Spent,
}

/// A callable and the context that it runs in.
pub(super) struct Callback {
    pub(super) callable: Py<PyAny>,
    pub(super) context: Py<PyAny>,
}

impl PendingCall {
    fn new<'py>(
        event_loop: &Bound<'py, EventLoop>,
        what: What,
        place: Option<Place>,
    ) -> PyResult<Bound<'py, Self>> {
        let inside = Inside {
            state: State::Pending,
            blocking: false,
            awaited: false,
            yielded: false,
            first: None,
            more: Vec::new(),
            tokens: (0, 0),
            results: Vec::new(),
            left: 0,
        };
        Bound::new(
            event_loop.py(),
            PendingCall {
                event_loop: event_loop.clone().unbind(),
                what,
                place,
                inside: Mutex::new(inside),
            },
        )
    }

    /// Starts a call on the running loop, which has to be the client's; where the arguments could not be converted it
    /// has ended.
    pub fn start<'py>(
        event_loop: &Bound<'py, EventLoop>,
        shared: &Arc<Shared>,
        index: u32,
        request: PyResult<Request>,
    ) -> PyResult<Bound<'py, Self>> {
        let target = EventLoop::enter(event_loop)?;
        let what = What::Call {
            shared: shared.clone(),
            index,
        };
        let py = event_loop.py();
        let place = match &request {
            Ok(request) => Place::serving(py, request.options.parent.clone()),
            Err(_) => None,
        };
        let call = Self::new(event_loop, what, place)?;
        match request {
            Ok(Request { args, options }) => {
                let token = event_loop.get().expect(&call, 1);
                call.get().inside().tokens = (token, 1);
                shared.client.start(index, args, &options, token);
                EventLoop::schedule(event_loop, &target)?;
            }
            Err(wrong) => {
                let wrong = wrong.into_value(py);
                call.get().inside().state = State::Error(wrong);
            }
        }
        Ok(call)
    }

    /// Starts many calls, whose results are one list.
    pub fn batch<'py>(
        event_loop: &Bound<'py, EventLoop>,
        shared: &Arc<Shared>,
        calls: Vec<BatchCall>,
    ) -> PyResult<Bound<'py, Self>> {
        let py = event_loop.py();
        let target = EventLoop::enter(event_loop)?;
        let what = What::Batch {
            shared: shared.clone(),
            functions: calls.iter().map(|call| call.function).collect(),
        };
        let call = Self::new(event_loop, what, Place::here(py))?;
        let count = calls.len();
        let first = event_loop.get().expect(&call, count);
        {
            let mut inside = call.get().inside();
            inside.tokens = (first, count);
            inside.results.resize_with(count, || None);
            inside.left = count;
        }
        if count == 0 {
            let empty = PyList::empty(py).into_any().unbind();
            call.get().inside().state = State::Value(empty);
            return Ok(call);
        }
        for (token, call) in (first..).zip(calls) {
            let BatchCall {
                function,
                args,
                options,
            } = call;
            shared.client.start(function, args, &options, token);
        }
        EventLoop::schedule(event_loop, &target)?;
        Ok(call)
    }

    /// Starts to connect.
    pub fn connect<'py>(
        event_loop: &Bound<'py, EventLoop>,
        interface: &str,
        view: Option<Arc<Prepared>>,
        arrays: Arrays,
        options: ConnectOptions,
    ) -> PyResult<Bound<'py, Self>> {
        let py = event_loop.py();
        let target = EventLoop::enter(event_loop)?;
        let call = Self::new(event_loop, What::Connect { view, arrays }, Place::here(py))?;
        let token = event_loop.get().expect(&call, 1);
        call.get().inside().tokens = (token, 1);
        let driver = &event_loop.get().driver;
        let started = runtime::Client::connect_start(driver, interface, options, token);
        if let Err(error) = started {
            event_loop.get().forget(iter::once(token));
            return Err(error::exception(py, &error));
        }
        EventLoop::schedule(event_loop, &target)?;
        Ok(call)
    }

    /// A result has come.
    pub fn ended(
        slf: &Bound<'_, Self>,
        position: usize,
        outcome: Outcome,
        hand_out: &mut HandOut<'_, '_>,
    ) {
        let (py, this) = (slf.py(), slf.get());
        match &this.what {
            What::Call { shared, index } => {
                let lifted = error::contained(py, || {
                    shared.lift(py, *index, outcome, || this.place.as_ref())
                });
                Self::settle(slf, lifted.map(Bound::unbind), hand_out);
            }
            What::Batch { shared, functions } => {
                let value = batch::value(
                    py,
                    shared,
                    functions[position],
                    outcome,
                    this.place.as_ref(),
                );
                if let Some(results) = this.collected(position, value) {
                    let list = PyList::new(py, results.into_iter().flatten());
                    Self::settle(slf, list.map(|list| list.into_any().unbind()), hand_out);
                }
            }
            What::Connect { .. } => {}
        }
    }

    /// Takes in one result of a batch; all of them once the last has come.
    fn collected(&self, position: usize, value: Py<PyAny>) -> Option<Vec<Option<Py<PyAny>>>> {
        let mut inside = self.inside();
        *inside.results.get_mut(position)? = Some(value);
        inside.left -= 1;
        (inside.left == 0).then(|| mem::take(&mut inside.results))
    }

    /// A connect has ended.
    pub fn connected(
        slf: &Bound<'_, Self>,
        result: Result<runtime::Client, Error>,
        hand_out: &mut HandOut<'_, '_>,
    ) {
        let (py, this) = (slf.py(), slf.get());
        let What::Connect { view, arrays } = &this.what else {
            return;
        };
        let connection = error::contained(py, || {
            let client = result.map_err(|error| error::system(py, error, this.place.as_ref()))?;
            let event_loop = this.event_loop.clone_ref(py);
            let shared = Shared::new(py, client, view.clone(), *arrays, Some(event_loop))?;
            this.event_loop.get().remember(Arc::downgrade(&shared));
            Ok(Bound::new(py, Connection::of(shared))?.into_any().unbind())
        });
        Self::settle(slf, connection, hand_out);
    }

    fn settle(slf: &Bound<'_, Self>, result: PyResult<Py<PyAny>>, hand_out: &mut HandOut<'_, '_>) {
        let this = slf.get();
        let state = match result {
            Ok(value) => State::Value(value),
            Err(error) => State::Error(error.into_value(slf.py())),
        };
        let (first, more) = this.end(state);
        for callback in first.into_iter().chain(more) {
            hand_out.run(&callback.callable, &callback.context, slf);
        }
    }

    /// The loop was closed before it ended.
    pub fn orphaned(slf: &Bound<'_, Self>) {
        let error = Error::new(
            Code::FailedPrecondition,
            "the event loop was closed before this call ended",
        );
        let error = error::exception(slf.py(), &error).into_value(slf.py());
        // Nobody can run the callbacks any more.
        drop(slf.get().end(State::Error(error)));
    }

    /// Sets how it ended, once, and takes the callbacks.
    fn end(&self, state: State) -> (Option<Callback>, Vec<Callback>) {
        let mut inside = self.inside();
        if !matches!(inside.state, State::Pending) {
            return (None, Vec::new());
        }
        inside.state = state;
        (inside.first.take(), mem::take(&mut inside.more))
    }

    /// Never held while Python code may run.
    pub(super) fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_pending(&self) -> bool {
        matches!(self.inside().state, State::Pending)
    }

    /// The provider is told that nobody waits any more. False if it had ended.
    pub(super) fn give_up(slf: &Bound<'_, Self>, message: Option<Py<PyAny>>) -> bool {
        let this = slf.get();
        if !this.is_pending() {
            return false;
        }
        let (first, count) = this.inside().tokens;
        let event_loop = this.event_loop.bind(slf.py());
        event_loop.get().forget(first..first + count as u64);
        if let What::Call { shared, .. } | What::Batch { shared, .. } = &this.what
            && event_loop.get().driver.is_ours()
        {
            (first..first + count as u64).for_each(|token| shared.client.give_up(token));
        }
        let (first, more) = this.end(State::Cancelled(message));
        if let Some(target) = event_loop.get().target(slf.py()) {
            for callback in first.into_iter().chain(more) {
                // Where the loop was closed there is nobody to tell.
                let _ = call_soon(&target, &callback.callable, &callback.context, slf);
            }
        }
        EventLoop::schedule_if_running(event_loop);
        true
    }

    /// What it ended with, for those who do not await it.
    pub(super) fn outcome<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<Result<Py<PyAny>, Bound<'py, PyAny>>> {
        let taken = match &self.inside().state {
            State::Pending => None,
            State::Value(value) => Some(Ok(value.clone_ref(py))),
            State::Error(error) => Some(Err(error.clone_ref(py).into_any())),
            State::Cancelled(message) => {
                let message = message.as_ref().map(|message| message.clone_ref(py));
                return Err(cancelled(py, message)?);
            }
            State::Spent => return Err(self.again(py)),
        };
        match taken {
            Some(Ok(value)) => Ok(Ok(value)),
            Some(Err(error)) => Ok(Err(error.into_bound(py))),
            None => Err(invalid_state(py, "the call has not ended")?),
        }
    }

    /// It was awaited before.
    pub(super) fn again(&self, py: Python<'_>) -> PyErr {
        let message = format!(
            "{} was awaited before; keep its result instead",
            self.subject()
        );
        error::exception(py, &Error::new(Code::FailedPrecondition, message))
    }

    fn subject(&self) -> String {
        match &self.what {
            What::Call { shared, index } => {
                format!("this call of {}", shared.function(*index).name)
            }
            What::Batch { .. } => "this batch".to_owned(),
            What::Connect { .. } => "this connect".to_owned(),
        }
    }
}

/// asyncio's CancelledError.
pub(super) fn cancelled(py: Python<'_>, message: Option<Py<PyAny>>) -> PyResult<PyErr> {
    let class = exceptions(py)?.getattr(intern!(py, "CancelledError"))?;
    let raised = match message {
        Some(message) => class.call1((message,))?,
        None => class.call0()?,
    };
    Ok(PyErr::from_value(raised))
}

pub(super) fn invalid_state(py: Python<'_>, message: &str) -> PyResult<PyErr> {
    let class = exceptions(py)?.getattr(intern!(py, "InvalidStateError"))?;
    Ok(PyErr::from_value(class.call1((message,))?))
}

fn exceptions(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static MODULE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let module = MODULE.get_or_try_init(py, || {
        Ok::<_, PyErr>(py.import("asyncio.exceptions")?.into_any().unbind())
    })?;
    Ok(module.bind(py))
}
