//! Calls, batches and connects as futures, for any executor.
//!
//! A future does nothing before it is polled. It belongs to the driver of blocking threads; dropping it gives the call up.

use super::batch::BatchCall;
use super::client::{CallOptions, Client, ConnectOptions};
use super::driver::attendance::Place;
use super::driver::slot::Slot;
use super::driver::state::{State, Target};
use super::driver::{Driver, Inner, call};
use hms_ffi_core::dispatch::Outcome;
use hms_ffi_core::error::{Code, Error, Result};
use hms_ffi_core::protocol::Reason;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// A call or a connect that was started.
struct Awaited {
    inner: Arc<Inner>,
    key: u64,
    slot: Arc<Slot>,
    /// Where it was polled last.
    place: Place,
}

impl Awaited {
    /// Its outcome in the caller's view.
    fn poll(&mut self, waker: &Waker) -> Poll<Outcome> {
        if !self.inner.is_ours() {
            let message = "this was started in the parent process, before a fork";
            let error = Error::new(Code::FailedPrecondition, message);
            return Poll::Ready(Outcome::System(error));
        }
        let Poll::Ready((outcome, plan)) = self.slot.poll(waker) else {
            self.attend();
            return Poll::Pending;
        };
        Poll::Ready(call::in_view(plan.as_ref(), outcome))
    }

    /// A future may move to another executor, where another thread or runtime has to drive.
    fn attend(&mut self) {
        let place = Place::current();
        if place != self.place {
            self.place = place;
            let start = self.inner.lock().attendance.attend(place);
            self.inner.attend(start);
        }
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        if !self.inner.is_ours() || self.slot.has_ended() {
            return;
        }
        let mut state = self.inner.lock();
        let given_up = self.inner.give_up(&mut state, self.key, Reason::Cancelled);
        self.inner.publish(&mut state);
        drop(state);
        // What it holds may be foreign.
        drop(given_up);
    }
}

/// A call under way: ends with its outcome. Dropping it cancels the call.
#[must_use = "a call is not started before its future is polled"]
pub struct CallFuture(Call);

enum Call {
    New(Client, Box<BatchCall>),
    Started(Awaited),
    Ended,
}

impl Future for CallFuture {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let polled = match std::mem::replace(&mut self.0, Call::Ended) {
            Call::New(client, call) => match client.start_awaited([*call], cx.waker()).pop() {
                Some(Ok(mut awaited)) => {
                    let polled = awaited.poll(cx.waker());
                    self.0 = Call::Started(awaited);
                    polled
                }
                Some(Err(error)) => Poll::Ready(Outcome::System(error)),
                None => unreachable!("one call gives one result"),
            },
            Call::Started(mut awaited) => {
                let polled = awaited.poll(cx.waker());
                self.0 = Call::Started(awaited);
                polled
            }
            Call::Ended => panic!("a call was awaited again after it had ended"),
        };
        if polled.is_ready() {
            self.0 = Call::Ended;
        }
        polled
    }
}

/// A batch under way: ends with the outcomes in the order of the calls. Dropping it cancels what has not ended.
#[must_use = "a batch is not started before its future is polled"]
pub struct BatchFuture(Batch);

enum Batch {
    New(Client, Vec<BatchCall>),
    Started(Members),
    Ended,
}

struct Members {
    /// What has ended.
    outcomes: Vec<Outcome>,
    /// The others, the next one last.
    open: Vec<Result<Awaited>>,
}

impl Members {
    /// Waits for one after the other: most wake-ups then cost one look.
    fn poll(&mut self, waker: &Waker) -> Poll<()> {
        while let Some(next) = self.open.last_mut() {
            let outcome = match next {
                Ok(awaited) => match awaited.poll(waker) {
                    Poll::Ready(outcome) => outcome,
                    Poll::Pending => return Poll::Pending,
                },
                Err(error) => Outcome::System(error.clone()),
            };
            self.outcomes.push(outcome);
            self.open.pop();
        }
        Poll::Ready(())
    }
}

impl Future for BatchFuture {
    type Output = Vec<Outcome>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Vec<Outcome>> {
        let mut members = match std::mem::replace(&mut self.0, Batch::Ended) {
            Batch::New(client, calls) => {
                let patient = calls.into_iter().map(|mut call| {
                    call.options.wait_for_room = true;
                    call
                });
                let mut open = client.start_awaited(patient, cx.waker());
                open.reverse();
                Members {
                    outcomes: Vec::with_capacity(open.len()),
                    open,
                }
            }
            Batch::Started(members) => members,
            Batch::Ended => panic!("a batch was awaited again after it had ended"),
        };
        match members.poll(cx.waker()) {
            Poll::Ready(()) => Poll::Ready(members.outcomes),
            Poll::Pending => {
                self.0 = Batch::Started(members);
                Poll::Pending
            }
        }
    }
}

/// A connect under way. Dropping it gives it up.
#[must_use = "a connect is not started before its future is polled"]
pub struct ConnectFuture(Connect);

enum Connect {
    New(Box<(Driver, String, ConnectOptions)>),
    Started { awaited: Awaited, connection: Made },
    Ended,
}

/// A connection that no client has yet.
struct Made {
    inner: Arc<Inner>,
    key: u64,
    /// A client has it.
    taken: bool,
}

impl Drop for Made {
    fn drop(&mut self) {
        if !self.taken && self.inner.is_ours() {
            let mut state = self.inner.lock();
            let connection = state.connections.remove(&self.key);
            self.inner.release_links(&mut state);
            drop(state);
            drop(connection);
        }
    }
}

impl Future for ConnectFuture {
    type Output = Result<Client>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Client>> {
        let (mut awaited, mut connection) = match std::mem::replace(&mut self.0, Connect::Ended) {
            Connect::New(new) => {
                let (driver, interface, options) = *new;
                match start_connect(&driver, &interface, options, cx.waker()) {
                    Ok(started) => started,
                    Err(error) => return Poll::Ready(Err(error)),
                }
            }
            Connect::Started {
                awaited,
                connection,
            } => (awaited, connection),
            Connect::Ended => panic!("a connect was awaited again after it had ended"),
        };
        match awaited.poll(cx.waker()) {
            Poll::Pending => {
                self.0 = Connect::Started {
                    awaited,
                    connection,
                };
                Poll::Pending
            }
            Poll::Ready(Outcome::Ok(_)) => {
                let inner = &connection.inner;
                let client = Client::of(inner, &mut inner.lock(), connection.key);
                connection.taken = true;
                Poll::Ready(Ok(client))
            }
            Poll::Ready(Outcome::System(error)) => Poll::Ready(Err(error)),
            Poll::Ready(_) => Poll::Ready(Err(Error::new(
                Code::Cancelled,
                "the connect was cancelled",
            ))),
        }
    }
}

fn start_connect(
    driver: &Driver,
    interface: &str,
    options: ConnectOptions,
    waker: &Waker,
) -> Result<(Awaited, Made)> {
    let inner = driver.usable()?.clone();
    let slot = Arc::new(Slot::new(waker));
    let (connection, key) =
        Client::start_connect(&inner, interface, options, Target::Future(slot.clone()))?;
    let place = Place::current();
    let awaited = Awaited {
        inner: inner.clone(),
        key,
        slot,
        place,
    };
    let start = inner.lock().attendance.attend(place);
    inner.attend(start);
    let connection = Made {
        inner,
        key: connection,
        taken: false,
    };
    Ok((awaited, connection))
}

impl Client {
    /// A call as a future.
    pub fn call_future(&self, function: u32, args: Vec<u8>, options: CallOptions) -> CallFuture {
        let call = BatchCall {
            function,
            args,
            options,
        };
        CallFuture(Call::New(self.clone(), Box::new(call)))
    }

    /// A batch as a future; see [`Client::batch`].
    pub fn batch_future(&self, calls: Vec<BatchCall>) -> BatchFuture {
        BatchFuture(Batch::New(self.clone(), calls))
    }

    /// A connect as a future, for the driver of blocking threads.
    pub fn connect_future(
        driver: &Driver,
        interface: &str,
        options: ConnectOptions,
    ) -> ConnectFuture {
        let new = (driver.clone(), interface.to_owned(), options);
        ConnectFuture(Connect::New(Box::new(new)))
    }

    /// Starts calls for a task, together.
    fn start_awaited(
        &self,
        calls: impl IntoIterator<Item = BatchCall>,
        waker: &Waker,
    ) -> Vec<Result<Awaited>> {
        let calls = calls.into_iter();
        let (inner, connection) = match self.blocking_home() {
            Ok(home) => home,
            Err(error) => return calls.map(|_| Err(error.clone())).collect(),
        };
        let requests: Vec<_> = calls
            .map(|call| {
                self.check(call.function, &call.args)?;
                self.request(call.function, call.args, &call.options)
            })
            .collect();
        let place = Place::current();
        let mut state = inner.lock();
        let mut start_call = |request| {
            let slot = Arc::new(Slot::new(waker));
            let state: &mut State = &mut state;
            let key = inner.start_call(state, connection, Target::Future(slot.clone()), request);
            Awaited {
                inner: inner.clone(),
                key,
                slot,
                place,
            }
        };
        let started: Vec<_> = requests
            .into_iter()
            .map(|request| request.map(&mut start_call))
            .collect();
        inner.publish(&mut state);
        let start = state.attendance.attend(place);
        drop(state);
        inner.attend(start);
        started
    }
}
