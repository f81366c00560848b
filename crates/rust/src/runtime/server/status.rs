//! What an instance is doing, for `hms list`.

use crate::runtime::driver::state::{Side, State};
use serde::Serialize;

/// The record of `wit/hms-introspection`.
#[derive(Debug, Default, Serialize)]
pub(super) struct Status {
    running: u32,
    queued: u32,
    callers: u32,
    ok: u64,
    declared: u64,
    system: u64,
    cancelled: u64,
}

impl Status {
    pub(super) fn of(state: &State, key: u64) -> Status {
        let Some(server) = state.servers.get(&key) else {
            return Status::default();
        };
        let links = state.links.values();
        let callers =
            links.filter(|link| matches!(link.side, Side::Server { server } if server == key));
        let mut status = Status {
            running: server.running as u32,
            queued: server.ready.len() as u32,
            callers: callers.count() as u32,
            ..Status::default()
        };
        for (index, export) in server.exports.iter().enumerate() {
            for function in 0..export.schema.functions.len() {
                let counts = server.metrics.get(index, function);
                status.ok += counts.ok;
                status.declared += counts.declared;
                status.system += counts.system;
                status.cancelled += counts.cancelled;
            }
        }
        status
    }
}
