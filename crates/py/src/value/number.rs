//! Integers and floats of Python: exact, and a bool is neither.

use hms_ffi_core::convert::Failure;
use hms_ffi_core::wire::Number;
use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt};

/// A signed integer: an int, or what says through `__index__` that it is one (NumPy's integers).
pub(crate) fn signed(value: &Bound<'_, PyAny>) -> Result<i64, Failure<PyErr>> {
    extract(&index(value)?)
}

/// An unsigned integer.
pub(crate) fn unsigned(value: &Bound<'_, PyAny>) -> Result<u64, Failure<PyErr>> {
    extract(&index(value)?)
}

/// An integer within a document.
pub(crate) fn wide(value: &Bound<'_, PyAny>) -> Result<i128, Failure<PyErr>> {
    extract(&index(value)?)
}

/// A float, or an integer that the float of this width holds exactly.
pub(crate) fn float(value: &Bound<'_, PyAny>, number: Number) -> Result<f64, Failure<PyErr>> {
    if let Ok(float) = value.cast::<PyFloat>() {
        return Ok(float.value());
    }
    match index(value) {
        Ok(integer) => exact_float(&integer, number),
        Err(failure) => numpy_float(value)?.ok_or(failure),
    }
}

/// Whether the value is an int but no bool, or an integer of NumPy.
pub(crate) fn is_integer(value: &Bound<'_, PyAny>) -> bool {
    index(value).is_ok()
}

fn extract<'a, 'py, T: FromPyObject<'a, 'py, Error = PyErr>>(
    integer: &'a Bound<'py, PyAny>,
) -> Result<T, Failure<PyErr>> {
    integer.extract::<T>().map_err(|error: PyErr| {
        if error.is_instance_of::<PyOverflowError>(integer.py()) {
            Failure::out_of_range()
        } else {
            Failure::host(error)
        }
    })
}

fn index<'py>(value: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Failure<PyErr>> {
    if value.is_instance_of::<PyInt>() {
        return if value.is_instance_of::<PyBool>() {
            Err(Failure::mismatch())
        } else {
            Ok(value.clone())
        };
    }
    // SAFETY: both calls take a borrowed object, and we hold the GIL.
    let made = unsafe {
        if ffi::PyIndex_Check(value.as_ptr()) == 0 {
            return Err(Failure::mismatch());
        }
        Bound::from_owned_ptr_or_err(value.py(), ffi::PyNumber_Index(value.as_ptr()))
    };
    let integer = made.map_err(|error| {
        // Arrays have `__index__` and refuse it when they hold more than one integer.
        if error.is_instance_of::<PyTypeError>(value.py()) {
            Failure::mismatch()
        } else {
            Failure::host(error)
        }
    })?;
    // A bool that is no bool: old NumPy's bool_ says that it is an integer.
    let is_bool = value
        .get_type()
        .name()
        .is_ok_and(|name| name == "bool_" || name == "bool");
    if is_bool {
        Err(Failure::mismatch())
    } else {
        Ok(integer)
    }
}

fn exact_float(integer: &Bound<'_, PyAny>, number: Number) -> Result<f64, Failure<PyErr>> {
    let refuse = || Failure::invalid(format!("this integer has no exact {}", number.name()));
    let float = integer.extract::<f64>().map_err(|_| refuse())?;
    let float = if number == Number::F32 {
        f64::from(float as f32)
    } else {
        float
    };
    // Python compares an int and a float exactly.
    let same = float.is_finite() && integer.eq(float).map_err(Failure::host)?;
    if same { Ok(float) } else { Err(refuse()) }
}

/// NumPy's scalars other than float64 (which is a float): what iterating over an array gives.
fn numpy_float(value: &Bound<'_, PyAny>) -> Result<Option<f64>, Failure<PyErr>> {
    let ty = value.get_type();
    if !ty.module().is_ok_and(|module| module == "numpy") {
        return Ok(None);
    }
    let floating = value
        .py()
        .import("numpy")
        .and_then(|numpy| numpy.getattr("floating"));
    if !floating
        .and_then(|class| value.is_instance(&class))
        .map_err(Failure::host)?
    {
        return Ok(None);
    }
    let float = value.extract::<f64>().map_err(Failure::host)?;
    let same = float.is_nan() || value.eq(float).map_err(Failure::host)?;
    if same {
        Ok(Some(float))
    } else {
        Err(Failure::invalid("this number has no exact f64"))
    }
}
