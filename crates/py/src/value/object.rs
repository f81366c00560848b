//! Making objects of classes with slots, and setting their slots.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};
use pyo3::{BoundObject, IntoPyObject};

/// An uninitialised instance of a class with slots; its slots are set one by one.
pub(crate) fn allocate<'py>(class: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the classes are heap types of `class` statements with `__slots__` and base `object`, for which
    // `object.__new__` does nothing but this; slots that were not set read as AttributeError.
    unsafe {
        Bound::from_owned_ptr_or_err(class.py(), ffi::PyType_GenericAlloc(class.as_type_ptr(), 0))
    }
}

/// Sets an attribute that a slot holds, also where the class refuses assignments.
pub(crate) fn set_slot<'py>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
    value: impl IntoPyObject<'py, Error: Into<PyErr>>,
) -> PyResult<()> {
    let value = value
        .into_pyobject(object.py())
        .map_err(Into::into)?
        .into_any();
    // SAFETY: three live objects, and the GIL is held.
    let failed = unsafe {
        ffi::PyObject_GenericSetAttr(object.as_ptr(), name.as_ptr(), value.as_borrowed().as_ptr())
    };
    if failed != 0 {
        Err(PyErr::fetch(object.py()))
    } else {
        Ok(())
    }
}
