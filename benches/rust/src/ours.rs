//! The echo as a component: default limits, default layers, every check on.

use crate::Result;
use hms_ffi::{Client, Component, include_contract};

/// Serves until killed; `workers` 0 is the default.
pub fn serve(workers: usize) -> Result<()> {
    let contract = include_contract!("../wit/echo.wit")?;
    let mut builder = Component::builder("bench:echo/echo")
        .contract(&contract)?
        .export("echo", |data: Vec<u8>| data)?;
    if workers > 0 {
        builder = builder.workers(workers);
    }
    let component = builder.build()?;
    Ok(component.serve_with(|| println!("ready"))?)
}

/// A client of it.
pub fn connect() -> Result<Client> {
    Ok(Client::connect("bench:echo/echo")?)
}

/// One call.
pub fn call(client: &Client, data: &[u8]) -> Result<()> {
    let echoed: Vec<u8> = client.call("echo", (data,))?;
    assert_eq!(echoed.len(), data.len());
    Ok(())
}
