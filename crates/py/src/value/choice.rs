//! Enums, flags, variants and results.

use hms_ffi_core::contract::schema::Case;
use hms_ffi_core::convert::{Failure, unknown_case};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFrozenSet, PySet, PyString};

use super::known::Known;
use super::shape::{EnumShape, FlagsShape, VariantShape};

type Result<T, E = Failure<PyErr>> = std::result::Result<T, E>;
type Payload<'py> = Option<Bound<'py, PyAny>>;

/// The case of a member of our class, of another enum whose values are the cases' names, or of a name.
pub(crate) fn enumeration(
    value: &Bound<'_, PyAny>,
    shape: &EnumShape,
    known: &Known,
) -> Result<u32> {
    let py = value.py();
    let named = if value.is_instance_of::<PyString>() {
        value.clone()
    } else if value
        .is_instance(known.enum_class.bind(py))
        .map_err(Failure::host)?
    {
        value.getattr(intern!(py, "value")).map_err(Failure::host)?
    } else {
        return Err(Failure::mismatch());
    };
    let name = named.cast::<PyString>().map_err(|_| Failure::mismatch())?;
    find(shape.indices.bind(py), name)
}

/// The bits of a member or combination of our class, or of a set of names.
pub(crate) fn flags(value: &Bound<'_, PyAny>, shape: &FlagsShape) -> Result<u32> {
    let py = value.py();
    if value.get_type().is(&shape.class) {
        return value
            .getattr(intern!(py, "value"))
            .and_then(|bits| bits.extract())
            .map_err(Failure::host);
    }
    if !value.is_instance_of::<PySet>() && !value.is_instance_of::<PyFrozenSet>() {
        return Err(Failure::mismatch());
    }
    let mut bits = 0;
    for name in value.try_iter().map_err(Failure::host)? {
        let name = name.map_err(Failure::host)?;
        let name = name
            .cast::<PyString>()
            .map_err(|_| Failure::invalid("expected a set of names"))?;
        bits |= 1 << find(shape.bits.bind(py), name)?;
    }
    Ok(bits)
}

/// The case whose class the value has, and the payload.
pub(crate) fn variant<'py>(
    value: &Bound<'py, PyAny>,
    shape: &VariantShape,
    cases: &[Case],
    known: &Known,
) -> Result<(u32, Payload<'py>)> {
    let py = value.py();
    let class = value.get_type();
    let index = match shape.cases.iter().position(|case| class.is(case)) {
        Some(index) => index,
        // A case of an equal variant of another version: its name decides, as for fields.
        None if value
            .is_instance(known.variant.bind(py))
            .map_err(Failure::host)? =>
        {
            let name = class.getattr(intern!(py, "_case")).map_err(Failure::host)?;
            let name: String = name.extract().map_err(|_| Failure::mismatch())?;
            cases
                .iter()
                .position(|case| case.name == name)
                .ok_or_else(|| unknown_case(&name))?
        }
        None => return Err(Failure::mismatch()),
    };
    let payload = value
        .getattr_opt(intern!(py, "value"))
        .map_err(Failure::host)?;
    Ok((index as u32, payload))
}

/// `Ok(x)` or `Err(x)`; `has` says for both whether the type has a payload there.
pub(crate) fn result<'py>(
    value: &Bound<'py, PyAny>,
    has: (bool, bool),
    known: &Known,
) -> Result<std::result::Result<Payload<'py>, Payload<'py>>> {
    let py = value.py();
    let class = value.get_type();
    let (is_ok, has_payload) = if class.is(&known.ok) {
        (true, has.0)
    } else if class.is(&known.err) {
        (false, has.1)
    } else {
        return Err(Failure::mismatch());
    };
    let payload = value.getattr(intern!(py, "value")).map_err(Failure::host)?;
    // `Ok()` holds None.
    let payload = (has_payload || !payload.is_none()).then_some(payload);
    Ok(if is_ok { Ok(payload) } else { Err(payload) })
}

fn find(indices: &Bound<'_, PyDict>, name: &Bound<'_, PyString>) -> Result<u32> {
    match indices.get_item(name).map_err(Failure::host)? {
        Some(index) => index.extract().map_err(Failure::host),
        None => Err(unknown_case(&name.to_string_lossy())),
    }
}
