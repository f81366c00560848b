//! The provider's side: serving on the event loop.

use std::sync::Arc;

use hms_ffi::runtime::{Export, ServeOptions, Server};
use hms_ffi_core::contract::schema::Schema;
use napi_derive::napi;

use crate::error::thrown;
use crate::runtime::{self, Runtime};
use crate::settings::settings;

/// A running instance, with the schemas that its calls carry. Each belongs to this instance alone, so that it tells whose call it is.
pub(crate) struct Served {
    server: Server,
    exports: Vec<Arc<Schema>>,
}

/// A server that was started.
#[napi(object)]
pub struct Started {
    /// Its number.
    pub id: u32,
    /// The instance's random name.
    pub instance: String,
}

/// Listens and registers; calls come as events.
#[napi]
pub fn serve(
    schemas: Vec<u32>,
    max_concurrent: u32,
    queue: u32,
    name: String,
    overrides: String,
) -> napi::Result<Started> {
    runtime::with(|runtime| {
        let settings = settings(&overrides).map_err(|error| thrown(&error))?;
        let mut exports = Vec::new();
        for id in schemas {
            exports.push(Arc::new(Schema::clone(runtime.schemas.get(id)?)));
        }
        let options = ServeOptions {
            settings: Some(settings),
            max_concurrent: max_concurrent as usize,
            queue: queue as usize,
            name,
        };
        let offered = exports
            .iter()
            .map(|schema| Export {
                schema: schema.clone(),
                handler: None,
            })
            .collect();
        let server =
            Server::start(&runtime.driver, offered, options).map_err(|error| thrown(&error))?;
        let instance = server.instance().to_owned();
        let id = runtime.servers.add(Served { server, exports });
        Ok(Started { id, instance })
    })
}

impl Runtime {
    /// Whose call it is: the server's number and the export's index in it.
    pub(crate) fn export_of(&self, schema: &Arc<Schema>) -> Option<(u32, u32)> {
        self.servers.iter().find_map(|(id, served)| {
            let index = served
                .exports
                .iter()
                .position(|export| Arc::ptr_eq(export, schema))?;
            Some((id, index as u32))
        })
    }
}

/// Leaves discovery: what runs goes on, nothing new comes.
#[napi]
pub fn stop_accepting(server: u32) -> napi::Result<()> {
    runtime::with(|runtime| {
        runtime.servers.get(server)?.server.stop_accepting();
        Ok(())
    })
}

/// Calls that wait or run.
#[napi]
pub fn in_flight(server: u32) -> napi::Result<u32> {
    runtime::with(|runtime| Ok(runtime.servers.get(server)?.server.in_flight() as u32))
}

/// Ends a server: its running calls are cancelled.
#[napi]
pub fn close_server(server: u32) -> napi::Result<()> {
    let served = runtime::with(|runtime| Ok(runtime.servers.remove(server)))?;
    if let Some(served) = served {
        served.server.close();
    }
    Ok(())
}
