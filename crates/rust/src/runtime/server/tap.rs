//! The tap: an instance's own interface `hms:introspection/calls`, by which `hms trace` sees its calls. It records only while somebody
//! asks, and answers only its own user and root.

use super::Exported;
use super::status::Status;
use crate::runtime::context::Caller;
use crate::value;
use hms_ffi_core::contract::{Contract, Schema};
use hms_ffi_core::convert::Converter;
use hms_ffi_core::dispatch::{Layer, LayerCall, Outcome};
use hms_ffi_core::error::{Code, Error, Result};
use hms_ffi_core::wire::Limits;
use hms_ffi_core::wire::types::{Duration, Timestamp};
use hms_ffi_transport::clock;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

/// The interface's name without its version.
pub(crate) const INTERFACE: &str = "hms:introspection/calls";
const WIT: &str = include_str!("../../../../../wit/hms-introspection/calls.wit");

/// Nanoseconds for which calls are recorded after somebody asked.
const ATTENTION: u64 = 10_000_000_000;
const MOST_CALLS: usize = 1024;
const LARGEST_BODY: usize = 64 * 1024;

/// The layer that records, and the answers to `recent`.
#[derive(Default)]
pub(crate) struct Tap {
    /// Monotonic nanoseconds until which calls are recorded, and until which their values are.
    calls_until: AtomicU64,
    values_until: AtomicU64,
    records: Mutex<Records>,
}

#[derive(Default)]
struct Records {
    /// The number of the first record that is kept; they count from 1.
    first: u64,
    kept: VecDeque<Call>,
}

#[derive(Clone, Serialize)]
struct Call {
    interface: String,
    function: String,
    caller_uid: u32,
    caller_pid: u32,
    arrived: Timestamp,
    took: Duration,
    outcome: Ended,
    code: Option<&'static str>,
    args: Option<Bytes>,
    reply: Option<Bytes>,
}

#[derive(Clone, Copy, Serialize)]
enum Ended {
    Ok,
    Declared,
    System,
    Cancelled,
}

/// Bytes that serde sees as bytes.
#[derive(Clone)]
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(
        &self,
        serializer: S,
    ) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

#[derive(Serialize)]
struct Calls {
    calls: Vec<Call>,
    next: u64,
    missed: u64,
}

impl Layer for Tap {
    fn end(&self, call: &LayerCall<'_>, outcome: &Outcome, nanoseconds: u64) {
        // Nobody asks almost always: one load, and no clock.
        let until = self.calls_until.load(Ordering::Relaxed);
        if until == 0 {
            return;
        }
        let now = clock::now();
        if now > until {
            self.calls_until.store(0, Ordering::Relaxed);
            *self.lock() = Records::default();
            return;
        }
        let values = now <= self.values_until.load(Ordering::Relaxed);
        let body =
            |bytes: &[u8]| (values && bytes.len() <= LARGEST_BODY).then(|| Bytes(bytes.to_vec()));
        let (ended, code, reply) = match outcome {
            Outcome::Ok(bytes) => (Ended::Ok, None, body(bytes)),
            Outcome::Declared(bytes) => (Ended::Declared, None, body(bytes)),
            Outcome::System(error) => (Ended::System, Some(error.code().name()), None),
            Outcome::Cancelled => (Ended::Cancelled, None, None),
        };
        let record = Call {
            interface: call.schema.interface.clone(),
            function: call.function.name.clone(),
            caller_uid: call.caller_uid,
            caller_pid: call.caller_pid,
            arrived: arrived(nanoseconds),
            took: duration(nanoseconds),
            outcome: ended,
            code,
            args: body(call.args),
            reply,
        };
        let mut records = self.lock();
        if records.kept.len() == MOST_CALLS {
            records.kept.pop_front();
            records.first += 1;
        }
        records.kept.push_back(record);
    }
}

impl Tap {
    fn lock(&self) -> std::sync::MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a call of the interface, without queue and workers: it costs little and must work on a busy instance.
    pub(super) fn answer(
        &self,
        status: &Status,
        caller: Caller,
        function: u32,
        args: &[u8],
    ) -> Outcome {
        let answer = if caller.uid != 0 && caller.uid != rustix::process::geteuid().as_raw() {
            let message = "an instance's calls are shown to its own user and to root only";
            Err(Error::new(Code::PermissionDenied, message))
        } else {
            match function {
                0 => self.recent(args),
                1 => encode(1, status),
                _ => Err(Error::unimplemented(format!(
                    "{} has no function {function}",
                    exported().schema.interface
                ))),
            }
        };
        answer.map_or_else(Outcome::System, Outcome::Ok)
    }

    fn recent(&self, args: &[u8]) -> Result<Vec<u8>> {
        let ([after @ .., values], 9) = (args, args.len()) else {
            return Err(Error::invalid_argument(
                "arguments: expected a u64 and a bool",
            ));
        };
        let after = u64::from_le_bytes(after.try_into().expect("eight of nine bytes"));
        let until = clock::now() + ATTENTION;
        self.calls_until.store(until, Ordering::Relaxed);
        if *values != 0 {
            self.values_until.store(until, Ordering::Relaxed);
        }
        let records = self.lock();
        let end = records.first + records.kept.len() as u64;
        let from = after.clamp(records.first, end);
        let answer = Calls {
            calls: records
                .kept
                .iter()
                .skip((from - records.first) as usize)
                .map(|call| Call {
                    args: call.args.clone().filter(|_| *values != 0),
                    reply: call.reply.clone().filter(|_| *values != 0),
                    ..call.clone()
                })
                .collect(),
            next: end,
            missed: if after == 0 {
                0
            } else {
                from.saturating_sub(after)
            },
        };
        drop(records);
        encode(0, &answer)
    }
}

/// The result of a function of the interface.
fn encode(function: usize, answer: &impl Serialize) -> Result<Vec<u8>> {
    let schema = &exported().schema;
    let result = schema.functions[function].result.expect("each has one");
    let converter = Converter::new(schema.clone());
    value::to_wire(&converter, result, "result", answer, &Limits::default())
}

/// The interface as an export: parsed once a process, when the first connection comes.
pub(super) fn exported() -> &'static Arc<Exported> {
    static EXPORTED: OnceLock<Arc<Exported>> = OnceLock::new();
    EXPORTED.get_or_init(|| {
        let schema: Arc<Schema> = Contract::parse("calls.wit", WIT)
            .ok()
            .and_then(|contract| contract.schema(INTERFACE).ok())
            .expect("the embedded contract is valid");
        Arc::new(Exported {
            uncallable: super::uncallable(&schema),
            schema,
            handler: None,
            json: OnceLock::new(),
        })
    })
}

fn arrived(ago: u64) -> Timestamp {
    let now = SystemTime::now() - std::time::Duration::from_nanos(ago);
    let since = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::new(since.as_secs() as i64, since.subsec_nanos())
        .expect("the present lies within the years 1 to 9999")
}

fn duration(nanoseconds: u64) -> Duration {
    let (seconds, rest) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
    Duration::new(seconds as i64, rest as u32).expect("nanoseconds below a second")
}
