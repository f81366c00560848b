//! The interface `callback`, for the provider to call.

use hms_ffi::{Client, Code, Component, Error, Result, current_call};
use hms_ffi_conformance::types::Denial;

pub fn component() -> Result<Component> {
    let suite = || Client::connect("test:conformance/suite");
    Component::builder("test:conformance/callback")
        .contract(&hms_ffi_conformance::contract()?)?
        .workers(2)
        .export("bounce", move |times: u32| -> Result<u32> {
            match times {
                0 => Ok(0),
                _ => Ok(1 + suite()?.call::<u32>("bounce", (times - 1,))?),
            }
        })?
        .export("fail", move |hops: u32, code: Code| -> Result<()> {
            match hops {
                0 => Err(Error::new(code, format!("raised {code}"))),
                _ => suite()?.call("fail", (hops - 1, code)),
            }
        })?
        .export("time-left", || {
            current_call()
                .expect("in a handler")
                .remaining()
                .map(|left| left.as_millis() as u64)
        })?
        .export("deny", || -> Result<u32, Denial> { Err(Denial::Duplicate) })?
        .build()
}
