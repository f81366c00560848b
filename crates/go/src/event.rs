//! What a driver learned, as the C ABI shows it.

use std::collections::VecDeque;

use hms_ffi::runtime::Event as Happening;

use crate::buffer::Buffer;
use crate::{client, component, error, runtime};

/// What [`Event::kind`] says.
mod kind {
    pub const CONNECTED: u32 = 1;
    pub const DONE: u32 = 2;
    pub const CALL: u32 = 3;
    pub const CANCEL: u32 = 4;
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
    fn new(happening: Happening, bodies: &mut Bodies) -> Self {
        let mut event = Event {
            kind: 0,
            outcome: runtime::outcome::OK,
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
                        event.outcome = runtime::outcome::SYSTEM;
                        event.body = bodies.buffer(error::encode(&error));
                    }
                }
            }
            Happening::Done { token, outcome } => {
                event.kind = kind::DONE;
                event.token = token;
                let (outcome, body) = runtime::parts(outcome);
                event.outcome = outcome;
                event.body = bodies.buffer(body);
            }
            Happening::Call(call) => {
                event.kind = kind::CALL;
                event.body = bodies.copy(call.args());
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

/// Bodies up to this size are copied to the driver's own memory, where nobody has to free them.
const SMALL: usize = 4096;

/// What came from a driver and was not handed out, and memory for small bodies.
#[derive(Default)]
pub struct Inbox {
    pub waiting: VecDeque<Happening>,
    bodies: Vec<u8>,
}

impl Inbox {
    /// Writes down what fits; with `borrow`, small bodies stay in the driver until the next time.
    ///
    /// # Safety
    /// `events` is valid for writing `capacity` events.
    pub unsafe fn give(&mut self, events: *mut Event, capacity: usize, borrow: bool) -> usize {
        let count = self.waiting.len().min(capacity);
        self.bodies.clear();
        if borrow && count > 0 {
            self.bodies.reserve(count * SMALL);
        }
        let mut bodies = Bodies {
            memory: borrow.then_some(&mut self.bodies),
        };
        for (index, happening) in self.waiting.drain(..count).enumerate() {
            // SAFETY: `index` is below `capacity`, for which the caller vouches.
            unsafe { events.add(index).write(Event::new(happening, &mut bodies)) };
        }
        count
    }
}

/// Where bodies go.
struct Bodies<'a> {
    memory: Option<&'a mut Vec<u8>>,
}

impl Bodies<'_> {
    fn copy(&mut self, bytes: &[u8]) -> Buffer {
        match &mut self.memory {
            Some(memory)
                if bytes.len() <= SMALL && memory.capacity() - memory.len() >= bytes.len() =>
            {
                let at = memory.len();
                // Within the capacity: what was handed out stays where it is.
                memory.extend_from_slice(bytes);
                Buffer::borrowed(&memory[at..])
            }
            _ => bytes.to_vec().into(),
        }
    }

    fn buffer(&mut self, bytes: Vec<u8>) -> Buffer {
        if self.memory.is_some() && bytes.len() <= SMALL {
            return self.copy(&bytes);
        }
        bytes.into()
    }
}
