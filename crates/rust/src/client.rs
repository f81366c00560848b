//! The caller's side for Rust programs: calls with values.

use crate::batch::Batch;
use crate::call::{Call, CallFuture};
use crate::current::current_call;
use crate::error::{Error, Result};
use crate::runtime::{self, ClientMetrics, ConnectOptions, Driver, Settings, Timeout};
use crate::value::{Args, same_letters};
use hms_ffi_core::contract::Contract;
use hms_ffi_core::contract::schema::Schema;
use hms_ffi_core::convert::Converter;
use hms_ffi_core::error::Error as SystemError;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A client of one interface. Cheap to clone; threads may share it, and it works on in a forked child.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: runtime::Client,
    pub(crate) converter: Arc<Converter>,
}

impl Client {
    fn of(inner: runtime::Client) -> Self {
        let converter = Arc::new(Converter::new(inner.schema().clone()));
        Client { inner, converter }
    }

    /// Connects to a provider of the interface (`hms:claims/adjudication`, with or without `@1.2`).
    ///
    /// # Errors
    /// `unavailable` where no provider answers: it names every directory that was looked at. `deadline-exceeded`.
    #[track_caller]
    pub fn connect(interface: &str) -> Result<Client> {
        Self::builder(interface).connect()
    }

    /// As [`connect`](Self::connect), for tasks on any executor.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    #[track_caller]
    pub fn connect_async(interface: &str) -> impl Future<Output = Result<Client>> + Send + use<> {
        Self::builder(interface).connect_async()
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
        self.with().call(function, args)
    }

    /// As [`call`](Self::call), for tasks: `call_async("adjudicate", (claim,)).await`, on any executor. The call begins when
    /// the future is polled first, and dropping the future cancels it. A handler's calls belong to the call that it serves
    /// when this is called.
    #[track_caller]
    pub fn call_async<T: DeserializeOwned>(
        &self,
        function: &str,
        args: impl Args,
    ) -> CallFuture<T> {
        self.with().call_async(function, args)
    }

    /// Many calls at once, of whichever functions; see [`Batch`].
    pub fn batch(&self) -> Batch<'_> {
        self.with().batch()
    }

    /// Options for one call, or for a batch: `claims.with().timeout(limit).call("adjudicate", (claim,))`.
    pub fn with(&self) -> Call<'_> {
        Call::new(self)
    }

    /// How the calls of this client and its clones went.
    pub fn metrics(&self) -> ClientMetrics {
        self.inner.metrics()
    }

    /// The interface as this caller sees it.
    pub fn schema(&self) -> &Arc<Schema> {
        self.inner.schema()
    }

    /// Ends the connection; calls that run end with `cancelled`.
    pub fn close(&self) {
        self.inner.close();
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

    /// Connects, for tasks on any executor. Dropping the future gives the connect up.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    #[track_caller]
    pub fn connect_async(self) -> impl Future<Output = Result<Client>> + Send + use<> {
        let at = Location::caller();
        let prepared = self.prepare();
        async move {
            let connected = match prepared {
                Ok((driver, interface, options)) => {
                    runtime::Client::connect_future(&driver, &interface, options).await
                }
                Err(error) => Err(error),
            };
            connected
                .map(Client::of)
                .map_err(|error| Error::called(error, at))
        }
    }

    fn try_connect(self) -> Result<Client, SystemError> {
        let (driver, interface, options) = self.prepare()?;
        let inner = runtime::Client::connect(&driver, &interface, options, &mut || false)?;
        Ok(Client::of(inner))
    }

    fn prepare(self) -> Result<(Driver, String, ConnectOptions), SystemError> {
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
        Ok((Driver::shared("rust")?, self.interface, options))
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
