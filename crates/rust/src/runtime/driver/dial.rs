//! A dial: a connection's search for an instance, from the directory to a link, with every refusal noted for the error that names them all.

use super::Inner;
use super::connection::Route;
use super::retry::Cause;
use super::state::{LinkEntry, Side, State, Timer};
use super::turn::Watched;
use crate::runtime::discovery::{self, InstanceDescription};
use crate::runtime::settings::Settings;
use hms_ffi_core::contract::schema::Schema;
use hms_ffi_core::contract::version::interface_matches;
use hms_ffi_core::dispatch::Outcome;
use hms_ffi_core::error::{Code, Error, Result};
use hms_ffi_core::protocol::{Hello, Link, Role};
use hms_ffi_transport::clock;
use hms_ffi_transport::peer::Process;
use hms_ffi_transport::poll::Interest;
use hms_ffi_transport::socket::Socket;
use std::collections::VecDeque;
use std::io::ErrorKind;
use std::sync::Arc;

/// A search under way.
pub(crate) struct Dial {
    pub(super) candidates: VecDeque<InstanceDescription>,
    pub(super) current: Option<(u64, InstanceDescription)>,
    /// Index of the interface whose schema was asked for on the current link.
    pub(super) schema: Option<u32>,
    pub(super) refusals: Vec<String>,
    pub(super) failure: Code,
}

/// A handshake that takes longer is looked into.
const PATIENCE: u64 = 1_000_000_000;
/// Nanoseconds between looks for a second instance.
const LOOK_AGAIN: u64 = 2_000_000_000;

/// The instances that offer the interface, in random order, and what is said when there are none.
pub(crate) fn candidates(
    wanted: &str,
    instance: Option<&str>,
    settings: &Settings,
) -> Result<(VecDeque<InstanceDescription>, String)> {
    let entries = discovery::entries(settings)?;
    let mut others: Vec<String> = Vec::new();
    let mut found: Vec<InstanceDescription> = Vec::new();
    let name = wanted.split('@').next().unwrap_or(wanted);
    for entry in entries {
        if let Some(name) = instance {
            if entry.name == name {
                found.push(entry);
            }
        } else if entry
            .interfaces
            .iter()
            .any(|offered| interface_matches(wanted, offered))
        {
            found.push(entry);
        } else {
            others.extend(
                entry
                    .interfaces
                    .iter()
                    .filter(|i| i.split('@').next() == Some(name))
                    .cloned(),
            );
        }
    }
    shuffle(&mut found);
    let mut none = format!(
        "no provider of {wanted} on this machine; looked in {}",
        discovery::searched(settings)
            .iter()
            .map(|d| d.display().to_string())
            .collect::<Vec<_>>()
            .join(", ")
    );
    if !others.is_empty() {
        others.sort();
        others.dedup();
        none.push_str(&format!(
            "; there are only the versions {}",
            others.join(", ")
        ));
    }
    Ok((found.into(), none))
}

/// So that callers spread over instances.
fn shuffle<T>(items: &mut [T]) {
    let mut seed = clock::now() ^ (u64::from(std::process::id()) << 32);
    for i in (1..items.len()).rev() {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        items.swap(i, (seed >> 33) as usize % (i + 1));
    }
}

impl Inner {
    /// Starts to look for a route, unless that is under way. Calls and connects of the connection end with the result.
    pub fn dial(
        self: &Arc<Self>,
        state: &mut State,
        key: u64,
        candidates: Result<(VecDeque<InstanceDescription>, String)>,
    ) {
        if let Some(route) = self.local_route(state, key) {
            self.route_found(state, key, route);
            return;
        }
        let Some(connection) = state.connections.get_mut(&key) else {
            return;
        };
        if connection.dial.is_some() {
            return;
        }
        match candidates {
            Ok((mut candidates, none)) => {
                let routes = &connection.routes;
                let known = |instance: &InstanceDescription| {
                    let link = state.instances.get(&instance.name);
                    link.is_some_and(|link| routes.iter().any(|r| r.link == Some(*link)))
                };
                candidates.retain(|instance| !known(instance));
                if candidates.is_empty() && !routes.is_empty() {
                    return;
                }
                let refusals = if candidates.is_empty() {
                    vec![none]
                } else {
                    Vec::new()
                };
                connection.dial = Some(Dial {
                    candidates,
                    current: None,
                    schema: None,
                    refusals,
                    failure: Code::Unavailable,
                });
                // Those that rest are the last resort.
                if !state.health.is_empty() {
                    let mut rested = std::mem::take(&mut dial_of(state, key).candidates);
                    rested
                        .make_contiguous()
                        .sort_by_key(|instance| state.rests(&instance.name));
                    dial_of(state, key).candidates = rested;
                }
                self.next_candidate(state, key);
            }
            Err(error) => self.dial_failed(state, key, error),
        }
    }

    /// Looks for instances in the directory and starts a dial with what is there. Takes the lock.
    pub fn look(self: &Arc<Self>, key: u64) {
        let mut state = self.lock();
        let Some(connection) = state.connections.get_mut(&key) else {
            return;
        };
        connection.looked = clock::now();
        let (wanted, instance) = (connection.wanted.clone(), connection.instance.clone());
        let settings = connection.settings.clone();
        drop(state);
        let candidates = candidates(&wanted, instance.as_deref(), &settings);
        let mut state = self.lock();
        self.dial(&mut state, key, candidates);
        self.flush(&mut state);
        self.arm(&mut state);
    }

    /// Now and then a connection with one instance looks whether there is another by now.
    pub fn look_for_more(&self, state: &mut State, key: u64) {
        let Some(connection) = state.connections.get(&key) else {
            return;
        };
        if let [only] = connection.routes.as_slice()
            && only.link.is_some()
            && connection.dial.is_none()
            && connection.instance.is_none()
            && clock::now().saturating_sub(connection.looked) > LOOK_AGAIN
        {
            state.later.look(key);
        }
    }

    /// A server of this driver that exports the interface.
    fn local_route(&self, state: &mut State, key: u64) -> Option<(Route, Arc<Schema>)> {
        let connection = state.connections.get(&key)?;
        if connection.instance.is_some() {
            return None;
        }
        state
            .servers
            .iter()
            .filter(|(_, server)| {
                server.accepts_calls()
                    && server.settings.runtime_dir == connection.settings.runtime_dir
            })
            .find_map(|(server, entry)| {
                entry
                    .exports
                    .iter()
                    .enumerate()
                    .find(|(_, e)| interface_matches(&connection.wanted, &e.schema.interface))
                    .map(|(index, export)| {
                        let route = Route {
                            link: None,
                            server: *server,
                            interface: index as u32,
                            translation: None,
                        };
                        (route, export.schema.clone())
                    })
            })
    }

    pub(super) fn next_candidate(self: &Arc<Self>, state: &mut State, key: u64) {
        loop {
            let Some(connection) = state.connections.get_mut(&key) else {
                return;
            };
            let Some(dial) = &mut connection.dial else {
                return;
            };
            dial.schema = None;
            let Some(instance) = dial.candidates.pop_front() else {
                let error = Error::new(dial.failure, dial.refusals.join("; "));
                connection.dial = None;
                if connection.routes.is_empty() {
                    self.dial_failed(state, key, error);
                }
                return;
            };
            if let Some(link) = state.instances.get(&instance.name).copied() {
                dial.current = Some((link, instance));
                if state.links.get(&link).is_some_and(|l| l.peer.is_some()) {
                    self.ask_schema(state, key);
                }
                return;
            }
            match self.open_link(state, key, &instance) {
                Ok(link) => {
                    if let Some(dial) = state
                        .connections
                        .get_mut(&key)
                        .and_then(|c| c.dial.as_mut())
                    {
                        dial.current = Some((link, instance));
                    }
                    return;
                }
                Err(why) => {
                    if let Some(dial) = state
                        .connections
                        .get_mut(&key)
                        .and_then(|c| c.dial.as_mut())
                    {
                        dial.refusals.push(format!(
                            "{} instance {}: {why}",
                            instance.language, instance.name
                        ));
                    }
                }
            }
        }
    }

    fn open_link(
        &self,
        state: &mut State,
        connection: u64,
        instance: &InstanceDescription,
    ) -> Result<u64, String> {
        let settings = state.connections[&connection].settings.clone();
        let socket = Socket::connect(&instance.socket()).map_err(|error| match error.kind() {
            ErrorKind::ConnectionRefused | ErrorKind::NotFound => {
                discovery::forget(instance);
                "it is gone".to_owned()
            }
            ErrorKind::WouldBlock => "it does not take connections now".to_owned(),
            _ => error.to_string(),
        })?;
        let peer = socket.peer();
        if !settings.trusts(peer.uid) {
            return Err(format!(
                "it runs as user {}, whom HMS_TRUSTED_USERS does not name",
                peer.uid
            ));
        }
        let hello = hello(&settings, self.language, "", Vec::new());
        let protocol = Link::new(Role::Client, hello).map_err(|error| error.to_string())?;
        let key = state.key();
        let added = self
            .poller
            .add(&socket, Watched::Link(key).key(), Interest::READ);
        added.map_err(|error| error.to_string())?;
        let process = Process::watch(peer.pid).filter(|process| {
            self.poller
                .add(process, Watched::Process(key).key(), Interest::READ)
                .is_ok()
        });
        let link = LinkEntry {
            socket,
            protocol,
            peer: None,
            side: Side::Client,
            process,
            outgoing: Default::default(),
            schemas: Default::default(),
            schemas_asked: Default::default(),
            incoming: Default::default(),
            most_calls: settings.max_calls,
            blocked: false,
            dirty: false,
        };
        state.links.insert(key, link);
        state.instances.insert(instance.name.clone(), key);
        self.flush_link(state, key);
        state
            .timers
            .insert((clock::now() + PATIENCE, Timer::Dial(connection)));
        self.arm(state);
        Ok(key)
    }

    pub(super) fn dial_failed(self: &Arc<Self>, state: &mut State, key: u64, error: Error) {
        let Some(connection) = state.connections.get_mut(&key) else {
            return;
        };
        connection.dial = None;
        let queue = std::mem::take(&mut connection.queue);
        let patient = std::mem::take(&mut connection.patient);
        state.patient -= patient.len();
        for pending in std::mem::take(&mut connection.connects) {
            self.complete(state, pending, Outcome::System(error.clone()));
        }
        for pending in queue.into_iter().chain(patient) {
            self.answered(
                state,
                pending,
                Outcome::System(error.clone()),
                Cause::Nobody,
            );
        }
    }

    /// The peer refused the link: that is what a dial through it fails with, if all else fails too.
    pub fn dial_refused(&self, state: &mut State, link: u64, code: Code) {
        for key in dialing_through(state, link) {
            if let Some(dial) = state
                .connections
                .get_mut(&key)
                .and_then(|c| c.dial.as_mut())
            {
                dial.failure = code;
            }
        }
    }

    /// The link of a dial is gone.
    pub fn dial_lost_link(self: &Arc<Self>, state: &mut State, link: u64, why: &str) {
        for key in dialing_through(state, link) {
            if let Some(dial) = state
                .connections
                .get_mut(&key)
                .and_then(|c| c.dial.as_mut())
            {
                if let Some((_, instance)) = dial.current.take() {
                    dial.refusals.push(format!(
                        "{} instance {}: {why}",
                        instance.language, instance.name
                    ));
                    state.note_failure(instance.name);
                }
                self.next_candidate(state, key);
            }
        }
    }

    /// A handshake takes long. A dead instance is left; a busy one is waited for only where there is no other.
    pub fn dial_takes_long(self: &Arc<Self>, state: &mut State, key: u64) {
        let Some(connection) = state.connections.get_mut(&key) else {
            return;
        };
        let Some(dial) = &mut connection.dial else {
            return;
        };
        let Some((link, instance)) = dial.current.clone() else {
            return;
        };
        if state.links.get(&link).is_none_or(|l| l.peer.is_some()) {
            return;
        }
        if !discovery::is_alive(&instance) {
            discovery::forget(&instance);
            return self.lose(state, link, "it is dead");
        }
        state
            .timers
            .insert((clock::now() + PATIENCE, Timer::Dial(key)));
        if !dial.candidates.is_empty() {
            dial.candidates.push_back(instance);
            dial.current = None;
            self.next_candidate(state, key);
        }
    }
}

/// The dial of a connection that has one.
fn dial_of(state: &mut State, key: u64) -> &mut Dial {
    let connection = state.connections.get_mut(&key);
    let dial = connection.and_then(|connection| connection.dial.as_mut());
    dial.expect("the caller has just begun it")
}

pub(super) fn dialing_through(state: &State, link: u64) -> Vec<u64> {
    let through = |dial: &Dial| {
        dial.current
            .as_ref()
            .is_some_and(|(current, _)| *current == link)
    };
    state
        .connections
        .iter()
        .filter(|(_, c)| c.dial.as_ref().is_some_and(through))
        .map(|(key, _)| *key)
        .collect()
}

/// Our side of the handshake.
pub(crate) fn hello(
    settings: &Settings,
    language: &str,
    instance: &str,
    exports: Vec<hms_ffi_core::protocol::Export>,
) -> Hello {
    Hello {
        calls: settings.calls_granted(),
        message: settings.limits.max_message,
        reassembly: settings.limits.max_message.saturating_mul(4),
        pid: std::process::id(),
        instance: instance.to_owned(),
        language: language.to_owned(),
        exports,
        ..Hello::default()
    }
}
