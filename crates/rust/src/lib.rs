//! HMS FFI for Rust: call functions written in other languages as if they were local, and serve them.
//!
//! - [`Client`], [`Component`], [`Error`]: what programs use; [`value`] says which Rust types stand for which types of a
//!   contract.
//! - [`runtime`]: calls as bytes, below this and below the bindings for other languages. Its errors are
//!   [`runtime::Error`], system errors only.
#![doc = include_str!("../README.md")]

mod async_handler;
mod batch;
mod call;
mod client;
mod component;
mod current;
mod error;
mod handler;
mod panic;
pub mod runtime;
mod serving;
pub mod value;

pub use async_handler::{AsyncHandler, Task};
pub use batch::{Added, Batch, Results};
pub use call::{Call, CallFuture};
pub use client::{Client, ClientBuilder};
pub use component::{Component, ComponentBuilder};
pub use current::current_call;
pub use error::{DeclaredError, Error, Result};
pub use handler::{Handler, Reply};
pub use hms_ffi_core::contract::Contract;
pub use hms_ffi_core::error::{Code, Error as SystemError, Frame, Sent};
pub use runtime::{CallContext, Cancel, Cancelled, ClientMetrics, Settings};
pub use serving::Serving;
pub use value::{
    Args, Date, Decimal, Duration, PartialDate, TimeOfDay, Timestamp, Uuid, Value, ZonedTimestamp,
};

/// Embeds a contract in the program: `include_contract!("wit")` is the contract in the folder (or file) `wit` of the crate,
/// as a [`Result<Contract>`](Result).
pub use hms_ffi_macros::include_contract;

/// What [`include_contract!`] expands to.
#[doc(hidden)]
#[track_caller]
pub fn embedded_contract(files: &[(&str, &str)]) -> Result<Contract> {
    match Contract::from_files(files) {
        Ok(contract) => Ok(contract),
        Err(error) => Err(Error::invalid_argument(error.to_string())),
    }
}
