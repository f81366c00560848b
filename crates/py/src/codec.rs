//! Conversion by itself: values to bytes and back, for tests and tools.

use hms_ffi_core::contract::schema::Function;
use hms_ffi_core::wire::Limits;
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use std::sync::Arc;

use crate::contract::{Interface, Prepared};
use crate::error;
use crate::value::{Arrays, Model};

/// Converts the messages of one interface's functions, named as in the contract.
#[pyclass(frozen, module = "hms_ffi._native")]
pub(crate) struct Codec {
    prepared: Arc<Prepared>,
    arrays: Arrays,
}

impl Codec {
    fn function(&self, name: &str) -> PyResult<&Function> {
        let found = self.prepared.schema().function(name);
        found
            .map(|(_, function)| function)
            .ok_or_else(|| PyKeyError::new_err(name.to_owned()))
    }

    fn model<'py>(&self, py: Python<'py>) -> PyResult<Model<'_, 'py>> {
        Model::new(py, &self.prepared.shapes, self.arrays)
    }
}

#[pymethods]
impl Codec {
    #[new]
    #[pyo3(signature = (interface, arrays=None))]
    fn new(py: Python<'_>, interface: &Interface, arrays: Option<&str>) -> PyResult<Codec> {
        Ok(Codec {
            prepared: interface.prepared().clone(),
            arrays: Arrays::from_option(py, arrays)?,
        })
    }

    /// The message of a call's arguments.
    fn lower_args<'py>(
        &self,
        function: &str,
        args: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let py = args.py();
        let args: Vec<_> = args.iter().collect();
        let function = self.function(function)?;
        let message = self.prepared.converter.lower_args(
            function,
            &mut self.model(py)?,
            &args,
            &Limits::DEFAULT,
        );
        message
            .map(|bytes| PyBytes::new(py, &bytes))
            .map_err(|failure| error::conversion(py, failure))
    }

    /// The arguments of such a message.
    fn lift_args<'py>(
        &self,
        py: Python<'py>,
        function: &str,
        message: &[u8],
    ) -> PyResult<Bound<'py, PyTuple>> {
        let mut args = Vec::new();
        let function = self.function(function)?;
        let lifted = self.prepared.converter.lift_args(
            function,
            &mut self.model(py)?,
            message,
            &Limits::DEFAULT,
            |_, _, arg| {
                args.push(arg);
                Ok(())
            },
        );
        lifted.map_err(|failure| error::conversion(py, failure))?;
        PyTuple::new(py, args)
    }

    /// The message of a value of a function's first parameter; `value` is its name in errors.
    fn lower<'py>(
        &self,
        function: &str,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let py = value.py();
        let ty = self.value_type(function)?;
        let message = self.prepared.converter.lower_message(
            ty,
            "value",
            &mut self.model(py)?,
            value,
            &Limits::DEFAULT,
        );
        message
            .map(|bytes| PyBytes::new(py, &bytes))
            .map_err(|failure| error::conversion(py, failure))
    }

    /// The value of such a message.
    fn lift<'py>(
        &self,
        py: Python<'py>,
        function: &str,
        message: &[u8],
    ) -> PyResult<Bound<'py, PyAny>> {
        let ty = self.value_type(function)?;
        let value = self.prepared.converter.lift_message(
            ty,
            "value",
            &mut self.model(py)?,
            message,
            &Limits::DEFAULT,
        );
        value.map_err(|failure| error::conversion(py, failure))
    }
}

impl Codec {
    fn value_type(&self, function: &str) -> PyResult<u32> {
        let first = self.function(function)?.params.first();
        first
            .map(|param| param.ty)
            .ok_or_else(|| PyKeyError::new_err("the function has no parameter"))
    }
}
