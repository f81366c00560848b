//! The provider's side for Rust programs: a component and its handlers.

use crate::async_handler::{AsyncHandler, Spawner, Task};
use crate::client::{changed, find, load};
use crate::error::Result;
use crate::handler::{Handler, Handlers, Serve};
use crate::runtime::server::uncallable;
use crate::runtime::{Driver, Export, ServeOptions, Server, Settings};
use crate::serving::{Serving, Signals};
use hms_ffi_core::contract::Contract;
use hms_ffi_core::contract::schema::Schema;
use hms_ffi_core::error::{Code, Error as SystemError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A component that exports one interface. [`Component::builder`] makes one, [`serve`](Component::serve) runs it.
pub struct Component {
    handlers: Handlers,
    schema: Arc<Schema>,
    options: ServeOptions,
    workers: usize,
    grace: Duration,
}

impl Component {
    /// A component for an interface, `hms:claims/adjudication`, with or without version.
    pub fn builder(interface: &str) -> ComponentBuilder {
        ComponentBuilder {
            interface: interface.to_owned(),
            schema: None,
            functions: Vec::new(),
            settings: Ok(None),
            options: ServeOptions::default(),
            workers: None,
            max_concurrent: None,
            spawner: None,
            grace: Duration::from_secs(10),
        }
    }

    /// Serves until SIGINT or SIGTERM: then new calls go elsewhere, those that run may end within the grace period, and this
    /// returns.
    ///
    /// # Errors
    /// `failed-precondition` where no runtime directory can be used; it says why.
    #[track_caller]
    pub fn serve(self) -> Result<()> {
        self.serve_with(|| ())
    }

    /// As [`serve`](Component::serve); `ready` runs once callers can find the component.
    ///
    /// # Errors
    /// As [`serve`](Component::serve).
    #[track_caller]
    pub fn serve_with(self, ready: impl FnOnce()) -> Result<()> {
        let grace = self.grace;
        let signals = Signals::install()?;
        let serving = self.start()?;
        ready();
        signals.wait();
        serving.drain(grace);
        Ok(())
    }

    /// Serves meanwhile, on threads of its own, until the [`Serving`] is closed or dropped. Callers can find the component when
    /// this returns.
    ///
    /// # Errors
    /// As [`serve`](Component::serve).
    #[track_caller]
    pub fn start(self) -> Result<Serving> {
        let export = Export {
            schema: self.schema,
            handler: Some(Arc::new(self.handlers)),
        };
        let started = Driver::shared("rust")
            .and_then(|driver| Server::start(&driver, vec![export], self.options));
        Serving::new(started?, self.workers)
    }
}

/// A component in the making.
pub struct ComponentBuilder {
    interface: String,
    schema: Option<Arc<Schema>>,
    functions: Vec<Option<Serve>>,
    settings: std::result::Result<Option<Settings>, SystemError>,
    options: ServeOptions,
    workers: Option<usize>,
    max_concurrent: Option<usize>,
    spawner: Option<Spawner>,
    grace: Duration,
}

impl ComponentBuilder {
    /// The contract: a `.wit` file, or a directory with `deps`.
    ///
    /// # Errors
    /// `invalid-argument` with file, line and column; `not-found` where the contract has no such interface.
    #[track_caller]
    pub fn wit(self, path: impl AsRef<Path>) -> Result<Self> {
        let contract = load(path.as_ref())?;
        self.contract(&contract)
    }

    /// The contract, loaded already ([`include_contract!`](crate::include_contract)).
    ///
    /// # Errors
    /// `not-found` where the contract has no such interface.
    #[track_caller]
    pub fn contract(mut self, contract: &Contract) -> Result<Self> {
        let schema = contract.schema(&self.interface)?;
        self.functions = schema.functions.iter().map(|_| None).collect();
        self.schema = Some(schema);
        Ok(self)
    }

    /// The handler of a function: a closure with the function's arguments. See [`Reply`](crate::Reply) for what it returns.
    ///
    /// # Errors
    /// `unimplemented` where the contract has no such function, `already-exists` where it has a handler, `invalid-argument` for
    /// another number of arguments, `failed-precondition` before the contract is known.
    #[track_caller]
    pub fn export<M: 'static, H: Handler<M>>(mut self, function: &str, handler: H) -> Result<Self> {
        match self.try_export(function, H::ARGS, Serve::now(handler)) {
            Ok(()) => Ok(self),
            Err(error) => Err(error.into()),
        }
    }

    /// A handler that is a future: `.export_async("adjudicate", |claim: Claim| async move { ... })`. It runs on the executor of
    /// the [`spawner`](Self::spawner); without one a worker waits for it. [`current_call`](crate::current_call) is this call
    /// while the future is polled. When the caller cancels or the deadline passes the future is dropped.
    ///
    /// # Errors
    /// As [`export`](Self::export).
    #[track_caller]
    pub fn export_async<M: 'static, H: AsyncHandler<M>>(
        mut self,
        function: &str,
        handler: H,
    ) -> Result<Self> {
        match self.try_export(function, H::ARGS, Serve::later(handler)) {
            Ok(()) => Ok(self),
            Err(error) => Err(error.into()),
        }
    }

    fn try_export(&mut self, name: &str, args: usize, handler: Serve) -> Result<(), SystemError> {
        let Some(schema) = &self.schema else {
            return Err(SystemError::new(
                Code::FailedPrecondition,
                "the contract comes first: .wit(path)",
            ));
        };
        let index = find(schema, name)? as usize;
        let function = &schema.functions[index];
        if args != function.params.len() {
            let (name, takes) = (&function.name, function.params.len());
            let message = format!("{name} takes {takes} arguments, the handler {args}");
            return Err(SystemError::invalid_argument(message));
        }
        let slot = &mut self.functions[index];
        if slot.is_some() {
            return Err(SystemError::new(
                Code::AlreadyExists,
                format!("{name} has a handler already"),
            ));
        }
        *slot = Some(handler);
        Ok(())
    }

    /// Number of threads that run calls; without this one for each CPU.
    #[must_use]
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = Some(workers.max(1));
        self
    }

    /// Hands the tasks of [`export_async`](Self::export_async) to an executor, as `|task| { runtime.spawn(task); }`. It is called on
    /// a worker, outside of the executor: with the feature `tokio` in the context of the runtime in which this is called, so that
    /// `|task| { tokio::spawn(task); }` does.
    #[must_use]
    pub fn spawner(mut self, spawn: impl Fn(Task) + Send + Sync + 'static) -> Self {
        #[cfg(feature = "tokio")]
        let runtime = tokio::runtime::Handle::try_current().ok();
        self.spawner = Some(Arc::new(move |task| {
            #[cfg(feature = "tokio")]
            let _entered = runtime.as_ref().map(tokio::runtime::Handle::enter);
            spawn(task);
        }));
        self
    }

    /// Calls that run at once. Without this as many as there are workers; with a [`spawner`](Self::spawner), where a running call needs
    /// no worker, at least 64.
    #[must_use]
    pub fn max_concurrent(mut self, calls: usize) -> Self {
        self.max_concurrent = Some(calls.max(1));
        self
    }

    /// Calls that may wait while all workers are busy; more are refused with `resource-exhausted`.
    #[must_use]
    pub fn queue(mut self, calls: usize) -> Self {
        self.options.queue = calls;
        self
    }

    /// How long calls may go on after SIGTERM; 10 s without this.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// The name that `hms list` shows; without this the program's.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.options.name = name.into();
        self
    }

    /// The directory in which the component registers.
    #[must_use]
    pub fn runtime_dir(self, path: impl Into<PathBuf>) -> Self {
        self.settings(|settings| settings.runtime_dir = Some(path.into()))
    }

    /// Changes settings; they begin as the environment has them.
    #[must_use]
    pub fn settings(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        self.settings = changed(self.settings, change);
        self
    }

    /// The component.
    ///
    /// # Errors
    /// `unimplemented` for functions without a handler; streams, handles and topics cannot be called yet and need none.
    #[track_caller]
    pub fn build(self) -> Result<Component> {
        match self.try_build() {
            Ok(component) => Ok(component),
            Err(error) => Err(error.into()),
        }
    }

    fn try_build(self) -> Result<Component, SystemError> {
        let Some(schema) = self.schema else {
            return Err(SystemError::new(
                Code::FailedPrecondition,
                "a component needs a contract: .wit(path)",
            ));
        };
        let missing: Vec<_> = std::iter::zip(&schema.functions, &self.functions)
            .zip(uncallable(&schema))
            .filter(|((_, handler), uncallable)| handler.is_none() && uncallable.is_none())
            .map(|((function, _), _)| &*function.name)
            .collect();
        if !missing.is_empty() {
            let message = format!(
                "{} has no handler for {}",
                schema.interface,
                missing.join(", ")
            );
            return Err(SystemError::unimplemented(message));
        }
        let settings = match self.settings? {
            Some(settings) => settings,
            None => Settings::from_env()?,
        };
        let workers = self
            .workers
            .unwrap_or_else(|| std::thread::available_parallelism().map_or(2, Into::into));
        let at_once = match self.spawner {
            Some(_) => workers.max(ServeOptions::default().max_concurrent),
            None => workers,
        };
        Ok(Component {
            handlers: Handlers::new(
                schema.clone(),
                settings.limits,
                self.functions,
                self.spawner,
            ),
            schema,
            options: ServeOptions {
                settings: Some(settings),
                max_concurrent: self.max_concurrent.unwrap_or(at_once),
                ..self.options
            },
            workers,
            grace: self.grace,
        })
    }
}

impl std::fmt::Debug for Component {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Component")
            .field("interface", &self.schema.interface)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ComponentBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ComponentBuilder")
            .field("interface", &self.interface)
            .finish_non_exhaustive()
    }
}
