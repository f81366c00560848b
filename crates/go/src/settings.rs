//! Settings as text: lines of `HMS_KEY=value`, which win over the environment.

use std::time::Duration;

use hms_ffi::runtime::{Settings, Timeout};
use hms_ffi_core::error::{Error, Result};

use crate::boundary::entry;
use crate::buffer::{Buffer, set, text};

/// The environment's settings with these lines on top.
pub fn parse(lines: &str) -> Result<Settings> {
    let mut overrides = Vec::new();
    for line in lines.lines() {
        let (key, value) = line
            .split_once('=')
            .ok_or_else(|| Error::invalid_argument(format!("expected KEY=VALUE, got {line:?}")))?;
        overrides.push((key, value));
    }
    Settings::from_lookup(|name| {
        let given = overrides
            .iter()
            .rev()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned());
        given
            .or_else(|| std::env::var(name).ok())
            .filter(|value| !value.is_empty())
    })
}

/// Nanoseconds as a timeout: -1 the default, -2 none.
pub fn timeout(nanoseconds: i64) -> Timeout {
    match u64::try_from(nanoseconds) {
        Ok(nanoseconds) => Timeout::After(Duration::from_nanos(nanoseconds)),
        Err(_) if nanoseconds == -2 => Timeout::None,
        Err(_) => Timeout::Default,
    }
}

/// Limits of one message.
#[repr(C)]
pub struct Limits {
    max_message: u64,
    max_elements: u64,
    max_depth: u32,
}

/// The limits that these settings give.
///
/// # Safety
/// `settings` points to `settings_len` bytes, the other pointers are null or valid for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_limits(
    settings: *const u8,
    settings_len: usize,
    limits: *mut Limits,
    error: *mut Buffer,
) -> i32 {
    // SAFETY: as this function's own.
    unsafe {
        entry(error, || {
            let found = parse(text(settings, settings_len)?)?.limits;
            set(
                limits,
                Limits {
                    max_message: found.max_message,
                    max_elements: found.max_elements,
                    max_depth: found.max_depth,
                },
            );
            Ok(())
        })
    }
}
