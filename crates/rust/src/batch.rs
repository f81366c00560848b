//! Many calls at once: sent together, waited for together, each with its own result.

use crate::call::Lift;
use crate::client::Client;
use crate::error::Result;
use crate::runtime::{BatchCall, CallOptions, Outcome};
use crate::value::Args;
use hms_ffi_core::error::{Code, Error as SystemError};
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use std::panic::Location;

/// Calls that are made together: one write sends them all, and the results keep their order. Errors are values: each call has its
/// own. A batch may have more calls than may be in flight on a link.
///
/// ```no_run
/// # fn main() -> hms_ffi::Result<()> {
/// # let claims = hms_ffi::Client::connect("hms:claims/adjudication")?;
/// let mut batch = claims.batch();
/// let count = batch.add::<u32>("count", ("monday",));
/// let names = batch.add::<Vec<String>>("names", ());
/// let mut results = batch.call();
/// println!("{} of {:?}", results.take(count)?, results.take(names)?);
/// # Ok(())
/// # }
/// ```
#[must_use = "a batch is not sent before `call` or `call_async`"]
pub struct Batch<'c> {
    client: &'c Client,
    options: CallOptions,
    calls: Vec<BatchCall>,
    members: Vec<Member>,
}

/// A call of a batch: what lifts its outcome, or why it is not made.
type Member = Result<Lift>;

/// Which call of a batch: [`Results::take`] gives its result.
#[derive(Debug)]
pub struct Added<T> {
    index: usize,
    result: PhantomData<fn() -> T>,
}

impl<'c> Batch<'c> {
    pub(crate) fn new(client: &'c Client, options: CallOptions) -> Self {
        Batch {
            client,
            options,
            calls: Vec::new(),
            members: Vec::new(),
        }
    }

    /// Adds a call. Arguments that the contract's types do not allow become the call's result; the others are made all the same.
    #[track_caller]
    pub fn add<T: DeserializeOwned>(&mut self, function: &str, args: impl Args) -> Added<T> {
        let prepared = Lift::prepare(self.client, function, &args, Location::caller());
        self.members.push(prepared.map(|(lift, args)| {
            self.calls.push(BatchCall {
                function: lift.function,
                args,
                options: self.options.clone(),
            });
            lift
        }));
        Added {
            index: self.members.len() - 1,
            result: PhantomData,
        }
    }

    /// Number of calls.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether it has no calls.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Makes all calls, and returns when the last one has ended.
    pub fn call(self) -> Results {
        let outcomes = self.client.inner.batch(self.calls, &mut || false);
        Results::new(self.members, outcomes)
    }

    /// As [`call`](Self::call), for tasks on any executor. Dropping the future cancels what has not ended.
    pub fn call_async(self) -> impl Future<Output = Results> + Send + use<> {
        let outcomes = self.client.inner.batch_future(self.calls);
        let members = self.members;
        async move { Results::new(members, outcomes.await) }
    }
}

impl std::fmt::Debug for Batch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batch")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// How the calls of a batch ended.
pub struct Results(Vec<Ended>);

enum Ended {
    NotMade(crate::error::Error),
    Made(Lift, Outcome),
    Taken,
}

impl Results {
    fn new(members: Vec<Member>, outcomes: Vec<Outcome>) -> Self {
        let mut outcomes = outcomes.into_iter();
        let ended = members.into_iter().map(|member| match member {
            Ok(lift) => {
                let outcome = outcomes.next().unwrap_or_else(|| {
                    Outcome::System(SystemError::internal("a call of a batch has no outcome"))
                });
                Ended::Made(lift, outcome)
            }
            Err(error) => Ended::NotMade(error),
        });
        Results(ended.collect())
    }

    /// The result of one call.
    ///
    /// # Errors
    /// As [`Client::call`]; `failed-precondition` the second time.
    pub fn take<T: DeserializeOwned>(&mut self, call: Added<T>) -> Result<T> {
        match self.0.get_mut(call.index) {
            Some(ended) => std::mem::replace(ended, Ended::Taken).result(),
            None => Ended::Taken.result(),
        }
    }

    /// The results of all calls in their order, where all have the same type.
    pub fn into_all<T: DeserializeOwned>(self) -> Vec<Result<T>> {
        self.0.into_iter().map(Ended::result).collect()
    }

    /// Number of calls.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there were no calls.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Ended {
    fn result<T: DeserializeOwned>(self) -> Result<T> {
        match self {
            Ended::NotMade(error) => Err(error),
            Ended::Made(lift, outcome) => lift.result(outcome),
            Ended::Taken => Err(SystemError::new(
                Code::FailedPrecondition,
                "this batch has no such result, or it was taken before",
            )
            .into()),
        }
    }
}

impl std::fmt::Debug for Results {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Results")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
