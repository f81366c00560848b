//! Drivers: who waits, and what they learn.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hms_ffi::runtime::{Driver, Outcome};
use hms_ffi_core::error::Result;

use crate::boundary::{entry, quiet};
use crate::buffer::{Buffer, set, text};
use crate::error;
use crate::event::{Event, Inbox};
use crate::handle::Table;

/// A driver and what came from it.
pub struct Loop {
    pub driver: Driver,
    inbox: Mutex<Inbox>,
}

impl Loop {
    pub fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

static LOOPS: Table<Arc<Loop>> = Table::new("driver");

pub fn get(handle: u64) -> Result<Arc<Loop>> {
    LOOPS.get(handle)
}

/// The language of a program, as its peers see it.
pub fn language(name: &str) -> &'static str {
    match name {
        "go" => "go",
        _ => "c",
    }
}

/// How a call ended; also what a reply says.
pub mod outcome {
    pub const OK: u32 = 0;
    pub const DECLARED: u32 = 1;
    pub const SYSTEM: u32 = 2;
    pub const CANCELLED: u32 = 3;
}

/// The outcome of these numbers and bytes.
pub fn outcome_of(kind: u32, bytes: &[u8]) -> Outcome {
    match kind {
        outcome::OK => Outcome::Ok(bytes.to_vec()),
        outcome::DECLARED => Outcome::Declared(bytes.to_vec()),
        outcome::SYSTEM => Outcome::System(error::decode(bytes).unwrap_or_else(|error| error)),
        _ => Outcome::Cancelled,
    }
}

/// The numbers and bytes of an outcome.
pub fn parts(outcome: Outcome) -> (u32, Vec<u8>) {
    match outcome {
        Outcome::Ok(bytes) => (outcome::OK, bytes),
        Outcome::Declared(bytes) => (outcome::DECLARED, bytes),
        Outcome::System(error) => (outcome::SYSTEM, error::encode(&error)),
        Outcome::Cancelled => (outcome::CANCELLED, Vec::new()),
    }
}

/// Makes a driver for a loop that waits for a descriptor: readable means that `hms_driver_turn` has something to do.
///
/// # Safety
/// `name` points to `name_len` bytes, the other pointers are null or valid for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_driver_new(
    name: *const u8,
    name_len: usize,
    driver: *mut u64,
    descriptor: *mut i32,
    error: *mut Buffer,
) -> i32 {
    // SAFETY: as this function's own.
    unsafe {
        entry(error, || {
            let made = Driver::for_loop(language(text(name, name_len)?))?;
            set(descriptor, made.as_raw_fd());
            set(
                driver,
                LOOPS.insert(Arc::new(Loop {
                    driver: made,
                    inbox: Mutex::default(),
                })),
            );
            Ok(())
        })
    }
}

/// Does what can be done without waiting and writes down up to `capacity` events; more are there if it fills them all.
/// Call it when the descriptor is readable, and once after starting calls or replying. One thread at a time.
///
/// # Safety
/// `events` is valid for writing `capacity` events.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_driver_turn(
    driver: u64,
    events: *mut Event,
    capacity: usize,
) -> usize {
    quiet(0, || {
        let Ok(driver) = LOOPS.get(driver) else {
            return 0;
        };
        let mut inbox = driver.inbox();
        if inbox.waiting.len() < capacity {
            inbox.waiting.extend(driver.driver.turn());
        }
        // SAFETY: as this function's own.
        unsafe { inbox.give(events, capacity, false) }
    })
}

/// Ends a driver's handle; its clients and servers live on until they are closed.
#[unsafe(no_mangle)]
pub extern "C" fn hms_driver_free(driver: u64) {
    quiet((), || drop(LOOPS.remove(driver)));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What tests/header.rs asserts of the header.
    #[test]
    fn sizes() {
        assert_eq!(size_of::<Event>(), 40 + size_of::<Buffer>());
        assert_eq!(size_of::<crate::component::CallInfo>(), 48);
        assert_eq!(size_of::<crate::client::ClientMetrics>(), 40);
        assert_eq!(size_of::<crate::settings::Limits>(), 24);
    }
}
