//! What the object model knows of each type of a schema: its Python class and the names of its members.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use hms_ffi_core::contract::Schema;
use hms_ffi_core::contract::names::Language;
use hms_ffi_core::contract::schema::{Case, Kind, TypeId};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyType};

/// The Python side of one schema. Immutable after it was made, shared by clients and components.
pub(crate) struct Shapes {
    shapes: Vec<Shape>,
}

/// The Python side of one type.
pub(crate) enum Shape {
    /// A type without a class of its own.
    Plain,
    Record(RecordShape),
    Enum(EnumShape),
    Flags(FlagsShape),
    Variant(VariantShape),
}

pub(crate) struct RecordShape {
    pub class: Py<PyType>,
    /// Attribute names in the contract's order.
    pub attributes: Vec<Py<PyString>>,
    /// Attribute and WIT names to the field's index.
    pub keys: Py<PyDict>,
}

pub(crate) struct EnumShape {
    pub class: Py<PyType>,
    pub members: Vec<Py<PyAny>>,
    /// WIT names to indices.
    pub indices: Py<PyDict>,
}

pub(crate) struct FlagsShape {
    pub class: Py<PyType>,
    /// WIT names to bit numbers.
    pub bits: Py<PyDict>,
    /// Combinations seen so far, a bounded number of them: making one through the class is slow.
    made: Mutex<HashMap<u32, Py<PyAny>>>,
}

pub(crate) struct VariantShape {
    /// The class of each case.
    pub cases: Vec<Py<PyType>>,
}

const FLAG_COMBINATIONS: usize = 256;

impl Shapes {
    /// Makes the classes of `schema`, or takes those that were made for an equal type before.
    pub fn new(py: Python<'_>, schema: &Schema) -> PyResult<Shapes> {
        let localized = schema.localized(Language::Python).to_string();
        let classes = py
            .import("hms_ffi._classes")?
            .call_method1("build", (localized,))?;
        let classes = classes.cast_into::<PyList>()?;
        let shapes = (0..schema.types.len())
            .map(|id| Shape::new(schema, id as TypeId, &classes.get_item(id)?))
            .collect::<PyResult<Vec<_>>>()?;
        Ok(Shapes { shapes })
    }

    pub fn of(&self, id: TypeId) -> &Shape {
        &self.shapes[id as usize]
    }

    /// The class of each type, None where it has none.
    pub fn class<'py>(&self, py: Python<'py>, id: TypeId) -> Option<Bound<'py, PyAny>> {
        let class = match self.of(id) {
            Shape::Plain => return None,
            Shape::Record(shape) => &shape.class,
            Shape::Enum(shape) => &shape.class,
            Shape::Flags(shape) => &shape.class,
            Shape::Variant(shape) => return shape.base(py),
        };
        Some(class.bind(py).clone().into_any())
    }
}

impl Shape {
    fn new(schema: &Schema, id: TypeId, class: &Bound<'_, PyAny>) -> PyResult<Shape> {
        let py = class.py();
        let class_of =
            || -> PyResult<Py<PyType>> { Ok(class.clone().cast_into::<PyType>()?.unbind()) };
        Ok(match &schema.ty(id).kind {
            Kind::Record { fields } => {
                let names = class.getattr("__match_args__")?;
                let attributes: Vec<Bound<'_, PyString>> = names.extract()?;
                let keys = PyDict::new(py);
                for (index, (field, name)) in fields.iter().zip(&attributes).enumerate() {
                    keys.set_item(&field.name, index)?;
                    keys.set_item(name, index)?;
                }
                let attributes = attributes.into_iter().map(Bound::unbind).collect();
                Shape::Record(RecordShape {
                    class: class_of()?,
                    attributes,
                    keys: keys.unbind(),
                })
            }
            Kind::Enum { cases, .. } => {
                let members = cases
                    .iter()
                    .map(|case| Ok(class.call1((&case.name,))?.unbind()))
                    .collect::<PyResult<_>>()?;
                Shape::Enum(EnumShape {
                    class: class_of()?,
                    members,
                    indices: indices(py, cases)?,
                })
            }
            Kind::Flags { flags } => Shape::Flags(FlagsShape {
                class: class_of()?,
                bits: indices(py, flags)?,
                made: Mutex::default(),
            }),
            Kind::Variant { .. } => {
                let classes: Vec<Bound<'_, PyType>> = class.getattr("_cases")?.extract()?;
                Shape::Variant(VariantShape {
                    cases: classes.into_iter().map(Bound::unbind).collect(),
                })
            }
            _ => Shape::Plain,
        })
    }

    /// A schema of one type and the classes of another would be a mistake of ours.
    pub fn wrong() -> PyErr {
        PyTypeError::new_err("the classes do not belong to this schema")
    }
}

impl FlagsShape {
    /// The member or combination with these bits.
    pub fn value<'py>(&self, py: Python<'py>, bits: u32) -> PyResult<Bound<'py, PyAny>> {
        // Only the table is locked, and no Python code runs meanwhile.
        let table = || self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = table().get(&bits) {
            return Ok(made.bind(py).clone());
        }
        let value = self.class.bind(py).call1((bits,))?;
        let mut made = table();
        if made.len() < FLAG_COMBINATIONS {
            made.insert(bits, value.clone().unbind());
        }
        Ok(value)
    }
}

impl VariantShape {
    /// The class that all cases derive from.
    fn base<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.cases
            .first()
            .and_then(|case| case.bind(py).getattr("__base__").ok())
    }
}

fn indices(py: Python<'_>, cases: &[Case]) -> PyResult<Py<PyDict>> {
    let indices = PyDict::new(py);
    for (index, case) in cases.iter().enumerate() {
        indices.set_item(&case.name, index)?;
    }
    Ok(indices.unbind())
}
