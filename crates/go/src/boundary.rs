//! What every entry does: no panic goes out, an error becomes a buffer.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hms_ffi_core::error::{Error, Result};

use crate::buffer::{Buffer, set};
use crate::error;

/// Status of an entry that succeeded.
pub const OK: i32 = 0;
/// Status of an entry that set the error.
pub const FAILED: i32 = 1;

/// Runs an entry whose error goes to `out`.
///
/// # Safety
/// `out` is null or valid for writing a buffer.
pub unsafe fn entry(out: *mut Buffer, run: impl FnOnce() -> Result<()>) -> i32 {
    let result = catch_unwind(AssertUnwindSafe(run))
        .unwrap_or_else(|_| Err(Error::internal("a panic in the library")));
    match result {
        Ok(()) => OK,
        Err(error) => {
            // SAFETY: as this function's own.
            unsafe { set(out, error::encode(&error).into()) };
            FAILED
        }
    }
}

/// Runs an entry that has no error to report; `otherwise` if it panics.
pub fn quiet<T>(otherwise: T, run: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(otherwise)
}
