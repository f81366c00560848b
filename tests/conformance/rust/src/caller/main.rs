//! The caller of the conformance suite: runs all cases and prints one line for each.

mod batches;
mod callback;
mod errors;
mod expect;
mod links;
mod mistakes;
mod nested;
mod retries;
mod together;
mod values;
mod versions;

use expect::Cases;
use hms_ffi::{Client, Result};
use std::process::ExitCode;

fn main() -> Result<ExitCode> {
    let client = Client::connect("test:conformance/suite")?;
    let callback = callback::component()?.start()?;
    let mut cases = Cases::new(client);
    values::add(&mut cases);
    errors::add(&mut cases);
    links::add(&mut cases);
    nested::add(&mut cases);
    together::add(&mut cases);
    batches::add(&mut cases);
    retries::add(&mut cases);
    mistakes::add(&mut cases);
    versions::add(&mut cases);
    let failed = cases.run();
    callback.close();
    Ok(ExitCode::from(u8::from(failed)))
}
