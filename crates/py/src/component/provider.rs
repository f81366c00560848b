//! What runs the calls of one interface: from bytes to a Python function and back.

use std::sync::Arc;

use hms_ffi::runtime::{CallContext, Handler, Inbound, Outcome};
use hms_ffi_core::contract::schema::Function;
use hms_ffi_core::convert::Failure;
use hms_ffi_core::error::{Error, Frame};
use hms_ffi_core::wire::Limits;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::contract::Prepared;
use crate::value::{Arrays, Model};
use crate::{context, error};

/// What runs the calls of one interface.
pub(crate) struct Provider {
    pub prepared: Arc<Prepared>,
    pub functions: Vec<Option<Py<PyAny>>>,
    /// Says what an exception of a handler means.
    pub explain: Py<PyAny>,
    pub arrays: Arrays,
    pub limits: Limits,
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
    /// Runs a call here and now.
    pub fn run(
        &self,
        py: Python<'_>,
        function: &Function,
        serving: &Arc<CallContext>,
        args: &[u8],
    ) -> Outcome {
        let outcome = self.prepare(py, function, args).and_then(|prepared| {
            let (handler, args) = match prepared {
                Ok(prepared) => prepared,
                Err(outcome) => return Ok(outcome),
            };
            let context = Bound::new(py, context::CallContext(serving.clone()))?;
            // What went wrong is explained while the call is still the current one.
            context::within(&context, || {
                self.outcome(&context, function, handler.call1(args))
            })
        });
        outcome.unwrap_or_else(own_failure)
    }

    /// The handler and its arguments, or what the call ends with instead.
    #[allow(clippy::type_complexity)]
    pub fn prepare<'py>(
        &self,
        py: Python<'py>,
        function: &Function,
        args: &[u8],
    ) -> PyResult<Result<(Bound<'py, PyAny>, Bound<'py, PyTuple>), Outcome>> {
        let index = self
            .prepared
            .schema()
            .function(&function.name)
            .map_or(usize::MAX, |(index, _)| index as usize);
        let Some(Some(handler)) = self.functions.get(index) else {
            return Ok(Err(Outcome::System(Error::unimplemented(format!(
                "{} is not provided",
                function.name
            )))));
        };
        match self.lift(py, function, args) {
            Ok(args) => Ok(Ok((handler.bind(py).clone(), args))),
            Err(failure) => failed(failure).map(Err),
        }
    }

    /// What a handler's value or exception means; the call is the current one meanwhile.
    pub fn outcome(
        &self,
        context: &Bound<'_, context::CallContext>,
        function: &Function,
        result: PyResult<Bound<'_, PyAny>>,
    ) -> PyResult<Outcome> {
        match result {
            Ok(value) => self.lower(context.py(), function, &value),
            Err(exception) => self.explain(context, function, exception),
        }
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

/// The outcome where our own Python code failed.
pub(super) fn own_failure(exception: PyErr) -> Outcome {
    Outcome::System(Error::internal(exception.to_string()))
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
