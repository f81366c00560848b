//! The caller's side for Rust programs: calls with values.

use crate::current::current_call;
use crate::error::{Error, Result};
use crate::runtime::{self, CallOptions, ConnectOptions, Driver, Outcome, Settings, Timeout};
use crate::value::{Args, lift_outcome, lower_args, same_letters};
use hms_ffi_core::contract::Contract;
use hms_ffi_core::contract::schema::Schema;
use hms_ffi_core::convert::Converter;
use hms_ffi_core::error::{Code, Error as SystemError};
use serde::de::DeserializeOwned;
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A client of one interface. Cheap to clone; threads may share it, and it works on in a forked child.
#[derive(Clone)]
pub struct Client {
    inner: runtime::Client,
    converter: Arc<Converter>,
}

impl Client {
    /// Connects to a provider of the interface (`hms:claims/adjudication`, with or without `@1.2`).
    ///
    /// # Errors
    /// `unavailable` where no provider answers: it names every directory that was looked at. `deadline-exceeded`.
    #[track_caller]
    pub fn connect(interface: &str) -> Result<Client> {
        Self::builder(interface).connect()
    }

    /// A connect with more than the interface: the caller's own contract, settings.
    pub fn builder(interface: &str) -> ClientBuilder {
        ClientBuilder {
            interface: interface.to_owned(),
            contract: None,
            timeout: Timeout::Default,
            settings: Ok(None),
        }
    }

    /// Calls a function by its name, `adjudicate`, with a tuple of arguments: `call("adjudicate", (claim,))`.
    ///
    /// # Errors
    /// What the contract declares, as [`Error::declared`]; system errors with their codes. What the contract's types do not
    /// allow is found before anything is sent, and named by its path.
    #[track_caller]
    pub fn call<T: DeserializeOwned>(&self, function: &str, args: impl Args) -> Result<T> {
        self.call_with(CallOptions::default(), None, function, &args)
    }

    /// Options for one call: `claims.with().timeout(limit).call("adjudicate", (claim,))`.
    pub fn with(&self) -> Call<'_> {
        Call {
            client: self,
            options: CallOptions::default(),
            cancel: None,
        }
    }

    /// The interface as this caller sees it.
    pub fn schema(&self) -> &Arc<Schema> {
        self.inner.schema()
    }

    /// Ends the connection; calls that run end with `cancelled`.
    pub fn close(&self) {
        self.inner.close();
    }

    #[track_caller]
    fn call_with<T: DeserializeOwned>(
        &self,
        mut options: CallOptions,
        cancel: Option<&Cancel>,
        name: &str,
        args: &impl Args,
    ) -> Result<T> {
        let at = Location::caller();
        options.parent = current_call();
        self.try_call(options, cancel, name, args)
            .map_err(|failure| match failure {
                Failure::System(error) => Error::called(error, at),
                Failure::Declared(function, bytes) => Error::received(
                    self.converter.clone(),
                    function,
                    bytes,
                    self.inner.settings().limits,
                ),
            })
    }

    fn try_call<T: DeserializeOwned>(
        &self,
        options: CallOptions,
        cancel: Option<&Cancel>,
        name: &str,
        args: &impl Args,
    ) -> Result<T, Failure> {
        let schema = self.converter.schema();
        let limits = &self.inner.settings().limits;
        let index = find(schema, name)?;
        let function = &schema.functions[index as usize];
        let args = lower_args(&self.converter, function, args, limits)?;
        let mut cancelled = || cancel.is_some_and(Cancel::is_cancelled);
        match self.inner.call(index, args, &options, &mut cancelled) {
            Outcome::Ok(bytes) => lift_outcome(
                &self.converter,
                schema.outcome(function).ok,
                "result",
                &bytes,
                limits,
            )
            .map_err(|problem| Failure::System(problem.into_error_at_caller())),
            Outcome::Declared(bytes) => Err(Failure::Declared(index, bytes)),
            Outcome::System(error) => Err(Failure::System(error)),
            Outcome::Cancelled => Err(Failure::System(SystemError::new(
                Code::Cancelled,
                "the call was cancelled",
            ))),
        }
    }
}

enum Failure {
    System(SystemError),
    Declared(u32, Vec<u8>),
}

impl From<SystemError> for Failure {
    fn from(error: SystemError) -> Self {
        Failure::System(error)
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("interface", &self.schema().interface)
            .finish_non_exhaustive()
    }
}

/// The index of a function by its WIT name or by its name in Rust.
pub(crate) fn find(schema: &Schema, name: &str) -> Result<u32, SystemError> {
    let found = schema.function(name).map(|(index, _)| index);
    found
        .or_else(|| {
            let index = schema
                .functions
                .iter()
                .position(|function| same_letters(&function.name, name))?;
            Some(index as u32)
        })
        .ok_or_else(|| {
            let names: Vec<_> = schema
                .functions
                .iter()
                .map(|function| &*function.name)
                .collect();
            let message = format!(
                "{} has no function \"{name}\"; it has {}",
                schema.interface,
                names.join(", ")
            );
            SystemError::unimplemented(message)
        })
}

/// One call with options.
#[derive(Clone)]
pub struct Call<'c> {
    client: &'c Client,
    options: CallOptions,
    cancel: Option<Cancel>,
}

impl Call<'_> {
    /// How long the call may take; without this 30 s, or what the settings say.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.options.timeout = Timeout::After(limit);
        self
    }

    /// No deadline. A deadline of the call that is being served still holds.
    #[must_use]
    pub fn no_timeout(mut self) -> Self {
        self.options.timeout = Timeout::None;
        self
    }

    /// Ends the call with `cancelled` once [`Cancel::cancel`] was called on another thread.
    #[must_use]
    pub fn cancelled_by(mut self, cancel: &Cancel) -> Self {
        self.cancel = Some(cancel.clone());
        self
    }

    /// So that the provider can tell a repetition from a new request.
    #[must_use]
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.options.idempotency_key = Some(key.into());
        self
    }

    /// W3C trace context; without this that of the call that is being served.
    #[must_use]
    pub fn traceparent(mut self, traceparent: impl Into<String>) -> Self {
        self.options.traceparent = Some(traceparent.into());
        self
    }

    /// Calls the function; see [`Client::call`].
    ///
    /// # Errors
    /// As [`Client::call`].
    #[track_caller]
    pub fn call<T: DeserializeOwned>(self, function: &str, args: impl Args) -> Result<T> {
        self.client
            .call_with(self.options, self.cancel.as_ref(), function, &args)
    }
}

/// Cancels calls from another thread: `claims.with().cancelled_by(&cancel).call(...)`. Clones cancel the same calls.
/// A waiting call looks twice a second.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Nothing is cancelled yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancels the calls that were given this, also later ones.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether [`cancel`](Cancel::cancel) was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// A connect in the making.
pub struct ClientBuilder {
    interface: String,
    contract: Option<Contract>,
    timeout: Timeout,
    settings: std::result::Result<Option<Settings>, SystemError>,
}

impl ClientBuilder {
    /// The caller's own view of the interface: a `.wit` file, or a directory with `deps`. Providers of another version are
    /// called by its names and types as far as the rules for versions allow.
    ///
    /// # Errors
    /// `invalid-argument` with file, line and column.
    #[track_caller]
    pub fn wit(self, path: impl AsRef<Path>) -> Result<Self> {
        let contract = load(path.as_ref())?;
        Ok(self.contract(contract))
    }

    /// As [`wit`](Self::wit), with a contract that is loaded already ([`include_contract!`](crate::include_contract)).
    #[must_use]
    pub fn contract(mut self, contract: Contract) -> Self {
        self.contract = Some(contract);
        self
    }

    /// How long the connect may take.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Timeout::After(limit);
        self
    }

    /// The directory in which instances are looked for, alone.
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

    /// Connects.
    ///
    /// # Errors
    /// As [`Client::connect`], and `failed-precondition` where the provider does not fit the caller's contract.
    #[track_caller]
    pub fn connect(self) -> Result<Client> {
        let at = Location::caller();
        self.try_connect().map_err(|error| Error::called(error, at))
    }

    fn try_connect(self) -> Result<Client, SystemError> {
        let view = self
            .contract
            .map(|contract| contract.schema(&self.interface))
            .transpose()?;
        let options = ConnectOptions {
            instance: None,
            view,
            timeout: self.timeout,
            settings: self.settings?,
            parent: current_call(),
        };
        let driver = Driver::shared("rust")?;
        let inner = runtime::Client::connect(&driver, &self.interface, options, &mut || false)?;
        let converter = Arc::new(Converter::new(inner.schema().clone()));
        Ok(Client { inner, converter })
    }
}

/// The environment's settings with a change; a variable that makes no sense is reported where they are used.
pub(crate) fn changed(
    settings: std::result::Result<Option<Settings>, SystemError>,
    change: impl FnOnce(&mut Settings),
) -> std::result::Result<Option<Settings>, SystemError> {
    let mut settings = match settings? {
        Some(settings) => settings,
        None => Settings::from_env()?,
    };
    change(&mut settings);
    Ok(Some(settings))
}

#[track_caller]
pub(crate) fn load(path: &Path) -> Result<Contract> {
    match Contract::load(path) {
        Ok(contract) => Ok(contract),
        Err(error) => Err(Error::invalid_argument(error.to_string())),
    }
}
