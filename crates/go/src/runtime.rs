//! Drivers: who waits, and what they learn.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use hms_ffi::runtime::{Driver, Event as Happening, Outcome};
use hms_ffi_core::error::Result;

use crate::boundary::{entry, quiet};
use crate::buffer::{Buffer, set, text};
use crate::handle::Table;
use crate::{client, component, error};

/// A driver and what came from it but did not fit the caller's events.
pub struct Loop {
    pub driver: Driver,
    waiting: Mutex<VecDeque<Happening>>,
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

/// What [`Event::kind`] says.
mod kind {
    pub const CONNECTED: u32 = 1;
    pub const DONE: u32 = 2;
    pub const CALL: u32 = 3;
    pub const CANCEL: u32 = 4;
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
pub fn parts(outcome: Outcome) -> (u32, Buffer) {
    match outcome {
        Outcome::Ok(bytes) => (outcome::OK, bytes.into()),
        Outcome::Declared(bytes) => (outcome::DECLARED, bytes.into()),
        Outcome::System(error) => (outcome::SYSTEM, error::encode(&error)),
        Outcome::Cancelled => (outcome::CANCELLED, Buffer::EMPTY),
    }
}

/// Something that happened.
#[repr(C)]
pub struct Event {
    /// 1 a connect ended, 2 a call ended, 3 a call to serve, 4 the caller of a call to serve no longer waits.
    kind: u32,
    /// How a connect (0 or 2) or a call ended; for 4: 1 if its deadline has passed.
    outcome: u32,
    /// The token that the connect, call or server was started with.
    token: u64,
    /// The client of a connect; the call to serve.
    handle: u64,
    /// Result, declared error, error or arguments.
    body: Buffer,
    /// Of a call to serve: index of the function in the schema.
    function: u32,
    /// Of a call to serve: index of the interface among those that the server was started with.
    interface: u32,
    /// Of a call to serve: nanoseconds until its deadline, -1 for none.
    remaining: i64,
}

impl Event {
    fn new(happening: Happening) -> Self {
        let mut event = Event {
            kind: 0,
            outcome: outcome::OK,
            token: 0,
            handle: 0,
            body: Buffer::EMPTY,
            function: 0,
            interface: 0,
            remaining: -1,
        };
        match happening {
            Happening::Connected { token, result } => {
                event.kind = kind::CONNECTED;
                event.token = token;
                match result {
                    Ok(client) => event.handle = client::insert(client),
                    Err(error) => {
                        event.outcome = outcome::SYSTEM;
                        event.body = error::encode(&error);
                    }
                }
            }
            Happening::Done { token, outcome } => {
                event.kind = kind::DONE;
                event.token = token;
                (event.outcome, event.body) = parts(outcome);
            }
            Happening::Call(call) => {
                event.kind = kind::CALL;
                event.body = call.args().to_vec().into();
                event.function = call.function_index();
                event.remaining = component::remaining(call.context());
                (event.token, event.interface) = component::exported(call.schema());
                event.handle = component::insert(call);
            }
            Happening::CancelInbound { id, late } => {
                event.kind = kind::CANCEL;
                event.handle = component::of_id(id);
                event.outcome = late.into();
            }
        }
        event
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
                    waiting: Mutex::default(),
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
        let mut waiting = driver
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < capacity {
            waiting.extend(driver.driver.turn());
        }
        let count = waiting.len().min(capacity);
        for (index, happening) in waiting.drain(..count).enumerate() {
            // SAFETY: `index` is below `capacity`, for which the caller vouches.
            unsafe { events.add(index).write(Event::new(happening)) };
        }
        count
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
        assert_eq!(size_of::<crate::settings::Limits>(), 24);
    }
}
