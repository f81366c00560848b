//! The provider's side: what an instance exports, who may call, and who runs the calls.
//!
//! - this file: the server and its life;
//! - `accept`: connections that come in; `admit`: from the wire into the queue, and out of it;
//! - `queue`: calls that wait for a worker; `work`: the threads that run them;
//! - `inbound`: one call and its reply;
//! - `callable`: what cannot be called yet;
//! - `tap`: how `hms trace` sees calls; `status`: how `hms list` sees an instance.

mod accept;
mod admit;
mod callable;
mod inbound;
mod queue;
mod status;
mod tap;
mod work;

pub(crate) use accept::{accept, schema_requested};
pub(crate) use admit::{
    any_waits, called, called_locally, ended, give_up_locally, has_free_worker, look_after_queues,
    take_of_chain, unqueue,
};
pub use callable::uncallable;
pub use inbound::Inbound;

use super::discovery::Registration;
use super::driver::rota::Spot;
use super::driver::state::{LinkEntry, Side, State};
use super::driver::turn::Watched;
use super::driver::{Driver, Inner, Kind, blocked, lead};
use super::settings::Settings;
use hms_ffi_core::contract::schema::Schema;
use hms_ffi_core::dispatch::{FunctionMetrics, Layers, LimitLayer, MetricsLayer, Outcome};
use hms_ffi_core::error::{Code, Error, Result};
use hms_ffi_transport::clock;
use hms_ffi_transport::park::Parker;
use hms_ffi_transport::poll::Interest;
use hms_ffi_transport::socket::Listener;
use queue::Queue;
use rustc_hash::FxHashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Runs calls. Thread drivers call it on workers, and on a waiting thread of the same chain.
pub trait Handler: Send + Sync {
    /// Serves one call: replies now, or keeps it and replies later from any thread.
    fn handle(&self, call: Inbound);
}

/// One interface that an instance offers.
#[derive(Clone)]
pub struct Export {
    /// Its schema.
    pub schema: Arc<Schema>,
    /// What runs its calls; `None` on an event loop's driver, where they come as [`super::Event::Call`].
    pub handler: Option<Arc<dyn Handler>>,
}

/// How an instance serves.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// Settings; without them those of the environment.
    pub settings: Option<Settings>,
    /// Calls that run at once.
    pub max_concurrent: usize,
    /// Calls that may wait beyond these; more are refused with `resource-exhausted`.
    pub queue: usize,
    /// The program's name, for people.
    pub name: String,
}

impl Default for ServeOptions {
    fn default() -> Self {
        ServeOptions {
            settings: None,
            max_concurrent: 64,
            queue: 1024,
            name: program_name(),
        }
    }
}

/// The name of the running program.
fn program_name() -> String {
    let path = std::env::current_exe().ok();
    path.as_deref()
        .and_then(|p| p.file_stem())
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// Nanoseconds under which a handler counts as short: handing the lead over costs about a tenth of that.
const SHORT: u64 = 100_000;
/// Nanoseconds of queued work for which one more worker is woken.
const WORTH_A_WAKE_UP: u64 = 200_000;

/// A running instance. Dropping it closes it.
pub struct Server {
    driver: Driver,
    key: u64,
    name: String,
    metrics: Arc<MetricsLayer>,
}

pub(crate) struct Exported {
    pub schema: Arc<Schema>,
    pub handler: Option<Arc<dyn Handler>>,
    pub uncallable: Vec<Option<String>>,
    json: OnceLock<Arc<[u8]>>,
}

/// What the driver knows of a server.
pub(crate) struct ServerState {
    pub exports: Vec<Arc<Exported>>,
    pub settings: Arc<Settings>,
    pub layers: Arc<Layers>,
    pub tap: Arc<tap::Tap>,
    pub metrics: Arc<MetricsLayer>,
    /// Whose it is.
    pub uid: u32,
    pub max_concurrent: usize,
    /// Calls that run or wait, at most.
    pub bound: usize,
    /// Calls that no handler has seen yet.
    pub ready: Queue,
    pub running: usize,
    /// The chains of the running calls, with how many each has.
    pub chains: FxHashMap<[u8; 16], u32>,
    /// How many nanoseconds a handler takes, the last ones weighing most.
    typical: u64,
    /// All workers, and how many of them run a call (other threads may run calls of their own chains).
    workers: Vec<Arc<Parker>>,
    busy_workers: usize,
    /// Threads that wait until nothing runs any more.
    pub drainers: Vec<Arc<Parker>>,
    listener: Option<Listener>,
    registration: Option<Registration>,
    draining: bool,
    closed: bool,
}

impl ServerState {
    pub fn accepts_calls(&self) -> bool {
        !self.draining && !self.closed
    }

    pub fn is_idle(&self) -> bool {
        self.running == 0 && self.ready.is_empty()
    }

    /// The export at this index of our hello; the tap comes last.
    pub fn export(&self, index: usize) -> Option<&Arc<Exported>> {
        if index == self.exports.len() {
            return Some(tap::exported());
        }
        self.exports.get(index)
    }

    /// Whether threads have come to work for it.
    pub fn has_workers(&self) -> bool {
        !self.workers.is_empty()
    }

    /// How many of the workers run nothing at this moment.
    fn free_workers(&self) -> usize {
        self.workers.len().saturating_sub(self.busy_workers)
    }

    /// Whether there is one.
    pub fn has_free_worker(&self) -> bool {
        self.free_workers() > 0
    }

    /// The leader, if it is one of our workers.
    fn leading_worker(&self, leader: Option<&Arc<Parker>>) -> Option<Arc<Parker>> {
        let leader = leader?;
        self.workers
            .iter()
            .find(|worker| Arc::ptr_eq(worker, leader))
            .cloned()
    }
}

impl Server {
    /// Listens, registers, and returns when callers can find the instance.
    ///
    /// # Errors
    /// `failed-precondition` where no runtime directory can be used (it says why and how to cure it), `invalid-argument` for settings or
    /// an interface that is exported twice.
    pub fn start(driver: &Driver, exports: Vec<Export>, options: ServeOptions) -> Result<Server> {
        let inner = driver.usable()?;
        let settings = Arc::new(options.settings.map_or_else(Settings::from_env, Ok)?);
        let mut interfaces: Vec<String> =
            exports.iter().map(|e| e.schema.interface.clone()).collect();
        let count = interfaces.len();
        interfaces.sort();
        interfaces.dedup();
        if interfaces.len() != count {
            return Err(Error::invalid_argument("an interface is exported twice"));
        }
        let interfaces = exports.iter().map(|e| e.schema.interface.clone()).collect();
        let (registration, listener) =
            Registration::publish(&settings, interfaces, inner.language, &options.name)?;
        let name = registration.name().to_owned();
        let metrics = Arc::new(MetricsLayer::new(
            exports.iter().map(|e| e.schema.functions.len()),
        ));
        let bound = options.max_concurrent.max(1).saturating_add(options.queue);
        let tap = Arc::new(tap::Tap::default());
        let limits = Arc::new(LimitLayer::new(bound));
        let layers = Layers::new(vec![tap.clone(), metrics.clone(), limits]);
        let exports = exports
            .into_iter()
            .map(|export| {
                Arc::new(Exported {
                    uncallable: uncallable(&export.schema),
                    schema: export.schema,
                    handler: export.handler,
                    json: OnceLock::new(),
                })
            })
            .collect();
        let mut state = inner.lock();
        let key = state.key();
        inner
            .poller
            .add(&listener, Watched::Listener(key).key(), Interest::READ)
            .map_err(|e| Error::new(Code::ResourceExhausted, format!("cannot listen: {e}")))?;
        state.servers.insert(
            key,
            ServerState {
                exports,
                settings,
                layers: Arc::new(layers),
                tap,
                metrics: metrics.clone(),
                uid: super::account::own_uid(),
                max_concurrent: options.max_concurrent.max(1),
                bound,
                ready: Queue::default(),
                running: 0,
                chains: FxHashMap::default(),
                // Not short until it is known.
                typical: SHORT,
                workers: Vec::new(),
                busy_workers: 0,
                drainers: Vec::new(),
                listener: Some(listener),
                registration: Some(registration),
                draining: false,
                closed: false,
            },
        );
        drop(state);
        if let Kind::Loop(_) = inner.kind {
            blocked::serves(&name, inner);
        }
        Ok(Server {
            driver: driver.clone(),
            key,
            name,
            metrics,
        })
    }

    /// The instance's random name.
    pub fn instance(&self) -> &str {
        &self.name
    }

    /// What the metrics layer has counted for a function.
    pub fn metrics(&self, export: usize, function: usize) -> FunctionMetrics {
        self.metrics.get(export, function)
    }

    fn threads(&self) -> Result<&Arc<Inner>> {
        let inner = self.driver.usable()?;
        match inner.kind {
            Kind::Threads => Ok(inner),
            Kind::Loop(_) => Err(Error::new(
                Code::FailedPrecondition,
                "an event loop serves through its turns",
            )),
        }
    }

    /// Leaves discovery and says goodbye: calls that run go on, new ones go elsewhere.
    pub fn stop_accepting(&self) {
        let Ok(inner) = self.driver.usable() else {
            return;
        };
        let mut state = inner.lock();
        if let Some(server) = state.servers.get_mut(&self.key)
            && !server.draining
        {
            server.draining = true;
            server.registration = None;
            if let Some(listener) = server.listener.take() {
                inner.poller.remove(&listener);
            }
            for key in links_of(&state, self.key) {
                if let Some(link) = state.links.get_mut(&key) {
                    link.protocol.goodbye("the provider is shutting down");
                    state.touch(key);
                }
            }
            // Callers of this process have no link on which to hear the goodbye.
            for connection in state.connections.values_mut() {
                connection
                    .routes
                    .retain(|route| route.link.is_some() || route.server != self.key);
            }
            inner.flush(&mut state);
        }
    }

    /// Threads that are in [`Server::work`] now.
    pub fn workers(&self) -> usize {
        let Ok(inner) = self.driver.usable() else {
            return 0;
        };
        let state = inner.lock();
        state
            .servers
            .get(&self.key)
            .map_or(0, |server| server.workers.len())
    }

    /// Calls that are queued or run.
    pub fn in_flight(&self) -> usize {
        let Ok(inner) = self.driver.usable() else {
            return 0;
        };
        inner
            .lock()
            .servers
            .get(&self.key)
            .map_or(0, |server| server.running + server.ready.len())
    }

    /// [`Server::stop_accepting`], then waits until nothing runs any more, at most `grace`, then [`Server::close`]. For threads.
    pub fn drain(&self, grace: Duration) {
        self.stop_accepting();
        if let Ok(inner) = self.threads()
            && let Ok(parker) = lead::current()
        {
            let until =
                clock::now().saturating_add(u64::try_from(grace.as_nanos()).unwrap_or(u64::MAX));
            let mut state = inner.lock();
            while state
                .servers
                .get(&self.key)
                .is_some_and(|server| !server.is_idle())
                && clock::now() < until
            {
                if let Some(server) = state.servers.get_mut(&self.key) {
                    server.drainers.push(parker.clone());
                }
                state = inner.wait_once(state, &parker, until, Spot::Caller).0;
                if let Some(server) = state.servers.get_mut(&self.key) {
                    server.drainers.retain(|other| !Arc::ptr_eq(other, &parker));
                }
            }
            inner.hand_over(&mut state);
        }
        self.close();
    }

    /// Ends now: running calls are cancelled, links are closed, workers return.
    pub fn close(&self) {
        let Ok(inner) = self.driver.usable() else {
            return;
        };
        blocked::serves_no_longer(&self.name);
        self.stop_accepting();
        let mut state = inner.lock();
        let leader = state.rota.leader().cloned();
        let Some(server) = state.servers.get_mut(&self.key) else {
            return;
        };
        server.closed = true;
        let queued = server.ready.drain();
        let leading = server.leading_worker(leader.as_ref());
        for call in queued {
            call.end_unstarted(
                inner,
                &mut state,
                Outcome::System(Error::unavailable("the provider was closed")),
            );
        }
        inner.flush(&mut state);
        for key in links_of(&state, self.key) {
            inner.lose(&mut state, key, "the server was closed");
        }
        admit::end_local(inner, &mut state, self.key);
        state.rota.wake_all(Spot::Worker(self.key));
        state.rota.wake_all(Spot::Reserve);
        if let Some(parker) = leading {
            inner.wake(&mut state, &parker);
        }
        inner.poller.ring();
        forget_ended(&mut state, self.key);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.close();
    }
}

/// A closed server stays known until the last of its calls has ended.
fn forget_ended(state: &mut State, key: u64) {
    if state
        .servers
        .get(&key)
        .is_some_and(|server| server.closed && server.is_idle())
    {
        let server = state.servers.remove(&key);
        state.later.servers.extend(server);
    }
}

fn links_of(state: &State, server: u64) -> Vec<u64> {
    let is_ours = |link: &LinkEntry| matches!(link.side, Side::Server { server: s } if s == server);
    state
        .links
        .iter()
        .filter(|(_, link)| is_ours(link))
        .map(|(key, _)| *key)
        .collect()
}
