//! The call that is being served, as the handler sees it and as the calls that it makes inherit it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hms_ffi::runtime;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::runtime as waiting;

/// How long a wait lasts until it is looked whether the thread was interrupted.
const STINT: Duration = Duration::from_millis(500);

/// What a handler knows of its call.
#[pyclass(frozen, module = "hms_ffi._native")]
pub(crate) struct CallContext(pub Arc<runtime::CallContext>);

#[pymethods]
impl CallContext {
    /// The interface that is served, with version.
    #[getter]
    fn interface(&self) -> &str {
        self.0.interface()
    }

    /// The function's name in the contract.
    #[getter]
    fn function(&self) -> &str {
        &self.0.function().name
    }

    /// Seconds left (zero once the deadline has passed); None without a deadline.
    #[getter]
    fn remaining(&self) -> Option<f64> {
        self.0.remaining().map(|left| left.as_secs_f64())
    }

    /// When the call has to end, on the clock of `time.monotonic()`; None without a deadline.
    #[getter]
    fn deadline(&self, py: Python<'_>) -> PyResult<Option<f64>> {
        let Some(left) = self.0.remaining() else {
            return Ok(None);
        };
        let now: f64 = py.import("time")?.call_method0("monotonic")?.extract()?;
        Ok(Some(now + left.as_secs_f64()))
    }

    /// Whether the caller no longer waits: it cancelled, it is gone, or the deadline has passed.
    #[getter]
    fn cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Whether the deadline has passed.
    #[getter]
    fn late(&self) -> bool {
        self.0.is_late()
    }

    /// Blocks until the caller no longer waits or so many seconds have passed: whether it no longer waits. Not for event
    /// loops, whose handlers see CancelledError.
    #[pyo3(signature = (timeout = None))]
    fn wait_cancelled(&self, py: Python<'_>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<bool> {
        let limit = timeout.map(waiting::limit).transpose()?.flatten();
        let start = Instant::now();
        loop {
            let left = limit.map(|limit| limit.saturating_sub(start.elapsed()));
            let stint = left.map_or(STINT, |left| left.min(STINT));
            if py.detach(|| self.0.wait_cancelled(stint)) {
                return Ok(true);
            }
            waiting::interrupted(py)?;
            if left.is_some_and(|left| left <= stint) {
                return Ok(false);
            }
        }
    }

    /// Who calls, as the kernel says: user id, group id and process id (0 if it has none in our namespace).
    #[getter]
    fn caller<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let caller = self.0.caller();
        py.import("hms_ffi._context")?
            .getattr("Caller")?
            .call1((caller.uid, caller.gid, caller.pid))
    }

    /// The W3C trace context (`traceparent`) that the caller sent, or None.
    #[getter]
    fn trace(&self) -> Option<&str> {
        self.0.traceparent()
    }

    /// The caller's idempotency key, or None.
    #[getter]
    fn idempotency_key(&self) -> Option<&str> {
        self.0.idempotency_key()
    }

    fn __repr__(&self) -> String {
        format!(
            "<call of {} {}>",
            self.0.interface(),
            self.0.function().name
        )
    }
}

/// The context variable's bound methods.
struct Variable {
    get: Py<PyAny>,
    set: Py<PyAny>,
    reset: Py<PyAny>,
}

static VARIABLE: PyOnceLock<Variable> = PyOnceLock::new();

fn variable(py: Python<'_>) -> PyResult<&'static Variable> {
    VARIABLE.get_or_try_init(py, || {
        let variable = py.import("hms_ffi._context")?.getattr("CURRENT")?;
        let method = |name| -> PyResult<Py<PyAny>> { Ok(variable.getattr(name)?.unbind()) };
        Ok(Variable {
            get: method("get")?,
            set: method("set")?,
            reset: method("reset")?,
        })
    })
}

/// The call that the running code serves.
pub(crate) fn current(py: Python<'_>) -> PyResult<Option<Arc<runtime::CallContext>>> {
    let current = variable(py)?.get.bind(py).call0()?;
    Ok(current
        .cast::<CallContext>()
        .ok()
        .map(|context| context.get().0.clone()))
}

/// Runs `handler` with this call as the current one.
pub(crate) fn within<'py, T>(
    context: &Bound<'py, CallContext>,
    handler: impl FnOnce() -> PyResult<T>,
) -> PyResult<T> {
    let py = context.py();
    let variable = variable(py)?;
    let before = variable.set.bind(py).call1((context,))?;
    let result = handler();
    variable.reset.bind(py).call1((before,))?;
    result
}
