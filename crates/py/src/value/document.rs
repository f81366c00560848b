//! Documents outside of messages: the details of errors. They go through the same engine, as a message of one document.

use std::sync::Arc;

use hms_ffi_core::contract::Schema;
use hms_ffi_core::contract::schema::{Constraints, Kind, TypeDef};
use hms_ffi_core::convert::{Converter, Failure};
use hms_ffi_core::wire::Limits;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::{Arrays, Model, Shapes};

static DOCUMENTS: PyOnceLock<(Shapes, Converter)> = PyOnceLock::new();

/// The bytes of the length that stands in front of a document within a message.
const LENGTH: usize = 4;

/// The CBOR of a plain Python value; `root` is its name in errors.
pub(crate) fn encode_document(
    value: &Bound<'_, PyAny>,
    root: &str,
) -> Result<Vec<u8>, Failure<PyErr>> {
    let (shapes, converter) = documents(value.py()).map_err(Failure::host)?;
    let mut model = Model::new(value.py(), shapes, Arrays::List).map_err(Failure::host)?;
    let mut message = converter.lower_message(0, root, &mut model, value, &Limits::DEFAULT)?;
    Ok(message.split_off(LENGTH))
}

/// The plain Python value of CBOR; None where it is damaged, since it only accompanies an error.
pub(crate) fn decode_document<'py>(
    py: Python<'py>,
    cbor: &[u8],
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let (shapes, converter) = documents(py)?;
    let mut model = Model::new(py, shapes, Arrays::List)?;
    let mut message = (cbor.len() as u32).to_le_bytes().to_vec();
    message.extend_from_slice(cbor);
    Ok(converter
        .lift_message(0, "details", &mut model, &message, &Limits::DEFAULT)
        .ok())
}

fn documents(py: Python<'_>) -> PyResult<&'static (Shapes, Converter)> {
    DOCUMENTS.get_or_try_init(py, || {
        let document = TypeDef {
            name: None,
            owner: None,
            kind: Kind::Document,
            constraints: Constraints::default(),
            foreign: Vec::new(),
            docs: String::new(),
        };
        let schema = Arc::new(Schema {
            interface: "hms:types/values@1.0.0".to_owned(),
            fingerprint: String::new(),
            types: vec![document],
            functions: Vec::new(),
            resources: Vec::new(),
            docs: String::new(),
            wit: String::new(),
            topics: false,
        });
        Ok((Shapes::new(py, &schema)?, Converter::new(schema)))
    })
}
