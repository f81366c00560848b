//! The provider's side: calls that arrive run Python functions on the threads that Python gave us.

use std::sync::Arc;
use std::time::Duration;

use hms_ffi::runtime::{self, CallContext, Export, Handler, Inbound, Outcome, ServeOptions};
use hms_ffi_core::contract::schema::Function;
use hms_ffi_core::convert::Failure;
use hms_ffi_core::error::{Error, Frame};
use hms_ffi_core::wire::Limits;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::contract::{Interface, Prepared};
use crate::value::{Arrays, Model};
use crate::{context, error, runtime as waiting};

/// A running instance.
#[pyclass(frozen, module = "hms_ffi._native")]
pub(crate) struct Server(runtime::Server);

#[pymethods]
impl Server {
    /// Listens, and returns when callers can find it. `functions` has a callable or None for each function of the
    /// interface; `explain` says what an exception of one of them means.
    #[new]
    #[pyo3(signature = (interface, functions, explain, arrays, workers, queue, name, options))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        py: Python<'_>,
        interface: &Interface,
        functions: Vec<Option<Py<PyAny>>>,
        explain: Py<PyAny>,
        arrays: Option<&str>,
        workers: usize,
        queue: usize,
        name: String,
        options: &Bound<'_, PyDict>,
    ) -> PyResult<Server> {
        error::contained(py, || {
            let settings = waiting::settings(options)?;
            let prepared = interface.prepared().clone();
            let provider = Provider {
                prepared: prepared.clone(),
                functions,
                explain,
                arrays: Arrays::from_option(py, arrays)?,
                limits: settings.limits,
            };
            let export = Export {
                schema: prepared.schema().clone(),
                handler: Some(Arc::new(provider)),
            };
            let options = ServeOptions {
                settings: Some(settings),
                max_concurrent: workers,
                queue,
                name,
            };
            let driver = waiting::driver(py)?;
            let started = py.detach(|| runtime::Server::start(&driver, vec![export], options));
            started
                .map(Server)
                .map_err(|error| error::exception(py, &error))
        })
    }

    /// The life of one worker thread: runs calls until the server is closed.
    fn work(&self, py: Python<'_>) -> PyResult<()> {
        self.live(py, |interrupt| self.0.work(interrupt))
    }

    /// The life of the one thread beside the workers: reads while all of them are busy.
    fn read(&self, py: Python<'_>) -> PyResult<()> {
        self.live(py, |interrupt| self.0.read(interrupt))
    }

    /// Leaves discovery, waits for running calls at most so many seconds, then closes.
    fn drain(&self, py: Python<'_>, grace: f64) {
        let grace = Duration::try_from_secs_f64(grace).unwrap_or(Duration::ZERO);
        py.detach(|| self.0.drain(grace));
    }

    /// Ends now: running calls are cancelled, workers return.
    fn close(&self, py: Python<'_>) {
        py.detach(|| self.0.close());
    }

    /// The instance's random name.
    #[getter]
    fn instance(&self) -> &str {
        self.0.instance()
    }
}

impl Server {
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

/// What runs the calls of one interface.
struct Provider {
    prepared: Arc<Prepared>,
    functions: Vec<Option<Py<PyAny>>>,
    explain: Py<PyAny>,
    arrays: Arrays,
    limits: Limits,
}

impl Handler for Provider {
    fn handle(&self, call: Inbound) {
        // The reply is sent without the GIL.
        let outcome =
            Python::attach(|py| self.run(py, call.function(), call.context(), call.args()));
        call.reply(outcome);
    }
}

impl Provider {
    fn run(
        &self,
        py: Python<'_>,
        function: &Function,
        serving: &Arc<CallContext>,
        args: &[u8],
    ) -> Outcome {
        self.try_run(py, function, serving, args)
            .unwrap_or_else(|exception| {
                // Our own Python code failed.
                Outcome::System(Error::internal(exception.to_string()))
            })
    }

    fn try_run(
        &self,
        py: Python<'_>,
        function: &Function,
        serving: &Arc<CallContext>,
        args: &[u8],
    ) -> PyResult<Outcome> {
        let index = self
            .prepared
            .schema()
            .function(&function.name)
            .map_or(usize::MAX, |(index, _)| index as usize);
        let Some(Some(handler)) = self.functions.get(index) else {
            return Ok(Outcome::System(Error::unimplemented(format!(
                "{} is not provided",
                function.name
            ))));
        };
        let args = match self.lift(py, function, args) {
            Ok(args) => args,
            Err(failure) => return failed(failure),
        };
        let context = Bound::new(py, context::CallContext(serving.clone()))?;
        // What went wrong is explained while the call is still the current one.
        context::within(&context, || match handler.bind(py).call1(args) {
            Ok(value) => self.lower(py, function, &value),
            Err(exception) => self.explain(&context, function, exception),
        })
    }

    fn lift<'py>(
        &self,
        py: Python<'py>,
        function: &Function,
        args: &[u8],
    ) -> Result<Bound<'py, PyTuple>, Failure<PyErr>> {
        let mut model = self.model(py).map_err(Failure::host)?;
        let mut values = Vec::with_capacity(function.params.len());
        self.prepared.converter.lift_args(
            function,
            &mut model,
            args,
            &self.limits,
            |_, _, value| {
                values.push(value);
                Ok(())
            },
        )?;
        PyTuple::new(py, values).map_err(Failure::host)
    }

    fn lower(
        &self,
        py: Python<'_>,
        function: &Function,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<Outcome> {
        // A function without a result returns None, as every Python function does that returns nothing.
        let has_value = self.prepared.schema().outcome(function).ok.is_some();
        let value = (has_value || !value.is_none()).then_some(value);
        match self
            .prepared
            .converter
            .lower_ok(function, &mut self.model(py)?, value, &self.limits)
        {
            Ok(message) => Ok(Outcome::Ok(message)),
            Err(failure) => failed(failure),
        }
    }

    /// The outcome that an exception of the handler means.
    fn explain(
        &self,
        context: &Bound<'_, context::CallContext>,
        function: &Function,
        exception: PyErr,
    ) -> PyResult<Outcome> {
        let py = context.py();
        let outcome = self.prepared.schema().outcome(function);
        let explained =
            self.explain
                .bind(py)
                .call1((exception.into_value(py), context, outcome.declared))?;
        let (meaning, frames): (Bound<'_, PyAny>, Bound<'_, PyAny>) = explained.extract()?;
        let frames = error::frames(&frames)?;
        let is_declared = meaning.getattr(intern!(py, "code"))?.is_none();
        if is_declared {
            let value = meaning.getattr(intern!(py, "value"))?;
            let value = (outcome.err.is_some() || !value.is_none()).then_some(value);
            let message = self.prepared.converter.lower_err(
                function,
                &mut self.model(py)?,
                value.as_ref(),
                &self.limits,
            );
            return match message {
                Ok(message) => Ok(Outcome::Declared(message)),
                Err(failure) => {
                    let Outcome::System(error) = failed(failure)? else {
                        unreachable!("a failure is an error")
                    };
                    Ok(Outcome::System(error.with_trace(frames)))
                }
            };
        }
        let Some(mut error) = error::from_exception(&meaning)? else {
            return Ok(Outcome::System(
                Error::internal("the handler failed").with_trace(frames),
            ));
        };
        if meaning.getattr(intern!(py, "_received"))?.is_truthy()? {
            error = error.into_nested();
        }
        error.push_outer_frames(before(frames, error.trace()));
        Ok(Outcome::System(error))
    }

    fn model<'py>(&self, py: Python<'py>) -> PyResult<Model<'_, 'py>> {
        Model::new(py, &self.prepared.shapes, self.arrays)
    }
}

/// A message that cannot be converted; exceptions that Python code raised meanwhile are the provider's mistakes.
fn failed(failure: Failure<PyErr>) -> PyResult<Outcome> {
    let path = failure.path();
    Ok(Outcome::System(match failure.into_error() {
        Ok(error) => error,
        Err(exception) => Error::internal(format!("{path}: {exception}")),
    }))
}

/// The handler's frames, without the last one if it is the place of the nested call that the trace begins with.
fn before(mut frames: Vec<Frame>, inner: &[Frame]) -> Vec<Frame> {
    if let (Some(last), Some(first)) = (frames.last(), inner.first())
        && (&last.function, &last.file, last.line) == (&first.function, &first.file, first.line)
    {
        frames.pop();
    }
    frames
}
