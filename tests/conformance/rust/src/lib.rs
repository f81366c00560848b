//! What provider and caller of the conformance suite share.

pub mod orders;
pub mod sample;
pub mod types;

use hms_ffi::{Contract, Result, include_contract};

/// The contract of the suite.
///
/// # Errors
/// None, unless it is broken.
pub fn contract() -> Result<Contract> {
    include_contract!("../conformance.wit")
}
