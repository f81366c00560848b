//! Events as the package reads them: one buffer, filled for a whole turn, costs one native call instead of one for each value.
//!
//! Each entry starts at a multiple of 8: u32 kind, u32 length of the body, f64 token, then the fields of the kind and the body, all
//! little-endian. A body that is larger than a quarter of the inbox is kept, and its length is `LARGE` with its key in the body's place.

use hms_ffi::runtime::Error;
use hms_ffi::runtime::{Event, Outcome};

use crate::error::to_json;
use crate::runtime::Runtime;

const LARGE: u32 = u32::MAX;

/// Kinds; `lib/runtime.js` has the same.
mod kind {
    pub(super) const OK: u32 = 1;
    pub(super) const DECLARED: u32 = 2;
    pub(super) const SYSTEM: u32 = 3;
    pub(super) const CANCELLED: u32 = 4;
    pub(super) const CONNECTED: u32 = 5;
    pub(super) const CALL: u32 = 6;
    pub(super) const CANCEL: u32 = 7;
}

/// Bytes before the fields of a kind.
const HEAD: usize = 16;
/// Of a call: server, export, function, uid, gid, pid (u32 each), milliseconds left (f64), length of what is optional (u32), zero.
const CALL_FIELDS: usize = 40;

/// Writes as many events as fit; returns the number of bytes.
pub(crate) fn fill(runtime: &mut Runtime, inbox: &mut [u8]) -> u32 {
    let mut out = Out { inbox, used: 0 };
    while let Some(event) = runtime.backlog.pop_front() {
        let room = out.inbox.len() - out.used;
        let large = out.inbox.len() / 4;
        if out.used > 0 && room < HEAD + CALL_FIELDS + 16 + size(&event).min(large) {
            runtime.backlog.push_front(event);
            break;
        }
        write(runtime, &mut out, event, large);
    }
    out.used as u32
}

/// An upper bound of what an event takes beside its fixed fields.
fn size(event: &Event) -> usize {
    match event {
        Event::Done {
            outcome: Outcome::Ok(body) | Outcome::Declared(body),
            ..
        } => body.len(),
        // Errors become texts of unknown length; a large one is kept aside like any body.
        Event::Done {
            outcome: Outcome::System(_),
            ..
        }
        | Event::Connected { result: Err(_), .. } => usize::MAX,
        Event::Call(call) => call.args().len() + optional(call).len() + 8,
        _ => 0,
    }
}

fn write(runtime: &mut Runtime, out: &mut Out<'_>, event: Event, large: usize) {
    match event {
        Event::Done { token, outcome } => match outcome {
            Outcome::Ok(body) => out.entry(runtime, kind::OK, token, &[], body, large),
            Outcome::Declared(body) => out.entry(runtime, kind::DECLARED, token, &[], body, large),
            Outcome::System(error) => {
                out.entry(runtime, kind::SYSTEM, token, &[], to_json(&error), large)
            }
            Outcome::Cancelled => {
                out.entry(runtime, kind::CANCELLED, token, &[], Vec::new(), large)
            }
        },
        Event::Connected { token, result } => match result {
            Ok(client) => {
                let id = runtime.clients.add(client);
                out.entry(runtime, kind::CONNECTED, token, &[id, 0], Vec::new(), large);
            }
            Err(error) => out.entry(runtime, kind::SYSTEM, token, &[], to_json(&error), large),
        },
        Event::CancelInbound { id, late } => {
            out.entry(
                runtime,
                kind::CANCEL,
                id,
                &[late.into(), 0],
                Vec::new(),
                large,
            );
        }
        Event::Call(call) => {
            let Some((server, export)) = runtime.export_of(call.schema()) else {
                call.reply(Outcome::System(Error::unavailable(
                    "the component was closed",
                )));
                return;
            };
            let context = call.context();
            let caller = context.caller();
            let left = context
                .remaining()
                .map_or(-1.0, |left| left.as_secs_f64() * 1000.0);
            let optional = optional(&call);
            let bits = left.to_bits();
            let fields = [
                server,
                export,
                call.function_index(),
                caller.uid,
                caller.gid,
                caller.pid,
                bits as u32,
                (bits >> 32) as u32,
                optional.len() as u32,
                0,
            ];
            let mut body = optional;
            body.resize(body.len().next_multiple_of(8), 0);
            body.extend_from_slice(call.args());
            let id = call.id();
            runtime.inbound.insert(id, call);
            out.entry(runtime, kind::CALL, id, &fields, body, large);
        }
    }
}

/// What few calls have, as JSON; nothing if none is there.
fn optional(call: &hms_ffi::runtime::Inbound) -> Vec<u8> {
    let context = call.context();
    let (trace, state, key) = (
        context.traceparent(),
        context.tracestate(),
        context.idempotency_key(),
    );
    if trace.is_none() && state.is_none() && key.is_none() {
        return Vec::new();
    }
    serde_json::json!({ "traceparent": trace, "tracestate": state, "idempotencyKey": key })
        .to_string()
        .into_bytes()
}

struct Out<'b> {
    inbox: &'b mut [u8],
    used: usize,
}

impl Out<'_> {
    fn entry(
        &mut self,
        runtime: &mut Runtime,
        kind: u32,
        token: u64,
        fields: &[u32],
        body: Vec<u8>,
        large: usize,
    ) {
        let is_large = body.len() > large;
        self.u32(kind);
        self.u32(if is_large { LARGE } else { body.len() as u32 });
        self.bytes(&(token as f64).to_le_bytes());
        for field in fields {
            self.u32(*field);
        }
        if is_large {
            runtime.next_body = runtime.next_body.wrapping_add(1);
            self.u32(runtime.next_body);
            runtime.bodies.insert(runtime.next_body, body);
        } else {
            self.bytes(&body);
        }
        self.used = self.used.next_multiple_of(8);
    }

    fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.inbox[self.used..self.used + bytes.len()].copy_from_slice(bytes);
        self.used += bytes.len();
    }
}
