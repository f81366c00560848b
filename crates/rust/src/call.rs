//! One call: its options, and its two shapes, for threads and for tasks.

use crate::batch::Batch;
use crate::client::{Client, find};
use crate::current::current_call;
use crate::error::{Error, Result};
use crate::runtime::{self, CallOptions, Cancel, Outcome, Timeout};
use crate::value::{Args, lift_outcome, lower_args};
use hms_ffi_core::convert::Converter;
use hms_ffi_core::error::{Code, Error as SystemError, Sent};
use hms_ffi_core::wire::Limits;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// A call, or a batch, with options.
#[derive(Clone)]
pub struct Call<'c> {
    client: &'c Client,
    options: CallOptions,
}

impl<'c> Call<'c> {
    pub(crate) fn new(client: &'c Client) -> Self {
        Call {
            client,
            options: CallOptions::default(),
        }
    }

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

    /// Ends the call with `cancelled` as soon as [`Cancel::cancel`] is called, on whichever thread.
    #[must_use]
    pub fn cancelled_by(mut self, cancel: &Cancel) -> Self {
        self.options.cancel = Some(cancel.clone());
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

    /// The call is made once: what fails is not tried again, even if it was not sent.
    #[must_use]
    pub fn no_retry(mut self) -> Self {
        self.options.no_retry = true;
        self
    }

    /// Over the quota of calls in flight the call waits for room instead of failing with `resource-exhausted`.
    #[must_use]
    pub fn wait_for_room(mut self) -> Self {
        self.options.wait_for_room = true;
        self
    }

    /// Calls the function; see [`Client::call`].
    ///
    /// # Errors
    /// As [`Client::call`].
    #[track_caller]
    pub fn call<T: DeserializeOwned>(mut self, function: &str, args: impl Args) -> Result<T> {
        self.options.parent = current_call();
        let at = Location::caller();
        let (lift, args) = Lift::prepare(self.client, function, &args, at)?;
        let inner = &self.client.inner;
        lift.result(inner.call(lift.function, args, &self.options, &mut || false))
    }

    /// Calls the function for a task; see [`Client::call_async`].
    #[track_caller]
    pub fn call_async<T: DeserializeOwned>(
        mut self,
        function: &str,
        args: impl Args,
    ) -> CallFuture<T> {
        self.options.parent = current_call();
        let at = Location::caller();
        let inner = match Lift::prepare(self.client, function, &args, at) {
            Ok((lift, args)) => {
                let client = &self.client.inner;
                let future = client.call_future(lift.function, args, self.options);
                Awaited::Call(future, lift)
            }
            Err(error) => Awaited::Failed(Some(error)),
        };
        CallFuture {
            inner,
            result: PhantomData,
        }
    }

    /// A batch whose calls all have these options.
    pub fn batch(mut self) -> Batch<'c> {
        self.options.parent = current_call();
        Batch::new(self.client, self.options)
    }
}

/// A call that a task awaits: ends with its result. Dropping it cancels the call: the provider is told, and what it still answers is
/// discarded. Awaiting it again after it has ended panics, as with any future.
#[must_use = "a call is not started before its future is polled"]
pub struct CallFuture<T> {
    inner: Awaited,
    result: PhantomData<fn() -> T>,
}

enum Awaited {
    Call(runtime::CallFuture, Lift),
    /// Its arguments are not what the contract says.
    Failed(Option<Error>),
}

impl<T: DeserializeOwned> Future for CallFuture<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T>> {
        match &mut self.inner {
            Awaited::Call(future, lift) => {
                let outcome = ready!(Pin::new(future).poll(cx));
                Poll::Ready(lift.result(outcome))
            }
            Awaited::Failed(error) => Poll::Ready(Err(error
                .take()
                .expect("a call was awaited again after it had ended"))),
        }
    }
}

impl<T> std::fmt::Debug for CallFuture<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallFuture").finish_non_exhaustive()
    }
}

/// What turns an outcome into a result.
#[derive(Clone)]
pub(crate) struct Lift {
    converter: Arc<Converter>,
    limits: Limits,
    pub(crate) function: u32,
    at: &'static Location<'static>,
}

impl Lift {
    /// Checks a call and lowers its arguments.
    pub(crate) fn prepare(
        client: &Client,
        name: &str,
        args: &impl Args,
        at: &'static Location<'static>,
    ) -> Result<(Lift, Vec<u8>)> {
        let schema = client.converter.schema();
        let limits = client.inner.settings().limits;
        let lowered = find(schema, name).and_then(|index| {
            let function = &schema.functions[index as usize];
            let args = lower_args(&client.converter, function, args, &limits)?;
            Ok((index, args))
        });
        let (function, args) = lowered.map_err(|error| Error::called(error, at))?;
        let lift = Lift {
            converter: client.converter.clone(),
            limits,
            function,
            at,
        };
        Ok((lift, args))
    }

    /// The result of the call that ended so.
    pub(crate) fn result<T: DeserializeOwned>(&self, outcome: Outcome) -> Result<T> {
        let error = match outcome {
            Outcome::Ok(bytes) => {
                let schema = self.converter.schema();
                let ok = schema.outcome(&schema.functions[self.function as usize]).ok;
                match lift_outcome(&self.converter, ok, "result", &bytes, &self.limits) {
                    Ok(value) => return Ok(value),
                    Err(problem) => problem.into_error_at_caller(),
                }
            }
            Outcome::Declared(bytes) => {
                let (converter, function) = (self.converter.clone(), self.function);
                return Err(Error::received(converter, function, bytes, self.limits));
            }
            Outcome::System(error) => error,
            Outcome::Cancelled => SystemError::new(Code::Cancelled, "the call was cancelled")
                .with_sent(Sent::MaybeExecuted),
        };
        Err(Error::called(error, self.at))
    }
}
