//! Connecting to a provider, and the option `--timeout`.

use std::path::Path;
use std::str::FromStr;

use hms_ffi::runtime::settings::parse_timeout;
use hms_ffi::runtime::{self, Client, ConnectOptions, Driver};
use hms_ffi_core::contract::Contract;

use crate::failure::Failure;

/// `--timeout`: seconds with decimals, or `none`.
#[derive(Clone, Copy)]
pub struct Timeout(runtime::Timeout);

impl FromStr for Timeout {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match parse_timeout(text) {
            Some(Some(duration)) => Ok(Timeout(runtime::Timeout::After(duration))),
            Some(None) => Ok(Timeout(runtime::Timeout::None)),
            None => Err("expected seconds, such as 0.5, or none".into()),
        }
    }
}

/// What the runtime understands; without the option the configured default.
pub fn timeout(option: Option<Timeout>) -> runtime::Timeout {
    option.map_or(runtime::Timeout::Default, |timeout| timeout.0)
}

/// What is connected to, beyond the interface.
#[derive(Default)]
pub struct Target<'a> {
    /// See the interface as this contract does, instead of as the provider does.
    pub view: Option<&'a Path>,
    /// Only the instance of this name.
    pub instance: Option<String>,
}

/// Connects to a provider of `interface`.
pub fn connect(
    interface: &str,
    target: Target<'_>,
    limit: Option<Timeout>,
) -> Result<Client, Failure> {
    let view = match target.view {
        Some(path) => Some(Contract::load(path)?.schema(interface)?),
        None => None,
    };
    let options = ConnectOptions {
        view,
        instance: target.instance,
        timeout: timeout(limit),
        ..ConnectOptions::default()
    };
    // A signal ends the process, and with it the link: the provider cancels what it was doing.
    let driver = Driver::shared("cli")?;
    Ok(Client::connect(&driver, interface, options, &mut || false)?)
}
