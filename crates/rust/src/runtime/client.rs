//! The caller's side: a client of one interface, and its calls as bytes.

use super::cancel::Cancel;
use super::chain;
use super::context::CallContext;
use super::deadline::{call_deadline, deadline};
use super::driver::connection::Connection;
use super::driver::state::{Pending, Progress, Request, State, Target, Timer};
use super::driver::{Driver, Inner, Kind, call, dial, lead};
use super::metrics::{ClientMetrics, Counts};
use super::settings::{Settings, Timeout};
use hms_ffi_core::contract::schema::Schema;
use hms_ffi_core::dispatch::Outcome;
use hms_ffi_core::error::{Code, Error, Result, Sent};
use hms_ffi_core::protocol::{CallHead, Metadata, Reason};
use hms_ffi_transport::clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::time::Duration;

/// What a connect may bring.
#[derive(Clone, Debug, Default)]
pub struct ConnectOptions {
    /// The caller's own view of the interface, from its contract or generated types; without one the provider's schema is used.
    pub view: Option<Arc<Schema>>,
    /// Only the instance of this name, which need not list the interface in discovery.
    pub instance: Option<String>,
    /// How long the connect may take.
    pub timeout: Timeout,
    /// Settings; without them those of the environment.
    pub settings: Option<Settings>,
    /// The inbound call in whose course this happens; its deadline counts too.
    pub parent: Option<Arc<CallContext>>,
}

/// What one call may bring.
#[derive(Clone, Debug, Default)]
pub struct CallOptions {
    /// How long the call may take.
    pub timeout: Timeout,
    /// The inbound call in whose course this happens: its deadline, chain and trace context are inherited.
    pub parent: Option<Arc<CallContext>>,
    /// So that the provider can tell a repetition from a new request.
    pub idempotency_key: Option<String>,
    /// W3C trace context; without it the parent's.
    pub traceparent: Option<String>,
    /// Over the quota of calls in flight it waits for room instead of failing with `resource-exhausted`: for batches.
    pub wait_for_room: bool,
    /// It is never tried again.
    pub no_retry: bool,
    /// What cancels it.
    pub cancel: Option<Cancel>,
}

/// A client of one interface. Cheap to clone; the last clone that goes closes the connection.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    wanted: String,
    instance: Option<String>,
    settings: Arc<Settings>,
    view: Arc<Schema>,
    brought: bool,
    /// Which functions cannot be called yet, and why.
    uncallable: Vec<Option<String>>,
    counts: Arc<Counts>,
    /// Driver and connection; replaced in a forked child, where the parent's are leaked.
    home: AtomicPtr<Home>,
}

struct Home {
    driver: Driver,
    connection: u64,
}

impl Client {
    /// Connects and blocks until a provider was found and its schema is known. For threads, not for event loops.
    ///
    /// # Errors
    /// `unavailable` where no provider answers (it names every directory and instance that was tried),
    /// `failed-precondition` where the provider does not fit the caller's contract, `deadline-exceeded`, `cancelled` when
    /// `interrupt` said true, `invalid-argument` for settings.
    pub fn connect(
        driver: &Driver,
        interface: &str,
        options: ConnectOptions,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<Client> {
        let inner = driver.usable()?;
        if let Kind::Loop(_) = inner.kind {
            return Err(Error::new(
                Code::FailedPrecondition,
                "an event loop's driver cannot block",
            ));
        }
        let settings = Arc::new(settings(options.settings)?);
        let deadline = deadline(&settings, options.timeout, options.parent.as_deref());
        let candidates = dial::candidates(interface, options.instance.as_deref(), &settings).map(
            |(mut found, mut none)| {
                let before = found.len();
                found.retain(|instance| !super::driver::blocked::is_on_this_loop(&instance.name));
                if found.is_empty() && before > 0 {
                    none = OWN_LOOP.to_owned();
                }
                (found, none)
            },
        );
        let candidates = match candidates {
            Ok((found, none)) if found.is_empty() && none == OWN_LOOP => {
                return Err(Error::new(Code::FailedPrecondition, OWN_LOOP));
            }
            other => other,
        };
        let parker = lead::current()?;
        let mut state = inner.lock();
        let (connection, pending) = open(
            &mut state,
            interface,
            options.instance,
            settings,
            options.view,
            Inner::thread_target(&parker),
            deadline,
        );
        inner.dial(&mut state, connection, candidates);
        let chain = options
            .parent
            .as_ref()
            .map_or([0; 16], |parent| parent.chain);
        let outcome = inner.wait_for(state, pending, &parker, chain, interrupt);
        if let Outcome::Ok(_) = outcome {
            return Ok(Client::of(inner, &mut inner.lock(), connection));
        }
        if inner.is_ours() {
            inner.lock().connections.remove(&connection);
        }
        Err(match outcome {
            Outcome::System(error) => error,
            _ => Error::new(Code::Cancelled, "the connect was interrupted"),
        })
    }

    /// Starts a connect on an event loop's driver; [`super::Event::Connected`] with this token ends it.
    ///
    /// # Errors
    /// `invalid-argument` for settings, `failed-precondition` for a driver of the parent process. Everything else comes with the event.
    pub fn connect_start(
        driver: &Driver,
        interface: &str,
        options: ConnectOptions,
        token: u64,
    ) -> Result<()> {
        let inner = driver.usable()?;
        Self::start_connect(inner, interface, options, Target::Connect(token))?;
        Ok(())
    }

    /// Starts a connect for which no thread waits; gives the keys of connection and pending connect.
    pub(super) fn start_connect(
        inner: &Arc<Inner>,
        interface: &str,
        options: ConnectOptions,
        target: Target,
    ) -> Result<(u64, u64)> {
        let settings = Arc::new(settings(options.settings)?);
        let deadline = deadline(&settings, options.timeout, options.parent.as_deref());
        let candidates = dial::candidates(interface, options.instance.as_deref(), &settings);
        let mut state = inner.lock();
        let (connection, pending) = open(
            &mut state,
            interface,
            options.instance,
            settings,
            options.view,
            target,
            deadline,
        );
        if deadline != 0 {
            state.timers.insert((deadline, Timer::Deadline(pending)));
        }
        inner.dial(&mut state, connection, candidates);
        inner.flush(&mut state);
        inner.arm(&mut state);
        Ok((connection, pending))
    }

    /// The client of a connection that has a route.
    pub(crate) fn of(inner: &Arc<Inner>, state: &mut State, connection: u64) -> Client {
        let entry = &state.connections[&connection];
        let view = entry
            .view
            .clone()
            .expect("a connection with a route has a view");
        let home = Home {
            driver: Driver {
                inner: inner.clone(),
            },
            connection,
        };
        Client {
            shared: Arc::new(Shared {
                wanted: entry.wanted.clone(),
                instance: entry.instance.clone(),
                settings: entry.settings.clone(),
                uncallable: super::server::uncallable(&view),
                view,
                brought: entry.brought,
                counts: entry.counts.clone(),
                home: AtomicPtr::new(Box::into_raw(Box::new(home))),
            }),
        }
    }

    /// The caller's view of the interface: what argument bytes are made of and results are read with. It stays the same over reconnects.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.shared.view
    }

    /// The settings that the client was made with.
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// Calls a function (index in [`Client::schema`]) and blocks until it ends. `interrupt` is asked after a signal, and now and then:
    /// true gives up.
    pub fn call(
        &self,
        function: u32,
        args: Vec<u8>,
        options: &CallOptions,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Outcome {
        match self.try_call(function, args, options, interrupt) {
            Ok(outcome) => outcome,
            Err(error) => Outcome::System(error),
        }
    }

    fn try_call(
        &self,
        function: u32,
        args: Vec<u8>,
        options: &CallOptions,
        interrupt: &mut dyn FnMut() -> bool,
    ) -> Result<Outcome> {
        self.check(function, &args)?;
        let (inner, connection) = self.blocking_home()?;
        let request = self.request(function, args, options)?;
        let chain = request.head.chain;
        let parker = lead::current()?;
        let mut state = inner.lock();
        let target = Inner::thread_target(&parker);
        let key = inner.start_call(&mut state, connection, target, request);
        inner.flush(&mut state);
        Ok(inner.wait_for(state, key, &parker, chain, interrupt))
    }

    /// Starts a call on an event loop's driver; [`super::Event::Done`] with this token ends it. Call [`Driver::turn`] or
    /// [`Driver::flush`] once after starting calls: they are sent together.
    pub fn start(&self, function: u32, args: Vec<u8>, options: &CallOptions, token: u64) {
        let started = self
            .check(function, &args)
            .and_then(|()| Ok((self.home()?, self.request(function, args, options)?)))
            .map(|(home, request)| {
                let inner = &home.driver.inner;
                let mut state = inner.lock();
                inner.start_call(&mut state, home.connection, Target::Call(token), request);
            });
        if let Err(error) = started
            && let Ok(home) = self.home()
        {
            let outcome = Outcome::System(error);
            home.driver
                .inner
                .lock()
                .events
                .push_back((super::Event::Done { token, outcome }, None));
        }
    }

    /// The loop no longer waits for the call with this token; no event will come for it.
    pub fn give_up(&self, token: u64) {
        let Ok(home) = self.home() else { return };
        let inner = &home.driver.inner;
        let mut state = inner.lock();
        let found = state.tokens.get(&token).copied();
        match found {
            Some(key) => {
                inner.give_up(&mut state, key, Reason::Cancelled);
            }
            None => state.events.retain(
                |(event, _)| !matches!(event, super::Event::Done { token: t, .. } if *t == token),
            ),
        }
    }

    /// Ends the connection: calls that run end with `cancelled`, later ones with `failed-precondition`.
    pub fn close(&self) {
        let home = self.shared.home.load(Ordering::Acquire);
        // SAFETY: `home` is valid as long as `shared`; it is only replaced, never freed before.
        let home = unsafe { &*home };
        if home.driver.is_ours() {
            close(home);
        }
    }

    pub(super) fn check(&self, function: u32, args: &[u8]) -> Result<()> {
        match self.shared.uncallable.get(function as usize) {
            None => {
                return Err(Error::unimplemented(format!(
                    "{} has no function {function}",
                    self.shared.wanted
                )));
            }
            Some(Some(why)) => return Err(Error::unimplemented(why.clone())),
            Some(None) => {}
        }
        let limit = self.shared.settings.limits.max_message;
        if args.len() as u64 > limit {
            let message = format!(
                "arguments of {} bytes are over the limit of {limit} (HMS_MAX_MESSAGE)",
                args.len()
            );
            return Err(Error::new(Code::ResourceExhausted, message));
        }
        Ok(())
    }

    /// Driver and connection for calls that block.
    pub(super) fn blocking_home(&self) -> Result<(&Arc<Inner>, u64)> {
        let home = self.home()?;
        let inner = &home.driver.inner;
        match inner.kind {
            Kind::Threads => Ok((inner, home.connection)),
            Kind::Loop(_) => Err(Error::new(
                Code::FailedPrecondition,
                "an event loop's driver cannot block",
            )),
        }
    }

    /// How the calls of this client and its clones went.
    pub fn metrics(&self) -> ClientMetrics {
        let mut metrics = self.shared.counts.read();
        if let Ok(home) = self.home() {
            let state = home.driver.inner.lock();
            if let Some(connection) = state.connections.get(&home.connection) {
                metrics.instances = connection.routes.len() as u32;
                metrics.resting = connection
                    .routes
                    .iter()
                    .filter_map(|route| state.links.get(&route.link?)?.peer.as_ref())
                    .filter(|peer| state.rests(&peer.instance))
                    .count() as u32;
            }
        }
        metrics
    }

    /// A call that may be started now.
    pub(super) fn request(
        &self,
        function: u32,
        args: Vec<u8>,
        options: &CallOptions,
    ) -> Result<Request> {
        let parent = options.parent.as_deref();
        if parent.is_some_and(CallContext::is_abandoned) {
            let message = "the call that this one belongs to was cancelled";
            return Err(Error::new(Code::Cancelled, message));
        }
        if options.cancel.as_ref().is_some_and(Cancel::is_cancelled) {
            return Err(Error::new(Code::Cancelled, "the call was cancelled"));
        }
        let deadline = call_deadline(&self.shared.settings, options.timeout, parent);
        if deadline != 0 && clock::now() >= deadline {
            return Err(call::late(Sent::NotSent));
        }
        let head = CallHead {
            interface: 0,
            function: 0,
            deadline,
            chain: parent.map_or_else(chain::new, |parent| parent.chain),
            meta: Metadata {
                traceparent: options
                    .traceparent
                    .clone()
                    .or_else(|| parent.and_then(|p| p.traceparent.clone())),
                tracestate: parent.and_then(|p| p.tracestate.clone()),
                idempotency_key: options.idempotency_key.clone(),
                hops: parent.map_or(0, |parent| parent.hops.saturating_add(1)),
                ..Metadata::default()
            },
        };
        Ok(Request {
            function,
            args: args.into(),
            head,
            parent: options.parent.clone(),
            wait_for_room: options.wait_for_room,
            no_retry: options.no_retry,
            cancel: options.cancel.clone(),
        })
    }

    /// This process's driver and connection.
    fn home(&self) -> Result<&Home> {
        let current = self.shared.home.load(Ordering::Acquire);
        // SAFETY: `home` is valid as long as `shared`; it is only replaced, never freed before.
        let home = unsafe { &*current };
        if home.driver.is_ours() {
            return Ok(home);
        }
        if let Kind::Loop(_) = home.driver.inner.kind {
            return Err(Error::new(
                Code::FailedPrecondition,
                "this client belongs to the event loop of the parent process",
            ));
        }
        // A forked child: the parent's driver is left as it is, a new connection is made at the first call.
        let driver = Driver::shared(home.driver.inner.language)?;
        let connection = {
            let mut state = driver.inner.lock();
            let key = state.key();
            state.connections.insert(key, self.shared.connection());
            key
        };
        let fresh = Box::into_raw(Box::new(Home { driver, connection }));
        match self
            .shared
            .home
            .compare_exchange(current, fresh, Ordering::AcqRel, Ordering::Acquire)
        {
            // SAFETY: valid as long as `shared`.
            Ok(_) => Ok(unsafe { &*fresh }),
            // SAFETY: another thread's, just as valid; our own connection has no links and stays empty.
            Err(other) => Ok(unsafe { &*other }),
        }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("interface", &self.shared.view.interface)
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn connection(&self) -> Connection {
        Connection {
            instance: self.instance.clone(),
            view: Some(self.view.clone()),
            brought: self.brought,
            counts: self.counts.clone(),
            ..Connection::new(self.wanted.clone(), self.settings.clone())
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let home = *self.home.get_mut();
        // SAFETY: nobody else has `shared` any more.
        let home = unsafe { &*home };
        if home.driver.is_ours() {
            close(home);
            // SAFETY: made by `Box::into_raw`, and nobody else has it. The parent's is left alone in a forked child.
            drop(unsafe { Box::from_raw(std::ptr::from_ref(home).cast_mut()) });
        }
    }
}

const OWN_LOOP: &str = "the only provider is served by this thread's own event loop, which a blocking call would stop: await the call instead";

fn settings(given: Option<Settings>) -> Result<Settings> {
    let settings = given.map_or_else(Settings::from_env, Ok)?;
    if settings.transport == super::settings::Transport::SharedMemory {
        return Err(Error::new(
            Code::FailedPrecondition,
            "HMS_TRANSPORT=shm: shared memory is not available in this version; use auto or socket",
        ));
    }
    Ok(settings)
}

fn open(
    state: &mut State,
    interface: &str,
    instance: Option<String>,
    settings: Arc<Settings>,
    view: Option<Arc<Schema>>,
    target: Target,
    deadline: u64,
) -> (u64, u64) {
    let connection = state.key();
    let pending = state.key();
    state.insert_pending(
        pending,
        Pending {
            progress: Progress::Connecting,
            deadline,
            connection,
            ..Pending::new(target)
        },
    );
    state.connections.insert(
        connection,
        Connection {
            instance,
            brought: view.is_some(),
            view,
            connects: vec![pending],
            looked: clock::now(),
            ..Connection::new(interface.to_owned(), settings)
        },
    );
    (connection, pending)
}

fn close(home: &Home) {
    let inner = &home.driver.inner;
    let mut state = inner.lock();
    let Some(connection) = state.connections.remove(&home.connection) else {
        return;
    };
    state.patient -= connection.patient.len();
    let open: Vec<u64> = state
        .pending
        .iter()
        .filter(|(_, p)| p.connection == home.connection)
        .map(|(key, _)| *key)
        .collect();
    for key in open {
        let sent = state.pending.get(&key).map_or(Sent::NotSent, Pending::sent);
        let error = Error::new(Code::Cancelled, "the client was closed").with_sent(sent);
        inner.give_up_with(&mut state, key, Reason::Cancelled, Outcome::System(error));
    }
    inner.release_links(&mut state);
    inner.flush(&mut state);
}

impl Driver {
    /// The inside, unless this is a forked child of the process that made it.
    pub(crate) fn usable(&self) -> Result<&Arc<Inner>> {
        if self.is_ours() {
            return Ok(&self.inner);
        }
        Err(Error::new(
            Code::FailedPrecondition,
            "this driver belongs to the parent process; make a new one after fork",
        ))
    }
}

/// A duration as whole nanoseconds is enough for half a millennium.
const _: () = assert!(u64::MAX as u128 > Duration::from_secs(500 * 365 * 86_400).as_nanos());
