//! The caller's side: connects and calls, awaited on the event loop or blocking it.

use std::sync::Arc;

use hms_ffi::runtime::{CallOptions, Client, ConnectOptions, Driver, Outcome, Settings};
use hms_ffi::runtime::{Code, Error};
use hms_ffi_core::contract::names::Language;
use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;

use crate::error::{thrown, to_json};
use crate::runtime::{self, LANGUAGE};
use crate::settings::{limits_of, settings, timeout};

/// Starts a connect; the event of `token` ends it. `view` is the number of the caller's own schema, below zero without one;
/// `parent` the inbound call in whose course it happens, or 0. Returns the limits of values.
#[napi]
pub fn connect(
    token: f64,
    interface: String,
    view: i32,
    timeout_ms: f64,
    parent: f64,
    overrides: String,
) -> napi::Result<Vec<f64>> {
    runtime::with(|runtime| {
        let settings = settings(&overrides).map_err(|error| thrown(&error))?;
        let limits = limits_of(&settings);
        let options = ConnectOptions {
            instance: None,
            view: u32::try_from(view)
                .ok()
                .map(|id| runtime.schemas.get(id).cloned())
                .transpose()?,
            timeout: timeout(timeout_ms),
            settings: Some(settings),
            parent: runtime.parent(parent),
        };
        Client::connect_start(&runtime.driver, &interface, options, token as u64)
            .map_err(|error| thrown(&error))?;
        Ok(limits)
    })
}

/// The schema of a client, with JavaScript's names.
#[napi]
pub fn client_schema(client: u32) -> napi::Result<String> {
    runtime::with(|runtime| {
        Ok(runtime
            .clients
            .get(client)?
            .schema()
            .localized(Language::JavaScript)
            .to_string())
    })
}

/// How the calls of a client went.
#[napi(object)]
pub struct Metrics {
    /// Calls that were started.
    pub calls: f64,
    /// Attempts beyond the first ones.
    pub retries: f64,
    /// Those of them that were made because a link was lost or a provider left.
    pub failovers: f64,
    /// Calls that were not tried again because too many of late had been.
    pub retries_refused: f64,
    /// Instances that calls go to now.
    pub instances: u32,
    /// Those of them that rest because they kept failing.
    pub resting: u32,
}

/// How the calls of a client went.
#[napi]
pub fn client_metrics(client: u32) -> napi::Result<Metrics> {
    runtime::with(|runtime| {
        let metrics = runtime.clients.get(client)?.metrics();
        Ok(Metrics {
            calls: metrics.calls as f64,
            retries: metrics.retries as f64,
            failovers: metrics.failovers as f64,
            retries_refused: metrics.retries_refused as f64,
            instances: metrics.instances,
            resting: metrics.resting,
        })
    })
}

/// Ends a client.
#[napi]
pub fn close_client(client: u32) -> napi::Result<()> {
    let client = runtime::with(|runtime| Ok(runtime.clients.remove(client)))?;
    if let Some(client) = client {
        client.close();
    }
    Ok(())
}

/// Connects and blocks the event loop until that is done. The view is that of `client`.
#[napi]
pub fn sync_connect(
    client: u32,
    interface: String,
    timeout_ms: f64,
    overrides: String,
) -> napi::Result<u32> {
    let (view, settings) = runtime::with(|runtime| {
        let view = runtime.clients.get(client)?.schema().clone();
        Ok((view, settings(&overrides).map_err(|error| thrown(&error))?))
    })?;
    let connected =
        connect_blocking(&interface, view, timeout_ms, settings).map_err(|error| thrown(&error))?;
    runtime::with(|runtime| Ok(runtime.sync_clients.add(connected)))
}

fn connect_blocking(
    interface: &str,
    view: Arc<hms_ffi_core::contract::schema::Schema>,
    timeout_ms: f64,
    settings: Settings,
) -> hms_ffi::runtime::Result<Client> {
    let driver = Driver::shared(LANGUAGE)?;
    let options = ConnectOptions {
        instance: None,
        view: Some(view),
        timeout: timeout(timeout_ms),
        settings: Some(settings),
        parent: None,
    };
    Client::connect(&driver, interface, options, &mut || false)
}

/// How a blocking call ended: the outcome's kind as in the inbox, and its body.
#[napi(object)]
pub struct SyncOutcome {
    /// 1 ok, 2 declared error, 3 system error (JSON), 4 cancelled.
    pub kind: u32,
    /// The body.
    pub body: Uint8Array,
}

/// Calls and blocks the event loop until the call ends.
#[napi]
#[allow(clippy::too_many_arguments)] // each is a plain value of the one native call
pub fn sync_call(
    client: u32,
    function: u32,
    bytes: Uint8Array,
    length: u32,
    timeout_ms: f64,
    parent: f64,
    idempotency_key: Option<String>,
    traceparent: Option<String>,
) -> napi::Result<SyncOutcome> {
    let (client, options) = runtime::with(|runtime| {
        let options = CallOptions {
            timeout: timeout(timeout_ms),
            parent: runtime.parent(parent),
            idempotency_key,
            traceparent,
            ..CallOptions::default()
        };
        Ok((runtime.sync_clients.get(client)?.clone(), options))
    })?;
    let args = bytes[..length as usize].to_vec();
    let (kind, body) = match client.call(function, args, &options, &mut || false) {
        Outcome::Ok(body) => (1, body),
        Outcome::Declared(body) => (2, body),
        Outcome::System(error) => (3, to_json(&error)),
        Outcome::Cancelled => (
            3,
            to_json(&Error::new(Code::Cancelled, "the call was cancelled")),
        ),
    };
    Ok(SyncOutcome {
        kind,
        body: body.into(),
    })
}

/// Ends a blocking client.
#[napi]
pub fn close_sync_client(client: u32) -> napi::Result<()> {
    let client = runtime::with(|runtime| Ok(runtime.sync_clients.remove(client)))?;
    if let Some(client) = client {
        client.close();
    }
    Ok(())
}
