//! Many calls at once: sent together, their results in order, errors among them as values.

use std::sync::Arc;

use hms_ffi::runtime::{BatchCall, CallOptions, Outcome};
use hms_ffi_core::error::Error;
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyList};

use super::Shared;
use super::method::BoundCall;
use crate::error::{self, Place};
use crate::runtime as waiting;

/// The calls that an iterable gives, which have to be this connection's.
pub(super) fn collect(shared: &Arc<Shared>, calls: &Bound<'_, PyAny>) -> PyResult<Vec<BatchCall>> {
    let py = calls.py();
    let mut found = Vec::new();
    for (position, call) in PyIterator::from_object(calls)?.enumerate() {
        let call = call?;
        let refuse = |problem: &str| {
            let message = format!("batch: item {position} is {problem}");
            error::exception(py, &Error::invalid_argument(message))
        };
        let call = call
            .cast::<BoundCall>()
            .map_err(|_| refuse("no call; make it with the function's bind(...)"))?;
        let call = call.get();
        if !Arc::ptr_eq(call.shared(), shared) {
            return Err(refuse("a call of another client"));
        }
        let request = call.request();
        found.push(BatchCall {
            function: call.index(),
            args: request.args,
            options: CallOptions {
                wait_for_room: true,
                ..request.options
            },
        });
    }
    Ok(found)
}

/// Makes the calls and blocks until the last one has ended.
pub(super) fn wait<'py>(
    py: Python<'py>,
    shared: &Arc<Shared>,
    calls: Vec<BatchCall>,
) -> PyResult<Bound<'py, PyList>> {
    let functions: Vec<u32> = calls.iter().map(|call| call.function).collect();
    let outcomes = waiting::wait(py, |interrupt| shared.client.batch(calls, interrupt))?;
    let results = functions.into_iter().zip(outcomes);
    let place = Place::here(py);
    PyList::new(
        py,
        results
            .map(|(index, outcome)| value(py, shared, index, outcome, place.as_ref()))
            .collect::<Vec<_>>(),
    )
}

/// What one call of a batch ended with: its value, or its exception as a value.
pub(super) fn value(
    py: Python<'_>,
    shared: &Shared,
    index: u32,
    outcome: Outcome,
    place: Option<&Place>,
) -> Py<PyAny> {
    match error::contained(py, || shared.lift(py, index, outcome, || place)) {
        Ok(value) => value.unbind(),
        Err(raised) => raised.into_value(py).into_any(),
    }
}
