//! From an open link to a route: which export, its schema, and how it relates to the caller's view.

use super::Inner;
use super::connection::Route;
use super::dial::dialing_through;
use super::state::{State, Translation};
use hms_ffi_core::contract::resolve::Resolution;
use hms_ffi_core::contract::schema::Schema;
use hms_ffi_core::contract::version::interface_matches;
use hms_ffi_core::dispatch::Outcome;
use hms_ffi_core::error::Error;
use std::sync::Arc;

/// Instances that one connection uses at most.
const MOST_ROUTES: usize = 2;

impl Inner {
    /// The peer's hello has come: whoever dials through this link goes on.
    pub fn link_opened(self: &Arc<Self>, state: &mut State, link: u64) {
        for key in dialing_through(state, link) {
            self.ask_schema(state, key);
        }
    }

    pub(super) fn ask_schema(self: &Arc<Self>, state: &mut State, key: u64) {
        let Some(connection) = state.connections.get_mut(&key) else {
            return;
        };
        let Some(dial) = &mut connection.dial else {
            return;
        };
        let Some((link_key, instance)) = &dial.current else {
            return;
        };
        let link_key = *link_key;
        let Some(link) = state.links.get_mut(&link_key) else {
            return;
        };
        let Some(peer) = link.peer.clone() else {
            return;
        };
        if peer.instance != instance.name {
            dial.refusals.push(format!(
                "instance {}: another one answered at its socket",
                instance.name
            ));
            return self.next_candidate(state, key);
        }
        let Some(index) = peer
            .exports
            .iter()
            .position(|e| interface_matches(&connection.wanted, &e.interface))
        else {
            dial.refusals.push(format!(
                "instance {}: it does not export {}",
                instance.name, connection.wanted
            ));
            return self.next_candidate(state, key);
        };
        dial.schema = Some(index as u32);
        let export = &peer.exports[index];
        // The caller's view serves as the exporter's schema when their fingerprints are equal: nothing to ask.
        if let Some(view) = &connection.view
            && view.interface == export.interface
            && view.fingerprint == hex(&export.fingerprint)
        {
            let schema = view.clone();
            return self.link_ready_for(state, key, link_key, index as u32, schema);
        }
        if let Some(schema) = link.schemas.get(&(index as u32)).cloned() {
            return self.link_ready_for(state, key, link_key, index as u32, schema);
        }
        if link.schemas_asked.insert(index as u32) {
            // Refused only once the link is closed, and then the dial goes on without it.
            let _ = link.protocol.request_schema(index as u32);
            state.touch(link_key);
        }
    }

    /// A schema has come: checked, kept, and given to whoever waits for it.
    pub fn schema_came(
        self: &Arc<Self>,
        state: &mut State,
        link_key: u64,
        index: u32,
        json: &[u8],
    ) {
        let Some(link) = state.links.get_mut(&link_key) else {
            return;
        };
        let announced = link
            .peer
            .as_ref()
            .and_then(|peer| peer.exports.get(index as usize));
        let schema = Schema::from_peer_json(json).and_then(|schema| match announced {
            Some(export)
                if export.interface == schema.interface
                    && hex(&export.fingerprint) == schema.fingerprint =>
            {
                Ok(Arc::new(schema))
            }
            _ => Err(Error::internal(
                "the schema is not the one that was announced",
            )),
        });
        let waiting: Vec<u64> = dialing_through(state, link_key)
            .into_iter()
            .filter(|key| {
                state.connections[key]
                    .dial
                    .as_ref()
                    .is_some_and(|dial| dial.schema == Some(index))
            })
            .collect();
        match schema {
            Ok(schema) => {
                if let Some(link) = state.links.get_mut(&link_key) {
                    link.schemas.insert(index, schema.clone());
                }
                for key in waiting {
                    self.link_ready_for(state, key, link_key, index, schema.clone());
                }
            }
            Err(error) => {
                for key in waiting {
                    if let Some(dial) = state
                        .connections
                        .get_mut(&key)
                        .and_then(|c| c.dial.as_mut())
                    {
                        dial.refusals
                            .push(format!("its schema is refused: {}", error.message()));
                    }
                    self.next_candidate(state, key);
                }
            }
        }
    }

    fn link_ready_for(
        self: &Arc<Self>,
        state: &mut State,
        key: u64,
        link: u64,
        index: u32,
        schema: Arc<Schema>,
    ) {
        let route = Route {
            link: Some(link),
            server: 0,
            interface: index,
            translation: None,
        };
        self.route_found(state, key, (route, schema));
    }

    /// Resolves versions and lets everybody who waits go on.
    pub(super) fn route_found(
        self: &Arc<Self>,
        state: &mut State,
        key: u64,
        (mut route, schema): (Route, Arc<Schema>),
    ) {
        let Some(connection) = state.connections.get_mut(&key) else {
            return;
        };
        match &connection.view {
            None => connection.view = Some(schema),
            Some(view)
                if view.fingerprint == schema.fingerprint
                    && view.functions.len() == schema.functions.len() => {}
            Some(view) => {
                let resolution = Resolution::new(view, &schema);
                if connection.brought
                    && let Err(error) = resolution.check()
                {
                    let Some(dial) = &mut connection.dial else {
                        return self.dial_failed(state, key, error);
                    };
                    dial.failure = error.code();
                    dial.refusals.push(error.message().to_owned());
                    return self.next_candidate(state, key);
                }
                let limits = connection.settings.limits;
                route.translation = Some(Arc::new(Translation { resolution, limits }));
            }
        }
        let local = route.link.is_none();
        connection.routes.push(route);
        let queue = std::mem::take(&mut connection.queue);
        let connects = std::mem::take(&mut connection.connects);
        for pending in connects {
            self.complete(state, pending, Outcome::Ok(Vec::new()));
        }
        for pending in queue {
            self.place(state, pending);
        }
        self.let_in(state);
        // A second instance shares the load, but nobody waits for it.
        let Some(connection) = state.connections.get_mut(&key) else {
            return;
        };
        if let Some(dial) = &mut connection.dial {
            dial.current = None;
            if local || connection.routes.len() >= MOST_ROUTES || dial.candidates.is_empty() {
                connection.dial = None;
            } else {
                self.next_candidate(state, key);
            }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
