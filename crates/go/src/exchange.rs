//! Many requests and many events in one crossing: for hosts where a crossing is dear.

use hms_ffi::runtime::{CallOptions, Event as Happening, Outcome};
use hms_ffi_core::error::{Error, Result};

use crate::boundary::quiet;
use crate::buffer::slice;
use crate::event::Event;
use crate::{client, component, runtime, settings};

/// What [`Request::kind`] says.
mod kind {
    pub const START: u32 = 1;
    pub const GIVE_UP: u32 = 2;
    pub const REPLY: u32 = 3;
}

/// What [`hms_driver_exchange`] is asked to look for.
mod look {
    pub const AFTER: u32 = 1;
    pub const BEFORE: u32 = 2;
}

/// [`Request::flags`]: a call over the quota of calls in flight waits for a place.
const WAIT_FOR_ROOM: u32 = 1;

/// Something to be done. Its bytes (body, idempotency key, traceparent) follow those of the request before it.
#[repr(C)]
pub struct Request {
    /// 1 start a call, 2 give a call up, 3 answer a call.
    kind: u32,
    /// 1: index of the function in the schema; 3: the outcome.
    function: u32,
    /// 1, 2: the client; 3: the call to serve.
    handle: u64,
    /// 1, 2: of the call.
    token: u64,
    /// 1: the call that is being served meanwhile, or 0.
    parent: u64,
    /// 1: as for `hms_call_start`.
    timeout: i64,
    body_len: u64,
    key_len: u32,
    trace_len: u32,
    /// 1: what the call may do beyond the ordinary.
    flags: u32,
    reserved: u32,
}

/// Bytes that requests take their own from.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self
            .0
            .split_at_checked(len)
            .ok_or_else(|| Error::invalid_argument("requests have fewer bytes than they say"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn text(&mut self, len: u32) -> Result<Option<String>> {
        let text = std::str::from_utf8(self.take(len as usize)?)
            .map_err(|_| Error::invalid_argument("a text is not valid UTF-8"))?;
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }
}

impl Request {
    fn run(&self, bytes: &mut Bytes<'_>) -> Result<()> {
        let body = bytes.take(self.body_len as usize);
        let key = bytes.text(self.key_len);
        let trace = bytes.text(self.trace_len);
        match self.kind {
            kind::START => {
                let options = CallOptions {
                    timeout: settings::timeout(self.timeout),
                    parent: component::context(self.parent),
                    idempotency_key: key?,
                    traceparent: trace?,
                    wait_for_room: self.flags & WAIT_FOR_ROOM != 0,
                    ..CallOptions::default()
                };
                client::start(self.handle, self.function, body?, &options, self.token)
            }
            kind::GIVE_UP => {
                client::give_up(self.handle, self.token);
                Ok(())
            }
            kind::REPLY => {
                component::reply(self.handle, self.function, body?);
                Ok(())
            }
            other => Err(Error::invalid_argument(format!(
                "there is no request of kind {other}"
            ))),
        }
    }
}

/// Does `count` requests, hands them to the sockets together, and writes down up to `capacity` events; more are there
/// if it fills them all. `look`: 0 takes only events that are there already, 1 looks for new ones afterwards, 2 before
/// the requests. Bodies with `cap` 0 belong to the driver and last until the next exchange. A call that cannot start
/// ends with an event. One thread at a time; not together with `hms_driver_turn` of the same driver.
///
/// # Safety
/// `requests` points to `count` requests, `bytes` to `bytes_len` bytes, `events` is valid for writing `capacity` events.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_driver_exchange(
    driver: u64,
    requests: *const Request,
    count: usize,
    bytes: *const u8,
    bytes_len: usize,
    look: u32,
    events: *mut Event,
    capacity: usize,
) -> usize {
    quiet(0, || {
        let Ok(driver) = runtime::get(driver) else {
            return 0;
        };
        let mut inbox = driver.inbox();
        if look == look::BEFORE {
            inbox.waiting.extend(driver.driver.turn());
        }
        if count > 0 {
            // SAFETY: as this function's own; `count` is not 0, so `requests` is not null.
            let requests = unsafe { std::slice::from_raw_parts(requests, count) };
            // SAFETY: as this function's own.
            let mut bytes = Bytes(unsafe { slice(bytes, bytes_len) });
            for request in requests {
                if let Err(error) = request.run(&mut bytes)
                    && request.kind == kind::START
                {
                    inbox.waiting.push_back(Happening::Done {
                        token: request.token,
                        outcome: Outcome::System(error),
                    });
                }
            }
        }
        if look == look::AFTER || driver.driver.flush() {
            inbox.waiting.extend(driver.driver.turn());
        }
        // SAFETY: as this function's own.
        unsafe { inbox.give(events, capacity, true) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What tests/header.rs asserts of the header.
    #[test]
    fn size() {
        assert_eq!(size_of::<Request>(), 64);
    }

    fn request(kind: u32, body_len: u64) -> Request {
        Request {
            kind,
            function: 0,
            handle: 12_345,
            token: 7,
            parent: 0,
            timeout: -1,
            body_len,
            key_len: 0,
            trace_len: 0,
            flags: 0,
            reserved: 0,
        }
    }

    /// Requests that lie about their bytes, name nothing, or are of no kind harm nobody; a call among them ends.
    #[test]
    fn requests_that_are_wrong() {
        let mut driver = 0;
        // SAFETY: a text and places for what comes out.
        let status = unsafe {
            runtime::hms_driver_new(
                b"c".as_ptr(),
                1,
                &raw mut driver,
                std::ptr::null_mut(),
                std::ptr::null_mut(),
            )
        };
        assert_eq!(status, 0);
        let requests = [
            request(kind::START, 3),
            request(kind::START, u64::MAX),
            request(kind::GIVE_UP, 0),
            request(kind::REPLY, 0),
            request(99, 0),
        ];
        for look in 0..4 {
            let mut events = std::mem::MaybeUninit::<[Event; 4]>::uninit();
            // SAFETY: as many requests, bytes and places for events as it says.
            let count = unsafe {
                hms_driver_exchange(
                    driver,
                    requests.as_ptr(),
                    requests.len(),
                    b"abc".as_ptr(),
                    3,
                    look,
                    events.as_mut_ptr().cast(),
                    4,
                )
            };
            assert_eq!(count, 2, "the two calls that cannot start");
        }
        // SAFETY: nothing in, nothing out; and a driver that does not exist.
        unsafe {
            let none = std::ptr::null_mut();
            assert_eq!(
                hms_driver_exchange(driver, none, 0, none.cast(), 0, 1, none.cast(), 0),
                0
            );
            assert_eq!(
                hms_driver_exchange(0, none, 0, none.cast(), 0, 1, none.cast(), 0),
                0
            );
        }
        runtime::hms_driver_free(driver);
    }
}
