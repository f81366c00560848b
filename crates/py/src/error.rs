//! Errors of the core as Python's exceptions, and back. The classes are in `hms_ffi._errors`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use hms_ffi::runtime::CallContext;
use hms_ffi_core::contract::ContractError;
use hms_ffi_core::convert::Failure;
use hms_ffi_core::error::{Code, Error, Frame, Sent};
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyModule, PyString, PyTuple};

use crate::context;
use crate::value::{decode_document, encode_document};

type Fields = (String, String, String, String, u32);

/// The exception for an error.
pub(crate) fn exception(py: Python<'_>, error: &Error) -> PyErr {
    make(py, error).map_or_else(|failed| failed, PyErr::from_value)
}

/// The exception for a failed conversion: the core's error, or the exception that Python code raised meanwhile.
pub(crate) fn conversion(py: Python<'_>, failure: Failure<PyErr>) -> PyErr {
    match failure.into_error() {
        Ok(error) => exception(py, &error),
        Err(raised) => raised,
    }
}

/// The exception for a contract that cannot be loaded.
pub(crate) fn contract(py: Python<'_>, error: ContractError) -> PyErr {
    exception(py, &Error::from(error))
}

fn make<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    let cause = error.cause().map(|cause| make(py, cause)).transpose()?;
    let details = match error.details() {
        Some(cbor) => decode_document(py, cbor)?,
        None => None,
    };
    let frames: Vec<Fields> = error.trace().iter().map(fields).collect();
    let classes = classes(py)?;
    classes.call_method1(
        intern!(py, "received"),
        (
            error.code().name(),
            error.message(),
            details,
            error.sent().name(),
            error.retry_hint(),
            cause,
            frames,
        ),
    )
}

/// The error that an exception of ours stands for; none for other exceptions.
pub(crate) fn from_exception(raised: &Bound<'_, PyAny>) -> PyResult<Option<Error>> {
    let py = raised.py();
    if !raised.is_instance(&classes(py)?.getattr(intern!(py, "HmsError"))?)? {
        return Ok(None);
    }
    let text = |name: &Bound<'_, PyString>| -> PyResult<Option<String>> {
        raised.getattr(name)?.extract()
    };
    let code = text(intern!(py, "code"))?
        .and_then(|name| Code::from_name(&name))
        .unwrap_or(Code::Unknown);
    let mut error = Error::new(code, text(intern!(py, "message"))?.unwrap_or_default());
    if text(intern!(py, "sent"))?.as_deref() != Some(Sent::NotSent.name()) {
        error = error.with_sent(Sent::MaybeExecuted);
    }
    if let Some(retry) = raised
        .getattr(intern!(py, "_retry"))?
        .extract::<Option<bool>>()?
    {
        error = error.with_retry(retry);
    }
    let details = raised.getattr(intern!(py, "details"))?;
    if !details.is_none() {
        // Details that are no document are left out: the error itself matters more.
        if let Ok(cbor) = encode_document(&details, "details") {
            error = error.with_details(cbor);
        }
    }
    if let Some(cause) = from_exception(&raised.getattr(intern!(py, "cause"))?)? {
        error = error.with_cause(cause);
    }
    let frames: Vec<Fields> = raised.getattr(intern!(py, "trace"))?.extract()?;
    Ok(Some(
        error.with_trace(frames.into_iter().map(frame).collect()),
    ))
}

/// The exception for a system error that a call ended with; the call's place goes in front of its trace.
pub(crate) fn system(py: Python<'_>, mut error: Error, place: Option<&Place>) -> PyErr {
    error.push_outer_frames(place.map(|place| place.frame(py)).into_iter().collect());
    exception(py, &error)
}

/// The exception for a declared error.
pub(crate) fn declared(
    py: Python<'_>,
    value: Option<Bound<'_, PyAny>>,
    place: Option<&Place>,
) -> PyErr {
    let frame = place.map(|place| place.frame(py));
    let frames: Vec<Fields> = frame.iter().map(fields).collect();
    let made = classes(py)
        .and_then(|classes| classes.call_method1(intern!(py, "declared"), (value, frames)));
    made.map_or_else(|failed| failed, PyErr::from_value)
}

/// Where a call was made. Cheap to take, since few calls end with an error.
pub(crate) struct Place {
    code: Py<PyAny>,
    line: i32,
    /// The call that the code there serves.
    serving: Option<Arc<CallContext>>,
}

impl Place {
    /// The Python code that is running.
    pub fn here(py: Python<'_>) -> Option<Place> {
        Self::serving(py, context::current(py).ok().flatten())
    }

    /// The same where it is known which call the code serves.
    pub fn serving(py: Python<'_>, serving: Option<Arc<CallContext>>) -> Option<Place> {
        // SAFETY: the GIL is held. The frame is borrowed from this thread's stack, which does not change meanwhile; its
        // code is a new reference.
        let (code, line) = unsafe {
            let running = ffi::PyEval_GetFrame();
            if running.is_null() {
                return None;
            }
            let code = ffi::PyFrame_GetCode(running);
            (
                Bound::from_owned_ptr_or_opt(py, code.cast())?,
                ffi::PyFrame_GetLineNumber(running),
            )
        };
        Some(Place {
            code: code.unbind(),
            line,
            serving,
        })
    }

    fn frame(&self, py: Python<'_>) -> Frame {
        let text = |name| {
            self.code
                .bind(py)
                .getattr(name)
                .and_then(|text| text.extract::<String>())
                .unwrap_or_default()
        };
        let program = || -> PyResult<String> {
            let context = py.import("hms_ffi._context")?;
            context.call_method0("program")?.extract()
        };
        Frame {
            language: "python".to_owned(),
            component: match &self.serving {
                Some(serving) => serving.interface().to_owned(),
                None => program().unwrap_or_default(),
            },
            function: text(intern!(py, "co_qualname")),
            file: text(intern!(py, "co_filename")),
            line: self.line.max(0) as u32,
        }
    }
}

/// Frames that Python collected.
pub(crate) fn frames(list: &Bound<'_, PyAny>) -> PyResult<Vec<Frame>> {
    Ok(list
        .extract::<Vec<Fields>>()?
        .into_iter()
        .map(frame)
        .collect())
}

fn fields(frame: &Frame) -> Fields {
    let Frame {
        language,
        component,
        function,
        file,
        line,
    } = frame.clone();
    (language, component, function, file, line)
}

fn frame((language, component, function, file, line): Fields) -> Frame {
    Frame {
        language,
        component,
        function,
        file,
        line,
    }
}

/// Runs what a Python program called; a panic in it becomes `internal` instead of pyo3's PanicException, which is no
/// Exception and would end a server.
pub(crate) fn contained<T>(py: Python<'_>, run: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        Err(exception(
            py,
            &Error::internal(format!("a panic in HMS FFI: {text}")),
        ))
    })
}

/// The module with the exception classes.
pub(crate) fn classes(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    py.import(intern!(py, "hms_ffi._errors"))
}

/// The table of codes: name, number, class name, whether trying again may help.
#[pyfunction]
pub(crate) fn codes(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
    let rows = Code::ALL.map(|code| {
        (
            code.name(),
            code.number(),
            code.class_name(),
            code.is_temporary(),
        )
    });
    PyTuple::new(py, rows)
}
