//! Waiting without the GIL, interrupts, timeouts and settings; event loops are in `event_loop`.

mod event_loop;

pub(crate) use event_loop::{EventLoop, HandOut, Watch, call_soon};

use std::path::PathBuf;
use std::time::Duration;

use hms_ffi::runtime::{Driver, Settings, Timeout};
use hms_ffi_core::error::Error;
use pyo3::exceptions::{PyImportError, PyTypeError};
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict};

use crate::error;
use crate::value::Known;

/// The driver of all threads of this process.
pub(crate) fn driver(py: Python<'_>) -> PyResult<Driver> {
    // What calls need is imported now: a forked worker may have given up the right to read it by its first call.
    Known::get(py)?;
    Driver::shared("python").map_err(|error| error::exception(py, &error))
}

/// Classes and imports are kept once for the process, so objects of one interpreter would reach another.
pub(crate) fn refuse_subinterpreters(_attached: Python<'_>) -> PyResult<()> {
    // SAFETY: this thread is attached to an interpreter, which lives meanwhile.
    let id = unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) };
    if id == 0 {
        return Ok(());
    }
    Err(PyImportError::new_err(
        "hms_ffi works in the main interpreter only, not in subinterpreters (under mod_wsgi: WSGIApplicationGroup %{GLOBAL})",
    ))
}

/// Runs what blocks without the GIL. The closure that it is given asks Python after a signal: true if the signal's
/// handler raised (Ctrl-C), which is then the result.
pub(crate) fn wait<T: Send>(
    py: Python<'_>,
    run: impl FnOnce(&mut dyn FnMut() -> bool) -> T + Send,
) -> PyResult<T> {
    let mut raised = None;
    let result = py.detach(|| {
        run(&mut || {
            Python::attach(|py| match interrupted(py) {
                Ok(()) => false,
                Err(exception) => {
                    raised = Some(exception);
                    true
                }
            })
        })
    });
    match raised {
        Some(exception) => Err(exception),
        None => Ok(result),
    }
}

/// Runs the handlers of signals that came, and raises what another thread asked this one to raise.
pub(crate) fn interrupted(py: Python<'_>) -> PyResult<()> {
    static LOOK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    py.check_signals()?;
    // `PyThreadState_SetAsyncExc` is noticed by Python code alone, so a function without any work is run.
    let look = LOOK.get_or_try_init(py, || {
        let context = py.import("hms_ffi._context")?;
        Ok::<_, PyErr>(context.getattr("look")?.unbind())
    })?;
    look.bind(py).call0().map(drop)
}

/// A timeout as Python gives it: None is no deadline, else seconds or a timedelta.
pub(crate) fn timeout(value: &Bound<'_, PyAny>) -> PyResult<Timeout> {
    Ok(limit(value)?.map_or(Timeout::None, Timeout::After))
}

/// Seconds or a timedelta as a duration, None for no limit.
pub(crate) fn limit(value: &Bound<'_, PyAny>) -> PyResult<Option<Duration>> {
    let py = value.py();
    if value.is_none() {
        return Ok(None);
    }
    let wrong = || PyTypeError::new_err("timeout: expected seconds or None");
    if value.is_instance_of::<PyBool>() {
        return Err(wrong());
    }
    let seconds: f64 = if value.is_instance(Known::get(py)?.timedelta.bind(py))? {
        value
            .call_method0(intern!(py, "total_seconds"))?
            .extract()?
    } else {
        value.extract().map_err(|_| wrong())?
    };
    if seconds == f64::INFINITY {
        return Ok(None);
    }
    let limit = Duration::try_from_secs_f64(seconds);
    limit.map(Some).map_err(|_| {
        let message = "timeout: expected a number of seconds that is not negative";
        error::exception(py, &Error::invalid_argument(message))
    })
}

/// The environment's settings with the options that were given in code.
pub(crate) fn settings(options: &Bound<'_, PyDict>) -> PyResult<Settings> {
    let py = options.py();
    let mut settings = Settings::from_env().map_err(|error| error::exception(py, &error))?;
    for (key, value) in options {
        let key: String = key.extract()?;
        match key.as_str() {
            "runtime_dir" => settings.runtime_dir = Some(value.extract::<PathBuf>()?),
            "timeout" => settings.timeout = limit(&value)?,
            "max_message" => settings.limits.max_message = value.extract()?,
            "max_depth" => settings.limits.max_depth = value.extract()?,
            "max_elements" => settings.limits.max_elements = value.extract()?,
            "max_calls" => settings.max_calls = Some(value.extract()?),
            "retries" => settings.retries = value.extract()?,
            "trusted_users" => settings.trusted_users = value.extract()?,
            _ => {
                let unknown = Error::invalid_argument(format!("there is no option {key}"));
                return Err(error::exception(py, &unknown));
            }
        }
    }
    Ok(settings)
}
