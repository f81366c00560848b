//! When calls and connects have to be over.

use super::context::CallContext;
use super::settings::{Settings, Timeout};
use hms_ffi_transport::clock;

/// The deadline of a call. A nested one without a timeout of its own has that of the call around it, also if that is none.
pub(super) fn call_deadline(
    settings: &Settings,
    timeout: Timeout,
    parent: Option<&CallContext>,
) -> u64 {
    match (timeout, parent) {
        (Timeout::Default, Some(parent)) => parent.deadline,
        _ => deadline(settings, timeout, parent),
    }
}

/// Monotonic nanoseconds, 0 for none: the earlier of the timeout and the parent's deadline.
pub(super) fn deadline(settings: &Settings, timeout: Timeout, parent: Option<&CallContext>) -> u64 {
    let own = match settings.resolve(timeout) {
        Some(duration) => clock::now()
            .saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
            .max(1),
        None => 0,
    };
    match parent.map_or(0, |parent| parent.deadline) {
        0 => own,
        inherited if own == 0 => inherited,
        inherited => own.min(inherited),
    }
}
