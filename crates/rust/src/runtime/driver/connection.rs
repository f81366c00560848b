//! A connection: one caller's way to an interface, with routes to at most two instances. `dial` looks for instances, `handshake` gets from
//! an instance to a route.

use super::dial::Dial;
use super::retry::Budget;
use super::state::{Plan, Progress, Side, State, Target, Translation};
use super::{Event, Inner};
use crate::runtime::client::Client;
use crate::runtime::metrics::Counts;
use crate::runtime::settings::Settings;
use hms_ffi_core::contract::schema::Schema;
use hms_ffi_core::dispatch::Outcome;
use hms_ffi_core::error::{Code, Error};
use std::collections::VecDeque;
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
    /// Calls that wait for a route (pending keys).
    pub queue: Vec<u64>,
    /// Calls that wait for room on one.
    pub patient: VecDeque<u64>,
    /// Connects that wait for a route (pending keys).
    pub connects: Vec<u64>,
    /// Takes turns between equally busy routes.
    pub turn: usize,
    /// Monotonic nanoseconds of the last look for instances.
    pub looked: u64,
    pub budget: Budget,
    pub counts: Arc<Counts>,
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
        let Some(pending) = state.remove_pending(key) else {
            return;
        };
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
    /// A connection that has not looked for an instance yet.
    pub fn new(wanted: String, settings: Arc<Settings>) -> Self {
        Connection {
            wanted,
            instance: None,
            settings,
            view: None,
            brought: false,
            routes: Vec::new(),
            dial: None,
            queue: Vec::new(),
            patient: VecDeque::new(),
            connects: Vec::new(),
            turn: 0,
            looked: 0,
            budget: Budget::default(),
            counts: Arc::default(),
        }
    }

    /// A call was started: it adds to what may be spent on further attempts.
    pub fn earn(&mut self) {
        self.budget.earn();
    }

    /// Whether the contract says that calling a function (index in the view) twice is like calling it once.
    pub fn is_idempotent(&self, function: u32) -> bool {
        let view = self.view.as_ref();
        view.and_then(|view| view.functions.get(function as usize))
            .is_some_and(|function| function.idempotent)
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
