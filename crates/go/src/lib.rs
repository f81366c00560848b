//! The C ABI: `include/hms_ffi.h` says what each function does.
//!
//! - Objects are handles: integers that are never reused; a wrong one is an error, not a crash.
//! - Bytes that come in are copied before the function returns; bytes that go out are [`buffer::Buffer`]s of the caller.
//! - No function blocks but those whose comment says so, and none unwinds: a panic becomes `internal`.

mod boundary;
mod buffer;
mod client;
mod component;
mod contract;
mod error;
mod event;
mod exchange;
mod handle;
mod runtime;
mod settings;
