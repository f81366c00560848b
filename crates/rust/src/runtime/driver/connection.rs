//! A connection: one caller's way to an interface, with routes to at most two instances. `dial` looks for instances, `handshake` gets from
//! an instance to a route.

use super::call::QueuedCall;
use super::dial::Dial;
use super::state::{LinkEntry, Plan, Progress, Side, State, Target, Timer, Translation};
use super::{Event, Inner};
use crate::runtime::client::Client;
use crate::runtime::settings::Settings;
use hms_ffi_core::contract::schema::Schema;
use hms_ffi_core::dispatch::Outcome;
use hms_ffi_core::error::{Code, Error};
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
    pub translation: Option<Arc<Translation>>,
}

impl Inner {
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
        self.translation.clone().map(|translation| Plan {
            translation,
            function,
        })
    }
}

/// Whether a pending entry is a connect.
pub(crate) fn is_connect(progress: &Progress) -> bool {
    matches!(progress, Progress::Connecting)
}
