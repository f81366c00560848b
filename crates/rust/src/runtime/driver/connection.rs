//! A connection: one caller's way to an interface. It looks for instances, shakes hands, gets the schema, resolves versions,
//! and keeps routes to at most two instances.

use super::call::QueuedCall;
use super::state::{LinkEntry, Plan, Progress, Side, State, Target, Timer};
use super::turn::Watched;
use super::{Event, Inner};
use crate::runtime::client::Client;
use crate::runtime::discovery::{self, InstanceDescription};
use crate::runtime::settings::Settings;
use hms_ffi_core::contract::resolve::Resolution;
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

/// See the module.
pub(crate) struct Connection {
    /// The interface as asked for, perhaps without a version.
    pub wanted: String,
    /// Only this instance.
    pub instance: Option<String>,
    pub settings: Arc<Settings>,
    /// The caller's view: its own contract, else the first provider's.
    pub view: Option<Arc<Schema>>,
    /// The caller brought the view: what cannot be resolved fails the connect.
    pub brought: bool,
    pub routes: Vec<Route>,
    pub dial: Option<Dial>,
    /// Calls that wait for a route.
    pub queue: Vec<QueuedCall>,
    /// Connects that wait for a route (pending keys).
    pub connects: Vec<u64>,
    /// Takes turns between equally busy routes.
    pub turn: usize,
}

/// A way to one instance.
#[derive(Clone)]
pub(crate) struct Route {
    /// The link; `None` for a server of this process.
    pub link: Option<u64>,
    /// That server.
    pub server: u64,
    /// Index in the instance's hello.
    pub interface: u32,
    /// How the view and the instance's contract relate; `None` where they are the same.
    pub resolution: Option<Arc<Resolution>>,
}

/// A search under way.
pub(crate) struct Dial {
    candidates: VecDeque<InstanceDescription>,
    current: Option<(u64, InstanceDescription)>,
    /// Index of the interface whose schema was asked for on the current link.
    schema: Option<u32>,
    refusals: Vec<String>,
    failure: Code,
}

/// A handshake that takes longer is looked into.
const PATIENCE: u64 = 1_000_000_000;
/// Instances that one connection uses at most.
const MOST_ROUTES: usize = 2;

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
            Ok((candidates, none)) => {
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
                self.next_candidate(state, key);
            }
            Err(error) => self.dial_failed(state, key, error),
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
                            resolution: None,
                        };
                        (route, export.schema.clone())
                    })
            })
    }

    fn next_candidate(self: &Arc<Self>, state: &mut State, key: u64) {
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

    /// The peer's hello has come: whoever dials through this link goes on.
    pub fn link_opened(self: &Arc<Self>, state: &mut State, link: u64) {
        for key in dialing_through(state, link) {
            self.ask_schema(state, key);
        }
    }

    fn ask_schema(self: &Arc<Self>, state: &mut State, key: u64) {
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
            resolution: None,
        };
        self.route_found(state, key, (route, schema));
    }

    /// Resolves versions and lets everybody who waits go on.
    fn route_found(
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
                route.resolution = Some(Arc::new(resolution));
            }
        }
        let local = route.link.is_none();
        connection.routes.push(route);
        let queue = std::mem::take(&mut connection.queue);
        let connects = std::mem::take(&mut connection.connects);
        for call in queue {
            self.send_queued(state, key, call);
        }
        for pending in connects {
            self.complete(state, pending, Outcome::Ok(Vec::new()));
        }
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

    fn dial_failed(self: &Arc<Self>, state: &mut State, key: u64, error: Error) {
        let Some(connection) = state.connections.get_mut(&key) else {
            return;
        };
        connection.dial = None;
        let queue = std::mem::take(&mut connection.queue);
        let connects = std::mem::take(&mut connection.connects);
        for pending in queue.into_iter().map(|call| call.pending).chain(connects) {
            self.complete(state, pending, Outcome::System(error.clone()));
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

    /// A connect of an event loop has ended.
    pub fn connect_ended(self: &Arc<Self>, state: &mut State, key: u64, outcome: Outcome) {
        let Some(pending) = state.pending.remove(&key) else {
            return;
        };
        if pending.deadline != 0 {
            state
                .timers
                .remove(&(pending.deadline, Timer::Deadline(key)));
        }
        let Target::Connect(token) = pending.target else {
            return;
        };
        let result = match outcome {
            Outcome::Ok(_) => Ok(Client::of(self, state, pending.connection)),
            Outcome::System(error) => Err(error),
            Outcome::Declared(_) | Outcome::Cancelled => {
                Err(Error::new(Code::Cancelled, "the connect was cancelled"))
            }
        };
        if result.is_err() {
            state.connections.remove(&pending.connection);
        }
        state
            .events
            .push_back((Event::Connected { token, result }, None));
    }

    /// Closes links that no connection uses any more.
    pub fn release_links(self: &Arc<Self>, state: &mut State) {
        let used = |state: &State, link: u64| {
            state.connections.values().any(|connection| {
                connection
                    .routes
                    .iter()
                    .any(|route| route.link == Some(link))
                    || connection
                        .dial
                        .as_ref()
                        .is_some_and(|dial| dial.current.as_ref().is_some_and(|(l, _)| *l == link))
            })
        };
        let unused: Vec<u64> = state
            .links
            .iter()
            .filter(|(key, link)| matches!(link.side, Side::Client) && !used(state, **key))
            .map(|(key, _)| *key)
            .collect();
        for key in unused {
            self.flush_link(state, key);
            self.lose(state, key, "nobody uses it any more");
        }
    }

    /// Takes a connect back: nobody waits for it any more.
    pub fn forget_connect(&self, state: &mut State, pending: u64, connection: u64) {
        if let Some(connection) = state.connections.get_mut(&connection) {
            connection.connects.retain(|p| *p != pending);
        }
    }
}

impl Connection {
    /// The least busy route.
    pub fn pick(&mut self, links: &super::state::KeyMap<LinkEntry>) -> Option<Route> {
        if let [only] = self.routes.as_slice() {
            return Some(only.clone());
        }
        self.turn = self.turn.wrapping_add(1);
        let count = self.routes.len().max(1);
        let start = self.turn % count;
        (0..self.routes.len())
            .map(|i| &self.routes[(start + i) % count])
            .min_by_key(|route| {
                route
                    .link
                    .and_then(|key| links.get(&key))
                    .map_or(0, |link| link.outgoing.len())
            })
            .cloned()
    }
}

impl Route {
    /// What turns bytes of the view into bytes of the route's contract and back, if they differ.
    pub fn plan(&self, function: u32) -> Option<Plan> {
        self.resolution.clone().map(|resolution| Plan {
            resolution,
            function,
        })
    }
}

/// Our side of the handshake.
pub(crate) fn hello(
    settings: &Settings,
    language: &str,
    instance: &str,
    exports: Vec<hms_ffi_core::protocol::Export>,
) -> Hello {
    Hello {
        calls: settings.max_calls,
        message: settings.limits.max_message,
        reassembly: settings.limits.max_message.saturating_mul(4),
        pid: std::process::id(),
        instance: instance.to_owned(),
        language: language.to_owned(),
        exports,
        ..Hello::default()
    }
}

fn dialing_through(state: &State, link: u64) -> Vec<u64> {
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Whether a pending entry is a connect.
pub(crate) fn is_connect(progress: &Progress) -> bool {
    matches!(progress, Progress::Connecting)
}
