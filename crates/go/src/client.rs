//! The caller's side.

use hms_ffi::runtime::{CallOptions, Client, ConnectOptions, Driver};
use hms_ffi_core::contract::schema::Schema;
use hms_ffi_core::error::Result;
use std::sync::Arc;

use crate::boundary::{entry, quiet};
use crate::buffer::{Buffer, set, slice, text};
use crate::handle::Table;
use crate::{component, contract, runtime, settings};

static CLIENTS: Table<Client> = Table::new("client");

pub fn insert(client: Client) -> u64 {
    CLIENTS.insert(client)
}

/// The caller's own view of an interface, if it brought a contract.
fn view(contract: u64, interface: &str) -> Result<Option<Arc<Schema>>> {
    contract::optional(contract)?
        .map(|contract| contract.schema(interface))
        .transpose()
}

/// Starts a connect; the event of kind 1 with `token` ends it. `contract` is the caller's own view, or 0.
/// `timeout`: nanoseconds, -1 the default, -2 none. `parent`: the call that is being served meanwhile, or 0.
///
/// # Safety
/// `interface` and `options` point to as many bytes as said, `error` is null or valid for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_connect_start(
    driver: u64,
    interface: *const u8,
    interface_len: usize,
    contract: u64,
    options: *const u8,
    options_len: usize,
    timeout: i64,
    parent: u64,
    token: u64,
    error: *mut Buffer,
) -> i32 {
    // SAFETY: as this function's own.
    unsafe {
        entry(error, || {
            let interface = text(interface, interface_len)?;
            let options = ConnectOptions {
                view: view(contract, interface)?,
                timeout: settings::timeout(timeout),
                settings: Some(settings::parse(text(options, options_len)?)?),
                parent: component::context(parent),
                ..ConnectOptions::default()
            };
            Client::connect_start(&runtime::get(driver)?.driver, interface, options, token)
        })
    }
}

/// Connects and BLOCKS until that has ended; for threads without a driver of their own.
///
/// # Safety
/// `interface` and `options` point to as many bytes as said, the other pointers are null or valid for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_connect(
    interface: *const u8,
    interface_len: usize,
    contract: u64,
    options: *const u8,
    options_len: usize,
    timeout: i64,
    client: *mut u64,
    error: *mut Buffer,
) -> i32 {
    // SAFETY: as this function's own.
    unsafe {
        entry(error, || {
            let interface = text(interface, interface_len)?;
            let options = ConnectOptions {
                view: view(contract, interface)?,
                timeout: settings::timeout(timeout),
                settings: Some(settings::parse(text(options, options_len)?)?),
                ..ConnectOptions::default()
            };
            let connected =
                Client::connect(&Driver::shared("c")?, interface, options, &mut || false)?;
            set(client, CLIENTS.insert(connected));
            Ok(())
        })
    }
}

/// The schema that arguments are written and results are read with, as `hms_contract_schema` gives it.
///
/// # Safety
/// `language` points to `language_len` bytes, the other pointers are null or valid for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_client_schema(
    client: u64,
    language: *const u8,
    language_len: usize,
    schema: *mut Buffer,
    error: *mut Buffer,
) -> i32 {
    // SAFETY: as this function's own.
    unsafe {
        entry(error, || {
            let found = CLIENTS.with(client, |client| client.schema().clone())?;
            set(
                schema,
                contract::json(&found, text(language, language_len)?)?,
            );
            Ok(())
        })
    }
}

/// Starts a call of the function with this index; the event of kind 2 with `token` ends it. Call `hms_driver_turn`
/// afterwards, once for many calls. The arguments are copied.
///
/// # Safety
/// `args`, `idempotency_key` and `traceparent` point to as many bytes as said, `error` is null or valid for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_call_start(
    client: u64,
    function: u32,
    args: *const u8,
    args_len: usize,
    timeout: i64,
    parent: u64,
    idempotency_key: *const u8,
    idempotency_key_len: usize,
    traceparent: *const u8,
    traceparent_len: usize,
    token: u64,
    error: *mut Buffer,
) -> i32 {
    // SAFETY: as this function's own.
    unsafe {
        entry(error, || {
            let options = CallOptions {
                timeout: settings::timeout(timeout),
                parent: component::context(parent),
                idempotency_key: given(text(idempotency_key, idempotency_key_len)?),
                traceparent: given(text(traceparent, traceparent_len)?),
                ..CallOptions::default()
            };
            start(client, function, slice(args, args_len), &options, token)
        })
    }
}

pub fn start(
    client: u64,
    function: u32,
    args: &[u8],
    options: &CallOptions,
    token: u64,
) -> Result<()> {
    let client = CLIENTS.get(client)?;
    client.start(function, args.to_vec(), options, token);
    Ok(())
}

fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// Calls and BLOCKS until the call has ended: `outcome` says how (0 ok, 1 declared error, 2 error, 3 cancelled) and
/// `body` holds the bytes. Only for clients of `hms_connect`.
///
/// # Safety
/// `args` points to `args_len` bytes, the other pointers are null or valid for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_call(
    client: u64,
    function: u32,
    args: *const u8,
    args_len: usize,
    timeout: i64,
    outcome: *mut u32,
    body: *mut Buffer,
) -> i32 {
    // SAFETY: as this function's own.
    unsafe {
        entry(body, || {
            set(outcome, runtime::outcome::SYSTEM);
            let options = CallOptions {
                timeout: settings::timeout(timeout),
                ..CallOptions::default()
            };
            let args = slice(args, args_len).to_vec();
            let ended = CLIENTS
                .get(client)?
                .call(function, args, &options, &mut || false);
            let (kind, bytes) = runtime::parts(ended);
            set(outcome, kind);
            set(body, bytes.into());
            Ok(())
        })
    }
}

/// Nobody waits any more for the call with this token: no event will come for it.
#[unsafe(no_mangle)]
pub extern "C" fn hms_call_give_up(client: u64, token: u64) {
    quiet((), || give_up(client, token));
}

pub fn give_up(client: u64, token: u64) {
    if let Ok(client) = CLIENTS.get(client) {
        client.give_up(token);
    }
}

/// Closes a client and ends its handle.
#[unsafe(no_mangle)]
pub extern "C" fn hms_client_close(client: u64) {
    quiet((), || {
        if let Some(client) = CLIENTS.remove(client) {
            client.close();
        }
    });
}

/// How a client's calls went so far.
#[repr(C)]
pub struct ClientMetrics {
    calls: u64,
    retries: u64,
    failovers: u64,
    retries_refused: u64,
    instances: u32,
    resting: u32,
}

/// How a client's calls went so far.
///
/// # Safety
/// The pointers are null or valid for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_client_metrics(
    client: u64,
    metrics: *mut ClientMetrics,
    error: *mut Buffer,
) -> i32 {
    // SAFETY: as this function's own.
    unsafe {
        entry(error, || {
            let found = CLIENTS.get(client)?.metrics();
            set(
                metrics,
                ClientMetrics {
                    calls: found.calls,
                    retries: found.retries,
                    failovers: found.failovers,
                    retries_refused: found.retries_refused,
                    instances: found.instances,
                    resting: found.resting,
                },
            );
            Ok(())
        })
    }
}
