//! The object model: how the engine of the core sees and makes Python's values.

mod buffer;
mod choice;
mod document;
mod known;
mod lift;
mod lower;
mod number;
mod object;
mod record;
mod shape;
mod time;

pub(crate) use document::{decode_document, encode_document};
pub(crate) use known::Known;
pub(crate) use shape::Shapes;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// What a list of numbers (other than u8) becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Arrays {
    #[default]
    List,
    NumPy,
    MemoryView,
}

impl Arrays {
    /// From the option `arrays=`. NumPy is imported here, so that its absence shows early.
    pub fn from_option(py: Python<'_>, option: Option<&str>) -> PyResult<Arrays> {
        match option {
            None | Some("list") => Ok(Arrays::List),
            Some("numpy") => py.import("numpy").map(|_| Arrays::NumPy),
            Some("memoryview") => Ok(Arrays::MemoryView),
            Some(other) => Err(PyValueError::new_err(format!(
                "arrays={other:?}: expected \"list\", \"numpy\" or \"memoryview\""
            ))),
        }
    }
}

/// The object model for one conversion.
pub(crate) struct Model<'a, 'py> {
    py: Python<'py>,
    shapes: &'a Shapes,
    known: &'static Known,
    arrays: Arrays,
}

impl<'a, 'py> Model<'a, 'py> {
    pub fn new(py: Python<'py>, shapes: &'a Shapes, arrays: Arrays) -> PyResult<Model<'a, 'py>> {
        Ok(Model {
            py,
            shapes,
            known: Known::get(py)?,
            arrays,
        })
    }
}
