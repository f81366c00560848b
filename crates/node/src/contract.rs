//! Contracts: from a path to the schema of an interface.

use std::path::Path;

use hms_ffi::runtime::Error;
use hms_ffi_core::contract::Contract;
use hms_ffi_core::contract::names::Language;
use napi_derive::napi;

use crate::error::thrown;
use crate::runtime;

/// A schema that this environment knows by a number.
#[napi(object)]
pub struct LoadedSchema {
    /// Its number.
    pub id: u32,
    /// Its JSON with JavaScript's names.
    pub json: String,
}

/// Loads a contract from an absolute path and takes an interface from it.
#[napi]
pub fn load_schema(path: String, interface: String) -> napi::Result<LoadedSchema> {
    let contract = Contract::load(Path::new(&path))
        .map_err(|error| thrown(&Error::invalid_argument(error.to_string())))?;
    let schema = contract
        .schema(&interface)
        .map_err(|error| thrown(&error))?;
    let json = schema.localized(Language::JavaScript).to_string();
    let id = runtime::with(|runtime| Ok(runtime.schemas.add(schema)))?;
    Ok(LoadedSchema { id, json })
}
