//! HMS FFI for Rust programs, and the base of every binding.

pub mod value;
