//! The extension module `hms_ffi._native`. This file only registers what the others define.
//!
//! The Python part of the package (packages/python) makes the public surface from it.

mod client;
mod codec;
mod component;
mod context;
mod contract;
mod error;
mod runtime;
mod value;

use pyo3::prelude::*;

/// Native part of hms_ffi.
#[pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::client::{BoundCall, Connection, Method, PendingCall};
    #[pymodule_export]
    use super::codec::Codec;
    #[pymodule_export]
    use super::component::{BlockingCall, Server, TaskEnd};
    #[pymodule_export]
    use super::context::CallContext;
    #[pymodule_export]
    use super::contract::{Contract, Interface};
    #[pymodule_export]
    use super::error::codes;
    #[pymodule_export]
    use super::runtime::{EventLoop, Watch};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        super::runtime::refuse_subinterpreters(module.py())
    }
}
