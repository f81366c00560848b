//! Contracts and their interfaces, as Python sees them.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use hms_ffi_core::contract::names::{self, Language};
use hms_ffi_core::contract::{Contract as Loaded, Schema};
use hms_ffi_core::convert::Converter;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error;
use crate::value::Shapes;

/// A loaded contract.
#[pyclass(frozen, module = "hms_ffi._native")]
pub(crate) struct Contract(Loaded);

#[pymethods]
impl Contract {
    /// Loads a `.wit` file or a directory; mistakes are told with file, line and column.
    #[new]
    fn new(py: Python<'_>, path: PathBuf) -> PyResult<Contract> {
        let loaded = py.detach(|| Loaded::load(&path));
        loaded
            .map(Contract)
            .map_err(|mistake| error::contract(py, mistake))
    }

    /// The interfaces' full names.
    #[getter]
    fn interfaces(&self) -> Vec<String> {
        self.0.interfaces().to_vec()
    }

    /// What may surprise, with its place.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.0.warnings().iter().map(ToString::to_string).collect()
    }

    /// One interface, named with or without version.
    fn interface(&self, py: Python<'_>, name: &str) -> PyResult<Interface> {
        let schema = self
            .0
            .schema(name)
            .map_err(|missing| error::exception(py, &missing))?;
        Interface::new(py, schema)
    }
}

/// One interface of a contract, ready for conversion.
#[pyclass(frozen, module = "hms_ffi._native")]
pub(crate) struct Interface(Arc<Prepared>);

/// What conversions of one interface need.
pub(crate) struct Prepared {
    pub shapes: Shapes,
    pub converter: Converter,
}

impl Prepared {
    pub fn new(py: Python<'_>, schema: Arc<Schema>) -> PyResult<Arc<Prepared>> {
        let shapes = Shapes::new(py, &schema)?;
        Ok(Arc::new(Prepared {
            shapes,
            converter: Converter::new(schema),
        }))
    }

    pub fn schema(&self) -> &Arc<Schema> {
        self.converter.schema()
    }
}

impl Interface {
    fn new(py: Python<'_>, schema: Arc<Schema>) -> PyResult<Interface> {
        Ok(Interface(Prepared::new(py, schema)?))
    }

    pub fn of(prepared: Arc<Prepared>) -> Interface {
        Interface(prepared)
    }

    pub fn prepared(&self) -> &Arc<Prepared> {
        &self.0
    }
}

#[pymethods]
impl Interface {
    /// The interface of a schema in its JSON form.
    #[staticmethod]
    fn from_json(py: Python<'_>, json: &[u8]) -> PyResult<Interface> {
        let schema = Schema::from_peer_json(json).map_err(|bad| error::exception(py, &bad))?;
        Interface::new(py, Arc::new(schema))
    }

    /// The full name.
    #[getter]
    fn name(&self) -> &str {
        &self.0.schema().interface
    }

    /// The fingerprint.
    #[getter]
    fn fingerprint(&self) -> &str {
        &self.0.schema().fingerprint
    }

    /// The contract's text.
    #[getter]
    fn wit(&self) -> &str {
        &self.0.schema().wit
    }

    /// The schema as JSON text, with every name in Python's spelling as `local` beside `name`.
    #[getter]
    fn localized(&self) -> String {
        self.0.schema().localized(Language::Python).to_string()
    }

    /// The functions' names, Python's and the contract's, in the contract's order.
    #[getter]
    fn functions(&self) -> Vec<(String, String)> {
        let functions = self.0.schema().functions.iter();
        functions
            .map(|f| (names::function(Language::Python, &f.name), f.name.clone()))
            .collect()
    }

    /// The contract's names of the functions that cannot be called yet.
    #[getter]
    fn uncallable(&self) -> HashSet<&str> {
        let schema = self.0.schema();
        let reasons = hms_ffi::runtime::uncallable(schema);
        let functions = schema.functions.iter().zip(reasons);
        functions
            .filter_map(|(f, reason)| reason.map(|_| f.name.as_str()))
            .collect()
    }

    /// Class names to classes.
    #[getter]
    fn classes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let schema = self.0.schema();
        let (names, _) = schema.local_type_names(Language::Python);
        let classes = PyDict::new(py);
        for (id, name) in names.into_iter().enumerate() {
            if let (Some(name), Some(class)) = (name, self.0.shapes.class(py, id as u32)) {
                classes.set_item(name, class)?;
            }
        }
        Ok(classes)
    }
}
