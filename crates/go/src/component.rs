//! The provider's side: servers, and the calls that they have to answer.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use hms_ffi::runtime::{CallContext, Export, Inbound, ServeOptions, Server};
use hms_ffi_core::contract::schema::Schema;
use hms_ffi_core::error::Result;

use crate::boundary::{entry, quiet};
use crate::buffer::{Buffer, set, slice, text};
use crate::handle::Table;
use crate::{contract, runtime, settings};

static SERVERS: Table<Arc<Serving>> = Table::new("server");
static CALLS: Table<Pending> = Table::new("call");
/// From the runtime's number of a call to ours.
static IDS: LazyLock<Mutex<HashMap<u64, u64>>> = LazyLock::new(Mutex::default);
/// From the address of an exported schema to the server's token and the index among its interfaces.
static EXPORTED: LazyLock<Mutex<HashMap<usize, (u64, u32)>>> = LazyLock::new(Mutex::default);

struct Serving {
    server: Server,
    schemas: Vec<Arc<Schema>>,
}

struct Pending {
    call: Inbound,
    context: Arc<CallContext>,
}

fn ids() -> std::sync::MutexGuard<'static, HashMap<u64, u64>> {
    IDS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a call until it is answered.
pub fn insert(call: Inbound) -> u64 {
    let id = call.id();
    let context = call.context().clone();
    let handle = CALLS.insert(Pending { call, context });
    ids().insert(id, handle);
    handle
}

/// The handle of a call by the runtime's number; 0 if it was answered.
pub fn of_id(id: u64) -> u64 {
    ids().get(&id).copied().unwrap_or(0)
}

/// The context of a call that is being served; none for 0 and for one that was answered.
pub fn context(call: u64) -> Option<Arc<CallContext>> {
    if call == 0 {
        return None;
    }
    CALLS.with(call, |pending| pending.context.clone()).ok()
}

/// The token of the server that exports this schema, and which of its interfaces it is.
pub fn exported(schema: &Arc<Schema>) -> (u64, u32) {
    let exported = EXPORTED.lock().unwrap_or_else(PoisonError::into_inner);
    exported.get(&address(schema)).copied().unwrap_or((0, 0))
}

fn address(schema: &Arc<Schema>) -> usize {
    Arc::as_ptr(schema) as usize
}

/// Nanoseconds until a call's deadline, -1 for none.
pub fn remaining(context: &CallContext) -> i64 {
    context.remaining().map_or(-1, |left| {
        i64::try_from(left.as_nanos()).unwrap_or(i64::MAX)
    })
}

/// Listens and registers: callers find the instance when it returns. Calls come as events of kind 3 with `token`.
/// `interfaces`: one a line, of the contract. `max_concurrent` calls run at once, `queue` more wait.
///
/// # Safety
/// `interfaces`, `options` and `name` point to as many bytes as said, the other pointers are null or valid for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_server_start(
    driver: u64,
    contract: u64,
    interfaces: *const u8,
    interfaces_len: usize,
    options: *const u8,
    options_len: usize,
    name: *const u8,
    name_len: usize,
    max_concurrent: usize,
    queue: usize,
    token: u64,
    server: *mut u64,
    error: *mut Buffer,
) -> i32 {
    // SAFETY: as this function's own.
    unsafe {
        entry(error, || {
            let contract = contract::get(contract)?;
            // Schemas of this server alone: their addresses tell which server a call is for.
            let schemas: Vec<Arc<Schema>> = text(interfaces, interfaces_len)?
                .lines()
                .map(|interface| Ok(Arc::new(Schema::clone(&*contract.schema(interface)?))))
                .collect::<Result<_>>()?;
            let exports = schemas
                .iter()
                .map(|schema| Export {
                    schema: schema.clone(),
                    handler: None,
                })
                .collect();
            let mut serve = ServeOptions {
                settings: Some(settings::parse(text(options, options_len)?)?),
                max_concurrent,
                queue,
                ..ServeOptions::default()
            };
            if name_len > 0 {
                serve.name = text(name, name_len)?.to_owned();
            }
            note(&schemas, token);
            match Server::start(&runtime::get(driver)?.driver, exports, serve) {
                Ok(started) => {
                    set(
                        server,
                        SERVERS.insert(Arc::new(Serving {
                            server: started,
                            schemas,
                        })),
                    );
                    Ok(())
                }
                Err(error) => {
                    forget(&schemas);
                    Err(error)
                }
            }
        })
    }
}

fn note(schemas: &[Arc<Schema>], token: u64) {
    let mut exported = EXPORTED.lock().unwrap_or_else(PoisonError::into_inner);
    for (index, schema) in schemas.iter().enumerate() {
        exported.insert(address(schema), (token, index as u32));
    }
}

fn forget(schemas: &[Arc<Schema>]) {
    let mut exported = EXPORTED.lock().unwrap_or_else(PoisonError::into_inner);
    for schema in schemas {
        exported.remove(&address(schema));
    }
}

/// Leaves discovery and says goodbye: calls that run go on, new ones go elsewhere.
#[unsafe(no_mangle)]
pub extern "C" fn hms_server_stop_accepting(server: u64) {
    quiet((), || {
        if let Ok(serving) = SERVERS.get(server) {
            serving.server.stop_accepting();
        }
    });
}

/// Calls that are queued or run.
#[unsafe(no_mangle)]
pub extern "C" fn hms_server_in_flight(server: u64) -> usize {
    quiet(0, || {
        SERVERS
            .get(server)
            .map_or(0, |serving| serving.server.in_flight())
    })
}

/// Closes a server and ends its handle: running calls are cancelled, links are closed.
#[unsafe(no_mangle)]
pub extern "C" fn hms_server_close(server: u64) {
    quiet((), || {
        if let Some(serving) = SERVERS.remove(server) {
            serving.server.close();
            forget(&serving.schemas);
        }
    });
}

/// Who calls, and in what course of calls.
#[repr(C)]
pub struct CallInfo {
    uid: u32,
    gid: u32,
    pid: u32,
    hops: u32,
    chain: [u8; 16],
    remaining: i64,
    cancelled: u8,
}

/// What is known of a call that is being served.
///
/// # Safety
/// The pointers are null or valid for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_call_info(call: u64, info: *mut CallInfo, error: *mut Buffer) -> i32 {
    // SAFETY: as this function's own.
    unsafe {
        entry(error, || {
            let context = CALLS.with(call, |pending| pending.context.clone())?;
            let caller = context.caller();
            set(
                info,
                CallInfo {
                    uid: caller.uid,
                    gid: caller.gid,
                    pid: caller.pid,
                    hops: context.hops().into(),
                    chain: context.chain(),
                    remaining: remaining(&context),
                    cancelled: context.is_cancelled().into(),
                },
            );
            Ok(())
        })
    }
}

/// A text of a call that is being served: 0 traceparent, 1 tracestate, 2 idempotency key; empty if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn hms_call_text(call: u64, which: u32) -> Buffer {
    quiet(Buffer::EMPTY, || {
        let Some(context) = context(call) else {
            return Buffer::EMPTY;
        };
        let text = match which {
            0 => context.traceparent(),
            1 => context.tracestate(),
            2 => context.idempotency_key(),
            _ => None,
        };
        text.map_or(Buffer::EMPTY, |text| text.as_bytes().to_vec().into())
    })
}

/// Answers a call and ends its handle: 0 ok, 1 declared error, 2 error, 3 cancelled, with these bytes, which are copied.
/// Call `hms_driver_turn` afterwards, once for many replies.
///
/// # Safety
/// `body` points to `body_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_call_reply(call: u64, outcome: u32, body: *const u8, body_len: usize) {
    quiet((), || {
        // SAFETY: as this function's own.
        reply(call, outcome, unsafe { slice(body, body_len) });
    });
}

pub fn reply(call: u64, outcome: u32, body: &[u8]) {
    let Some(pending) = CALLS.remove(call) else {
        return;
    };
    ids().remove(&pending.call.id());
    pending.call.reply(runtime::outcome_of(outcome, body));
}
