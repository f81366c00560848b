//! Connections that come in: who may, and what they are told first.

use super::tap;
use crate::runtime::driver::state::{LinkEntry, Side, State, Timer};
use crate::runtime::driver::turn::Watched;
use crate::runtime::driver::{Inner, dial};
use hms_ffi_core::error::{Code, Error};
use hms_ffi_core::protocol::{self, Link, Role};
use hms_ffi_transport::clock;
use hms_ffi_transport::poll::Interest;
use std::sync::Arc;

/// Nanoseconds until the next try where the process is out of descriptors.
const PAUSE: u64 = 100_000_000;

/// Takes in waiting connections.
pub(crate) fn accept(inner: &Arc<Inner>, state: &mut State, server_key: u64) {
    loop {
        let Some(server) = state.servers.get(&server_key) else {
            return;
        };
        let Some(listener) = &server.listener else {
            return;
        };
        let socket = match listener.accept() {
            Ok(Some(socket)) => socket,
            Ok(None) => return,
            Err(error) => {
                // The change was reported once, so it is on us to look again.
                log::error!("a connection could not be taken: {error}");
                state
                    .timers
                    .insert((clock::now() + PAUSE, Timer::Accept(server_key)));
                return;
            }
        };
        let settings = server.settings.clone();
        let bound = u32::try_from(server.bound).unwrap_or(u32::MAX);
        let exports = server
            .exports
            .iter()
            .chain([tap::exported()])
            .map(|e| protocol::Export {
                interface: e.schema.interface.clone(),
                fingerprint: fingerprint(&e.schema.fingerprint),
            })
            .collect();
        let instance = server
            .registration
            .as_ref()
            .map_or("", |r| r.name())
            .to_owned();
        let mut hello = dial::hello(&settings, inner.language, &instance, exports);
        // More would only be refused.
        hello.calls = hello.calls.min(bound);
        let mut link = match Link::new(Role::Server, hello) {
            Ok(link) => link,
            Err(error) => {
                log::error!("a connection could not be served: {error}");
                continue;
            }
        };
        let uid = socket.peer().uid;
        let trusted = settings.trusts(uid);
        if !trusted {
            log::warn!(
                "a connection of user {uid} is refused; HMS_TRUSTED_USERS does not name them"
            );
            let message = format!(
                "user {uid} may not call: the provider's HMS_TRUSTED_USERS does not name them"
            );
            link.turn_away(&Error::new(Code::PermissionDenied, message));
        }
        let key = state.key();
        if let Err(error) = inner
            .poller
            .add(&socket, Watched::Link(key).key(), Interest::READ)
        {
            log::error!("a connection could not be watched: {error}");
            continue;
        }
        state.links.insert(
            key,
            LinkEntry {
                socket,
                protocol: link,
                peer: None,
                side: Side::Server { server: server_key },
                process: None,
                outgoing: Default::default(),
                incoming: Default::default(),
                schemas: Default::default(),
                schemas_asked: Default::default(),
                most_calls: None,
                blocked: false,
                dirty: false,
            },
        );
        inner.flush_link(state, key);
        if !trusted {
            inner.lose(state, key, "its user is not trusted");
        }
    }
}

/// The peer wants the schema of an export.
pub(crate) fn schema_requested(state: &mut State, link_key: u64, index: u32) {
    let Some(link) = state.links.get_mut(&link_key) else {
        return;
    };
    let Side::Server { server } = link.side else {
        return;
    };
    if let Some(export) = state
        .servers
        .get(&server)
        .and_then(|server| server.export(index as usize))
    {
        // Refused only once the link is closed.
        let _ = link.protocol.reply_schema(index, export.json());
    }
}

/// 64 hexadecimal digits as bytes; schemas are validated when they are made.
fn fingerprint(hex: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = hex
            .get(2 * i..2 * i + 2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .unwrap_or(0);
    }
    bytes
}
