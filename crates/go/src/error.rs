//! Errors as bytes: section 5 of `docs/protocol.md`.

use hms_ffi_core::error::{Error, Result};
use hms_ffi_core::protocol::{decode_error, encode_error};

use crate::boundary::quiet;
use crate::buffer::{Buffer, slice};

pub fn encode(error: &Error) -> Vec<u8> {
    encode_error(error)
}

pub fn decode(bytes: &[u8]) -> Result<Error> {
    decode_error(bytes).map_err(|_| Error::invalid_argument("these bytes are not an error"))
}

/// The code of an error, 1 to 16; 0 if the bytes are not an error.
///
/// # Safety
/// `ptr` points to `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_error_code(ptr: *const u8, len: usize) -> u8 {
    quiet(0, || {
        // SAFETY: as this function's own.
        decode(unsafe { slice(ptr, len) }).map_or(0, |error| error.code().number())
    })
}

/// The error as text for people: code, message, trace and causes.
///
/// # Safety
/// `ptr` points to `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_error_text(ptr: *const u8, len: usize) -> Buffer {
    quiet(Buffer::EMPTY, || {
        // SAFETY: as this function's own.
        let Ok(error) = decode(unsafe { slice(ptr, len) }) else {
            return Buffer::EMPTY;
        };
        let mut text = error.to_string();
        for frame in error.trace() {
            text.push_str(&format!("\n  {frame}"));
        }
        let mut cause = error.cause();
        while let Some(inner) = cause {
            text.push_str(&format!("\ncaused by {inner}"));
            cause = inner.cause();
        }
        text.into_bytes().into()
    })
}
