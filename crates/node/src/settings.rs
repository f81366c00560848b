//! Settings and timeouts as the package gives them.

use std::path::PathBuf;
use std::time::Duration;

use hms_ffi::runtime::settings::Transport;
use hms_ffi::runtime::{Error, Result};
use hms_ffi::runtime::{Settings, Timeout};
use napi_derive::napi;
use serde::Deserialize;

use crate::error::thrown;

/// Options in code; what is absent comes from the environment.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Overrides {
    runtime_dir: Option<PathBuf>,
    transport: Option<String>,
    /// Milliseconds; below zero for no deadline.
    timeout: Option<f64>,
    max_message: Option<u64>,
    max_depth: Option<u32>,
    max_elements: Option<u64>,
    max_calls: Option<u32>,
    retries: Option<u32>,
    trusted_users: Option<Vec<u32>>,
}

/// The settings of the environment with the options in `json`.
pub(crate) fn settings(json: &str) -> Result<Settings> {
    let overrides: Overrides = serde_json::from_str(json)
        .map_err(|error| Error::invalid_argument(format!("options: {error}")))?;
    let mut settings = Settings::from_env()?;
    if let Some(dir) = overrides.runtime_dir {
        settings.runtime_dir = Some(dir);
    }
    if let Some(transport) = overrides.transport {
        settings.transport = match transport.as_str() {
            "auto" => Transport::Auto,
            "socket" => Transport::Socket,
            "shm" => Transport::SharedMemory,
            _ => {
                return Err(Error::invalid_argument(
                    "transport: expected auto, shm or socket",
                ));
            }
        };
    }
    if let Some(timeout) = overrides.timeout {
        settings.timeout = (timeout >= 0.0).then(|| milliseconds(timeout));
    }
    let limits = &mut settings.limits;
    limits.max_message = overrides.max_message.unwrap_or(limits.max_message);
    limits.max_depth = overrides.max_depth.unwrap_or(limits.max_depth);
    limits.max_elements = overrides.max_elements.unwrap_or(limits.max_elements);
    settings.max_calls = overrides.max_calls.or(settings.max_calls);
    settings.retries = overrides.retries.unwrap_or(settings.retries);
    settings
        .trusted_users
        .extend(overrides.trusted_users.unwrap_or_default());
    Ok(settings)
}

/// Largest message, depth, elements under these options: what the package's codec keeps to.
#[napi]
pub fn limits(overrides: String) -> napi::Result<Vec<f64>> {
    settings(&overrides)
        .map(|settings| limits_of(&settings))
        .map_err(|error| thrown(&error))
}

/// Largest message, depth, elements.
pub(crate) fn limits_of(settings: &Settings) -> Vec<f64> {
    let limits = settings.limits;
    vec![
        limits.max_message as f64,
        limits.max_depth.into(),
        limits.max_elements as f64,
    ]
}

/// NaN is the default, below zero is no deadline, else milliseconds.
pub(crate) fn timeout(value: f64) -> Timeout {
    if value.is_nan() {
        Timeout::Default
    } else if value < 0.0 {
        Timeout::None
    } else {
        Timeout::After(milliseconds(value))
    }
}

fn milliseconds(value: f64) -> Duration {
    Duration::try_from_secs_f64(value / 1000.0).unwrap_or(Duration::MAX)
}
