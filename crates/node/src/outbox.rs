//! Calls and replies as the package writes them: one buffer for all of a turn costs one native call instead of one for each.
//!
//! Each entry starts at a multiple of 8: u32 kind, u32 length of the body, f64 token (of an inbound call: its number), then the fields of
//! the kind and the body, all little-endian. `lib/outbox.js` has the same.

use hms_ffi::runtime::{CallOptions, Code, Error, Event, Outcome, Sent};
use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;
use serde::Deserialize;

use crate::error::{from_json, thrown};
use crate::runtime::{self, Runtime};
use crate::settings::timeout;

mod kind {
    /// Client and function (u32 each), milliseconds and parent (f64 each), flags and the length of what is optional (u32 each).
    pub(super) const CALL: u32 = 1;
    /// Client (u32), and a u32 of no meaning.
    pub(super) const GIVE_UP: u32 = 2;
    /// No fields; the kind of the outcome is added.
    pub(super) const REPLY: u32 = 16;
}

/// The call waits for room under the quota of calls in flight.
const WAIT_FOR_ROOM: u32 = 1;

/// Takes the calls and replies in the first `length` bytes, without sending them.
#[napi]
#[allow(clippy::needless_pass_by_value)] // the macro's way
pub fn submit(outbox: Uint8Array, length: u32) -> napi::Result<()> {
    take(&outbox, length)
}

/// As `submit`, then sends what was started and replied since. True if `turn` has something to tell.
#[napi]
#[allow(clippy::needless_pass_by_value)] // the macro's way
pub fn flush(outbox: Uint8Array, length: u32) -> napi::Result<bool> {
    take(&outbox, length)?;
    runtime::with(|runtime| Ok(runtime.driver.flush() || !runtime.backlog.is_empty()))
}

fn take(outbox: &[u8], length: u32) -> napi::Result<()> {
    let mut entries = Entries {
        rest: outbox.get(..length as usize).ok_or_else(malformed)?,
    };
    while !entries.rest.is_empty() {
        entries.next()?;
    }
    Ok(())
}

fn malformed() -> napi::Error {
    thrown(&Error::internal("the outbox is malformed"))
}

/// What few calls have.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Optional {
    idempotency_key: Option<String>,
    traceparent: Option<String>,
}

struct Entries<'b> {
    rest: &'b [u8],
}

impl<'b> Entries<'b> {
    fn next(&mut self) -> napi::Result<()> {
        let (kind, length) = (self.u32()?, self.u32()?);
        let token = self.f64()?;
        match kind {
            kind::CALL => self.call(token as u64, length),
            kind::GIVE_UP => {
                let client = self.u32()?;
                self.u32()?;
                runtime::with(|runtime| {
                    // A client that was closed has given up everything.
                    if let Ok(client) = runtime.clients.get(client) {
                        client.give_up(token as u64);
                    }
                    Ok(())
                })
            }
            _ => self.reply(token as u64, kind.wrapping_sub(kind::REPLY), length),
        }
    }

    fn call(&mut self, token: u64, length: u32) -> napi::Result<()> {
        let (client, function) = (self.u32()?, self.u32()?);
        let (milliseconds, parent) = (self.f64()?, self.f64()?);
        let (flags, optional) = (self.u32()?, self.u32()?);
        let optional = self.body(optional)?;
        let args = self.body(length)?.to_vec();
        runtime::with(|runtime| {
            let mut options = CallOptions {
                timeout: timeout(milliseconds),
                parent: runtime.parent(parent),
                wait_for_room: flags & WAIT_FOR_ROOM != 0,
                ..CallOptions::default()
            };
            if !optional.is_empty() {
                let few = Optional::read(optional)?;
                options.idempotency_key = few.idempotency_key;
                options.traceparent = few.traceparent;
            }
            match runtime.clients.get(client) {
                Ok(client) => client.start(function, args, &options, token),
                Err(_) => runtime.tell(closed(token)),
            }
            Ok(())
        })
    }

    /// Outcomes: 1 ok, 2 declared error, 3 system error (JSON), 4 cancelled.
    fn reply(&mut self, inbound: u64, kind: u32, length: u32) -> napi::Result<()> {
        let body = self.body(length)?;
        let outcome = match kind {
            1 => Outcome::Ok(body.to_vec()),
            2 => Outcome::Declared(body.to_vec()),
            3 => Outcome::System(from_json(body).with_sent(Sent::MaybeExecuted)),
            4 => Outcome::Cancelled,
            _ => return Err(malformed()),
        };
        // Answered outside of the runtime's borrow.
        let call = runtime::with(|runtime| Ok(runtime.inbound.remove(&inbound)))?;
        if let Some(call) = call {
            call.reply(outcome);
        }
        Ok(())
    }

    fn u32(&mut self) -> napi::Result<u32> {
        let (first, rest) = self.rest.split_first_chunk().ok_or_else(malformed)?;
        self.rest = rest;
        Ok(u32::from_le_bytes(*first))
    }

    fn f64(&mut self) -> napi::Result<f64> {
        let (first, rest) = self.rest.split_first_chunk().ok_or_else(malformed)?;
        self.rest = rest;
        Ok(f64::from_le_bytes(*first))
    }

    /// The bytes, and past their padding.
    fn body(&mut self, length: u32) -> napi::Result<&'b [u8]> {
        let (body, rest) = self
            .rest
            .split_at_checked(length as usize)
            .ok_or_else(malformed)?;
        let padding = (length as usize).next_multiple_of(8) - length as usize;
        self.rest = rest.get(padding..).unwrap_or_default();
        Ok(body)
    }
}

impl Optional {
    fn read(json: &[u8]) -> napi::Result<Optional> {
        let end = json
            .iter()
            .rposition(|byte| *byte != 0)
            .map_or(0, |at| at + 1);
        serde_json::from_slice(&json[..end])
            .map_err(|error| thrown(&Error::internal(format!("options of a call: {error}"))))
    }
}

fn closed(token: u64) -> Event {
    let error = Error::new(Code::FailedPrecondition, "the client was closed");
    Event::Done {
        token,
        outcome: Outcome::System(error),
    }
}

impl Runtime {
    /// Tells the package at its next turn.
    fn tell(&mut self, event: Event) {
        self.backlog.push_back(event);
    }
}
