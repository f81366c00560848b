//! Where the fields of a record come from: our class, a dict, or any object with attributes.

use hms_ffi_core::contract::schema::Field;
use hms_ffi_core::convert::{Failure, Segment, unknown_field};
use pyo3::exceptions::PyAttributeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple,
};

use super::known::Known;
use super::shape::RecordShape;

type Result<T, E = Failure<PyErr>> = std::result::Result<T, E>;

/// A record whose fields are being read.
pub(crate) enum Source<'py> {
    /// An object that has the fields as attributes.
    Attributes,
    /// The members of a dict, by the field's index.
    Members(Vec<Option<Bound<'py, PyAny>>>),
}

impl<'py> Source<'py> {
    /// Decides how the fields are found, and refuses members that the record does not have.
    pub fn of(
        value: &Bound<'py, PyAny>,
        shape: &RecordShape,
        fields: &[Field],
        known: &Known,
    ) -> Result<Source<'py>> {
        let py = value.py();
        if value.get_type().is(&shape.class) {
            return Ok(Source::Attributes);
        }
        if let Ok(dict) = value.cast::<PyDict>() {
            let mut members = vec![None; fields.len()];
            for (key, member) in dict.iter() {
                take(&mut members, key, member, shape, fields)?;
            }
            return Ok(Source::Members(members));
        }
        if value
            .is_instance(known.mapping.bind(py))
            .map_err(Failure::host)?
        {
            let mut members = vec![None; fields.len()];
            let items = value
                .call_method0(intern!(py, "items"))
                .map_err(Failure::host)?;
            for item in items.try_iter().map_err(Failure::host)? {
                let (key, member) = item
                    .and_then(|item| item.extract())
                    .map_err(Failure::host)?;
                take(&mut members, key, member, shape, fields)?;
            }
            return Ok(Source::Members(members));
        }
        refuse_others(value, shape)?;
        Ok(Source::Attributes)
    }

    /// The field at `index`; none if it is missing.
    pub fn field(
        &mut self,
        value: &Bound<'py, PyAny>,
        shape: &RecordShape,
        index: usize,
    ) -> Result<Option<Bound<'py, PyAny>>> {
        match self {
            Source::Members(members) => Ok(members[index].take()),
            Source::Attributes => match value.getattr(shape.attributes[index].bind(value.py())) {
                Ok(field) => Ok(Some(field)),
                Err(error) if error.is_instance_of::<PyAttributeError>(value.py()) => Ok(None),
                Err(error) => Err(Failure::host(error)),
            },
        }
    }
}

fn take<'py>(
    members: &mut [Option<Bound<'py, PyAny>>],
    key: Bound<'py, PyAny>,
    member: Bound<'py, PyAny>,
    shape: &RecordShape,
    fields: &[Field],
) -> Result<()> {
    let Ok(name) = key.cast::<PyString>() else {
        return Err(Failure::invalid(
            "a record given as a dict has strings as keys",
        ));
    };
    let index = shape
        .keys
        .bind(key.py())
        .get_item(name)
        .map_err(Failure::host)?;
    let Some(index) = index else {
        return Err(unknown_field(&name.to_string_lossy()));
    };
    let index: usize = index.extract().map_err(Failure::host)?;
    if members[index].replace(member).is_some() {
        return Err(Failure::invalid("given twice").at(Segment::Field(fields[index].name.clone())));
    }
    Ok(())
}

/// Plain values have attributes too (`list.count`, `int.real`), but they are no records. Of the others, at least one
/// field has to be there, and where a class says which fields it has, there may be no more than the record's.
fn refuse_others(value: &Bound<'_, PyAny>, shape: &RecordShape) -> Result<()> {
    let py = value.py();
    let is_plain = value.is_none()
        || value.is_instance_of::<PyString>()
        || value.is_instance_of::<PyInt>()
        || value.is_instance_of::<PyBool>()
        || value.is_instance_of::<PyFloat>()
        || value.is_instance_of::<PyList>()
        || value.is_exact_instance_of::<PyTuple>()
        || value.is_instance_of::<PyBytes>()
        || value.is_instance_of::<PyByteArray>();
    if is_plain {
        return Err(Failure::mismatch());
    }
    for list in [
        intern!(py, "__dataclass_fields__"),
        intern!(py, "_fields"),
        intern!(py, "__match_args__"),
    ] {
        let Some(names) = value.get_type().getattr_opt(list).map_err(Failure::host)? else {
            continue;
        };
        for name in names.try_iter().map_err(Failure::host)? {
            let name = name.map_err(Failure::host)?;
            if !shape.keys.bind(py).contains(&name).map_err(Failure::host)? {
                return Err(unknown_field(&name.to_string()));
            }
        }
        return Ok(());
    }
    for attribute in &shape.attributes {
        if value
            .getattr_opt(attribute)
            .map_err(Failure::host)?
            .is_some()
        {
            return Ok(());
        }
    }
    Err(Failure::mismatch())
}
