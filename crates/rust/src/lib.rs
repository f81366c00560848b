//! HMS FFI for Rust programs, and the base of every binding.

pub mod runtime;
pub mod value;

pub use hms_ffi_core::error::{Code, Error, Frame, Result, Sent};
