//! The caller's side: connecting, and one callable object for each function.

use std::sync::Arc;

use hms_ffi::runtime::{self, CallOptions, ConnectOptions, Outcome};
use hms_ffi_core::contract::names::{self, Language};
use hms_ffi_core::contract::schema::{Function, Kind};
use hms_ffi_core::error::{Code, Error};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use crate::contract::{Interface, Prepared};
use crate::value::{Arrays, Model};
use crate::{context, error, runtime as waiting};

/// A connection to one interface.
#[pyclass(frozen, module = "hms_ffi._native")]
pub(crate) struct Connection(Arc<Shared>);

/// What a connection's functions share.
struct Shared {
    client: runtime::Client,
    prepared: Arc<Prepared>,
    arrays: Arrays,
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
            let options = ConnectOptions {
                view: view.map(|view| view.prepared().schema().clone()),
                settings: Some(waiting::settings(options)?),
                parent: context::current(py)?,
                ..ConnectOptions::default()
            };
            let connected = waiting::wait(py, |interrupt| {
                runtime::Client::connect(&driver, interface, options, interrupt)
            })?;
            let client = connected.map_err(|error| raise(py, error))?;
            let prepared = match view {
                Some(view) => view.prepared().clone(),
                None => Prepared::new(py, client.schema().clone())?,
            };
            Ok(Connection(Arc::new(Shared {
                client,
                prepared,
                arrays,
            })))
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

    /// Ends the connection: calls that run are cancelled.
    fn close(&self, py: Python<'_>) {
        py.detach(|| self.0.client.close());
    }
}

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
struct Prepare {
    args: Vec<u8>,
    options: CallOptions,
}

impl Method {
    fn new(py: Python<'_>, shared: Arc<Shared>, index: usize) -> PyResult<Py<Method>> {
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
        &self.shared.prepared.schema().functions[self.index as usize]
    }

    fn model<'py>(&self, py: Python<'py>) -> PyResult<Model<'_, 'py>> {
        Model::new(py, &self.shared.prepared.shapes, self.shared.arrays)
    }

    fn prepare(
        &self,
        args: &Bound<'_, PyTuple>,
        named: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Prepare> {
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
        let limits = self.shared.client.settings().limits;
        let converter = &self.shared.prepared.converter;
        let args = converter.lower_args(self.function(), &mut self.model(py)?, &given, &limits);
        Ok(Prepare {
            args: args.map_err(|failure| error::conversion(py, failure))?,
            options,
        })
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

    fn run<'py>(&self, py: Python<'py>, call: Prepare) -> PyResult<Bound<'py, PyAny>> {
        let outcome = waiting::wait(py, |interrupt| {
            self.shared
                .client
                .call(self.index, call.args, &call.options, interrupt)
        })?;
        let limits = self.shared.client.settings().limits;
        let converter = &self.shared.prepared.converter;
        match outcome {
            Outcome::Ok(message) => {
                let value =
                    converter.lift_ok(self.function(), &mut self.model(py)?, &message, &limits);
                match value {
                    Ok(value) => Ok(value.unwrap_or_else(|| py.None().into_bound(py))),
                    Err(failure) => Err(error::conversion(py, failure)),
                }
            }
            Outcome::Declared(message) => {
                let value =
                    converter.lift_err(self.function(), &mut self.model(py)?, &message, &limits);
                let value = value.map_err(|failure| error::conversion(py, failure))?;
                Err(error::declared(py, value))
            }
            Outcome::System(error) => Err(raise(py, error)),
            Outcome::Cancelled => Err(raise(
                py,
                Error::new(Code::Cancelled, "the call was cancelled"),
            )),
        }
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
        error::contained(py, || self.run(py, self.prepare(args, named)?))
    }

    /// The call with these arguments, checked and converted now, made when the result is called.
    #[pyo3(signature = (*args, **named))]
    fn bind<'py>(
        slf: &Bound<'py, Method>,
        args: &Bound<'py, PyTuple>,
        named: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<BoundCall> {
        error::contained(slf.py(), || {
            let Prepare { args, options } = slf.get().prepare(args, named)?;
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

#[pymethods]
impl BoundCall {
    fn __call__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let call = Prepare {
            args: self.args.clone(),
            options: self.options.clone(),
        };
        error::contained(py, || self.method.get().run(py, call))
    }

    fn __repr__(&self) -> String {
        format!("<call of {}>", self.method.get().name)
    }
}

/// The exception for what a call ended with; the place of the call goes in front of its trace.
fn raise(py: Python<'_>, mut error: Error) -> PyErr {
    error.push_outer_frames(error::calling_frame(py).into_iter().collect());
    error::exception(py, &error)
}
