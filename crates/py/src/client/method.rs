//! The functions of a connection, as callable objects.

use std::sync::Arc;

use hms_ffi::runtime::CallOptions;
use hms_ffi_core::contract::names::{self, Language};
use hms_ffi_core::contract::schema::{Function, Kind};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use super::{PendingCall, Shared};
use crate::contract::Interface;
use crate::error::Place;
use crate::runtime::EventLoop;
use crate::{context, error, runtime as waiting};

// A function of an interface, called like any other. No doc comment: `__doc__` is the function's own.
#[pyclass(frozen, weakref, module = "hms_ffi")]
pub(crate) struct Method {
    shared: Arc<Shared>,
    index: u32,
    /// Python's name.
    name: String,
    params: Vec<Param>,
}

struct Param {
    name: Py<PyString>,
    /// May be omitted, which is None.
    is_option: bool,
}

/// The arguments and options of one call.
pub(crate) struct Request {
    pub args: Vec<u8>,
    pub options: CallOptions,
}

impl Method {
    pub(super) fn new(py: Python<'_>, shared: Arc<Shared>, index: usize) -> PyResult<Py<Method>> {
        let schema = shared.prepared.schema().clone();
        let function = &schema.functions[index];
        let params = function.params.iter().map(|param| Param {
            name: PyString::intern(py, &names::param(Language::Python, &param.name)).unbind(),
            is_option: matches!(schema.ty(param.ty).kind, Kind::Option { .. }),
        });
        let params = params.collect();
        let name = names::function(Language::Python, &function.name);
        Py::new(
            py,
            Method {
                shared,
                index: index as u32,
                name,
                params,
            },
        )
    }

    fn function(&self) -> &Function {
        self.shared.function(self.index)
    }

    /// The values of all parameters, and the options.
    fn arrange<'py>(
        &self,
        args: &Bound<'py, PyTuple>,
        named: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<(Vec<Bound<'py, PyAny>>, CallOptions)> {
        let py = args.py();
        let mut options = CallOptions {
            parent: context::current(py)?,
            ..CallOptions::default()
        };
        let mut values: Vec<Option<Bound<'_, PyAny>>> = args.iter().map(Some).collect();
        if values.len() > self.params.len() {
            let message = format!(
                "takes {} arguments, but {} were given",
                self.params.len(),
                values.len()
            );
            return Err(self.mismatch(py, &message));
        }
        values.resize(self.params.len(), None);
        for (name, value) in named.into_iter().flatten() {
            let name = name.cast::<PyString>()?;
            match self.params.iter().position(|param| {
                param.name.is(name) || name.as_any().eq(param.name.bind(py)).unwrap_or(false)
            }) {
                Some(at) if values[at].is_none() => values[at] = Some(value),
                Some(_) => {
                    return Err(
                        self.mismatch(py, &format!("got two values for the argument '{name}'"))
                    );
                }
                None => self.option(&mut options, name, &value)?,
            }
        }
        let mut given = Vec::with_capacity(values.len());
        for (value, param) in values.into_iter().zip(&self.params) {
            match value {
                Some(value) => given.push(value),
                None if param.is_option => given.push(py.None().into_bound(py)),
                None => {
                    return Err(self.mismatch(
                        py,
                        &format!("misses the argument '{}'", param.name.bind(py)),
                    ));
                }
            }
        }
        Ok((given, options))
    }

    fn lower(&self, py: Python<'_>, given: &[Bound<'_, PyAny>]) -> PyResult<Vec<u8>> {
        let limits = &self.shared.client.settings().limits;
        let converter = &self.shared.prepared.converter;
        let model = &mut self.shared.model(py)?;
        let args = converter.lower_args(self.function(), model, given, limits);
        args.map_err(|failure| error::conversion(py, failure))
    }

    fn prepare(
        &self,
        args: &Bound<'_, PyTuple>,
        named: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Request> {
        let (given, options) = self.arrange(args, named)?;
        let args = self.lower(args.py(), &given)?;
        Ok(Request { args, options })
    }

    fn option(
        &self,
        options: &mut CallOptions,
        name: &Bound<'_, PyString>,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        match name.to_str()? {
            "timeout" => options.timeout = waiting::timeout(value)?,
            "idempotency_key" => options.idempotency_key = value.extract()?,
            "traceparent" => options.traceparent = value.extract()?,
            other => {
                return Err(self.mismatch(
                    value.py(),
                    &format!("got an unexpected keyword argument '{other}'"),
                ));
            }
        }
        Ok(())
    }

    /// The call does not fit the parameters.
    fn mismatch(&self, py: Python<'_>, problem: &str) -> PyErr {
        let made = error::classes(py).and_then(|classes| {
            let class = classes.getattr(intern!(py, "InvalidCall"))?;
            class.call1((format!("{}() {problem}", self.name),))
        });
        made.map_or_else(|failed| failed, PyErr::from_value)
    }

    /// Makes a call, and waits for it where there is no event loop.
    fn run<'py>(&self, py: Python<'py>, call: Request) -> PyResult<Bound<'py, PyAny>> {
        if let Some(event_loop) = &self.shared.event_loop {
            let call = PendingCall::start(event_loop.bind(py), &self.shared, self.index, Ok(call))?;
            return Ok(call.into_any());
        }
        let outcome = waiting::wait(py, |interrupt| {
            let client = &self.shared.client;
            client.call(self.index, call.args, &call.options, interrupt)
        })?;
        self.shared
            .lift(py, self.index, outcome, || Place::here(py))
    }

    /// Starts a call for an event loop. A wrong value is what the call ends with, as anything else that goes wrong.
    fn start<'py>(
        &self,
        event_loop: &Bound<'py, EventLoop>,
        args: &Bound<'py, PyTuple>,
        named: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = args.py();
        let (given, options) = self.arrange(args, named)?;
        let call = self.lower(py, &given).map(|args| Request { args, options });
        Ok(PendingCall::start(event_loop, &self.shared, self.index, call)?.into_any())
    }
}

#[pymethods]
impl Method {
    #[pyo3(signature = (*args, **named))]
    fn __call__<'py>(
        &self,
        args: &Bound<'py, PyTuple>,
        named: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = args.py();
        error::contained(py, || match &self.shared.event_loop {
            Some(event_loop) => self.start(event_loop.bind(py), args, named),
            None => self.run(py, self.prepare(args, named)?),
        })
    }

    /// The call with these arguments, checked and converted now, made when the result is called.
    #[pyo3(signature = (*args, **named))]
    fn bind<'py>(
        slf: &Bound<'py, Method>,
        args: &Bound<'py, PyTuple>,
        named: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<BoundCall> {
        error::contained(slf.py(), || {
            let Request { args, options } = slf.get().prepare(args, named)?;
            Ok(BoundCall {
                method: slf.clone().unbind(),
                args,
                options,
            })
        })
    }

    /// Python's name of the function.
    #[getter]
    fn __name__(&self) -> &str {
        &self.name
    }

    #[getter]
    fn __qualname__(&self) -> String {
        format!("{}.{}", self.shared.prepared.schema().interface, self.name)
    }

    /// The function's documentation in the contract.
    #[getter]
    fn __doc__(&self) -> Option<&str> {
        Some(self.function().docs.as_str()).filter(|docs| !docs.is_empty())
    }

    #[getter]
    fn __signature__<'py>(slf: &Bound<'py, Method>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let method = slf.get();
        let interface = Interface::of(method.shared.prepared.clone());
        py.import("hms_ffi._signature")?
            .call_method1("of", (interface, method.index))
    }

    /// The function's name in the contract.
    #[getter]
    fn wit_name(&self) -> &str {
        &self.function().name
    }

    fn __repr__(&self) -> String {
        format!(
            "<function {} of {}>",
            self.name,
            self.shared.prepared.schema().interface
        )
    }
}

/// A call that is ready to be made.
#[pyclass(frozen, module = "hms_ffi")]
pub(crate) struct BoundCall {
    method: Py<Method>,
    args: Vec<u8>,
    options: CallOptions,
}

impl BoundCall {
    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.method.get().shared
    }

    pub(super) fn index(&self) -> u32 {
        self.method.get().index
    }

    /// What it is made of, once more.
    pub(super) fn request(&self) -> Request {
        Request {
            args: self.args.clone(),
            options: self.options.clone(),
        }
    }
}

#[pymethods]
impl BoundCall {
    fn __call__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        error::contained(py, || self.method.get().run(py, self.request()))
    }

    fn __repr__(&self) -> String {
        format!("<call of {}>", self.method.get().name)
    }
}
