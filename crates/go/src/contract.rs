//! Contracts and schemas.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use hms_ffi_core::contract::Contract;
use hms_ffi_core::contract::names::Language;
use hms_ffi_core::contract::schema::Schema;
use hms_ffi_core::error::{Error, Result};

use crate::boundary::{entry, quiet};
use crate::buffer::{Buffer, set, text};
use crate::handle::Table;

/// Names and texts of the files of a contract that is being put together.
type Files = Mutex<Vec<(String, String)>>;

static FILES: Table<Files> = Table::new("set of files");
static CONTRACTS: Table<Arc<Contract>> = Table::new("contract");

/// The contract of a handle; none for 0.
pub fn optional(handle: u64) -> Result<Option<Arc<Contract>>> {
    if handle == 0 {
        Ok(None)
    } else {
        CONTRACTS.get(handle).map(Some)
    }
}

pub fn get(handle: u64) -> Result<Arc<Contract>> {
    CONTRACTS.get(handle)
}

/// A schema's JSON, with the names of a language beside those of WIT if it is one of ours.
pub fn json(schema: &Schema, language: &str) -> Result<Buffer> {
    let language = match language {
        "rust" => Some(Language::Rust),
        "python" => Some(Language::Python),
        "node" => Some(Language::JavaScript),
        "ruby" => Some(Language::Ruby),
        "php" => Some(Language::Php),
        "go" => Some(Language::Go),
        _ => None,
    };
    let text = match language {
        Some(language) => serde_json::to_vec(&schema.localized(language)),
        None => serde_json::to_vec(schema),
    };
    text.map(Buffer::from)
        .map_err(|e| Error::internal(format!("the schema cannot be printed: {e}")))
}

/// Loads a `.wit` file or a folder in the layout `wit/` + `wit/deps/`.
///
/// # Safety
/// `path` points to `path_len` bytes, the other pointers are null or valid for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_contract_load(
    path: *const u8,
    path_len: usize,
    contract: *mut u64,
    error: *mut Buffer,
) -> i32 {
    // SAFETY: as this function's own.
    unsafe {
        entry(error, || {
            let path = text(path, path_len)?;
            let loaded = Contract::load(Path::new(path))
                .map_err(|e| Error::invalid_argument(e.to_string()))?;
            set(contract, CONTRACTS.insert(Arc::new(loaded)));
            Ok(())
        })
    }
}

/// Begins a contract from texts.
#[unsafe(no_mangle)]
pub extern "C" fn hms_files_new() -> u64 {
    quiet(0, || FILES.insert(Files::default()))
}

/// Adds a file of a contract.
///
/// # Safety
/// `name` and `content` point to as many bytes as said, `error` is null or valid for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_files_add(
    files: u64,
    name: *const u8,
    name_len: usize,
    content: *const u8,
    content_len: usize,
    error: *mut Buffer,
) -> i32 {
    // SAFETY: as this function's own.
    unsafe {
        entry(error, || {
            let file = (
                text(name, name_len)?.to_owned(),
                text(content, content_len)?.to_owned(),
            );
            FILES.with(files, |files| {
                files
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(file)
            })
        })
    }
}

/// Makes a contract of the files, whose handle ends.
///
/// # Safety
/// The pointers are null or valid for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_contract_parse(
    files: u64,
    contract: *mut u64,
    error: *mut Buffer,
) -> i32 {
    // SAFETY: as this function's own.
    unsafe {
        entry(error, || {
            let files = FILES.remove(files).ok_or_else(|| FILES.unknown())?;
            let files = files.into_inner().unwrap_or_else(PoisonError::into_inner);
            let files: Vec<(&str, &str)> = files
                .iter()
                .map(|(name, text)| (name.as_str(), text.as_str()))
                .collect();
            let parsed =
                Contract::from_files(&files).map_err(|e| Error::invalid_argument(e.to_string()))?;
            set(contract, CONTRACTS.insert(Arc::new(parsed)));
            Ok(())
        })
    }
}

/// The schema of an interface of a contract as JSON; `language` names ours (`go`) for its spellings, or nothing.
///
/// # Safety
/// `interface` and `language` point to as many bytes as said, the other pointers are null or valid for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_contract_schema(
    contract: u64,
    interface: *const u8,
    interface_len: usize,
    language: *const u8,
    language_len: usize,
    schema: *mut Buffer,
    error: *mut Buffer,
) -> i32 {
    // SAFETY: as this function's own.
    unsafe {
        entry(error, || {
            let found = get(contract)?.schema(text(interface, interface_len)?)?;
            set(schema, json(&found, text(language, language_len)?)?);
            Ok(())
        })
    }
}

/// Ends a contract's handle.
#[unsafe(no_mangle)]
pub extern "C" fn hms_contract_free(contract: u64) {
    quiet((), || drop(CONTRACTS.remove(contract)));
}
