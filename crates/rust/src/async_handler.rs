//! Handlers that are futures: how they are made, and the task that each call of them is.

use crate::current::Entered;
use crate::handler::{Reply, Serving, for_each_arity, panicked};
use crate::panic;
use crate::runtime::{Cancelled, Inbound, Outcome};
use crate::value::OwnedArgs;
use hms_ffi_core::error::{Code, Error as SystemError};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A closure that can serve a function with a future: up to eight arguments that serde can deserialize, and a future of a [`Reply`].
///
/// `M` only tells the shapes of closures apart.
pub trait AsyncHandler<M>: Send + Sync + 'static {
    /// Number of arguments.
    #[doc(hidden)]
    const ARGS: usize;

    /// Begins to serve one call.
    #[doc(hidden)]
    fn begin(&self, call: &Serving<'_>, args: &[u8]) -> Result<Running, SystemError>;
}

/// A handler under way.
#[doc(hidden)]
pub type Running = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// A task that serves one call; a spawner hands it to its executor. Dropping it ends the call with `internal`.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Hands tasks to an executor.
pub(crate) type Spawner = Arc<dyn Fn(Task) + Send + Sync>;

macro_rules! closures {
    ($count:literal: $($arg:ident)*) => {
        impl<Func, Fut, R, M, $($arg),*> AsyncHandler<(M, $($arg,)*)> for Func
        where
            Func: Fn($($arg),*) -> Fut + Send + Sync + 'static,
            Fut: Future<Output = R> + Send + 'static,
            R: Reply<M> + 'static,
            M: 'static,
            ($($arg,)*): OwnedArgs,
        {
            const ARGS: usize = $count;

            #[allow(non_snake_case)]
            fn begin(&self, call: &Serving<'_>, args: &[u8]) -> Result<Running, SystemError> {
                let ($($arg,)*) = call.args::<($($arg,)*)>(args)?;
                let handler = self($($arg),*);
                let call = call.kept();
                Ok(Box::pin(async move {
                    let reply = handler.await;
                    reply.outcome(&call.serving())
                }))
            }
        }
    };
}

for_each_arity!(closures);

/// The life of one call: its handler runs with the call as the current one, until it ends or nobody waits for it any more.
pub(crate) struct Serve {
    call: Option<Inbound>,
    handler: Option<Running>,
    cancelled: Cancelled,
    timed: bool,
}

impl Serve {
    pub fn new(call: Inbound, handler: Running) -> Self {
        Serve {
            cancelled: call.context().cancelled(),
            call: Some(call),
            handler: Some(handler),
            timed: false,
        }
    }

    /// Drops the handler as it runs: with its call as the current one. What panics meanwhile has been printed.
    fn drop_handler(&mut self) {
        let Some(handler) = self.handler.take() else {
            return;
        };
        let _current = (self.call.as_ref()).map(|call| Entered::new(call.context().clone()));
        let _ = panic::contain(|| drop(handler));
    }
}

impl Future for Serve {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let (Some(call), Some(handler)) = (&this.call, &mut this.handler) else {
            return Poll::Ready(());
        };
        let outcome = match Pin::new(&mut this.cancelled).poll(cx) {
            Poll::Ready(()) if call.context().is_late() => Outcome::System(SystemError::new(
                Code::DeadlineExceeded,
                "the deadline passed before the handler ended",
            )),
            Poll::Ready(()) => Outcome::Cancelled,
            Poll::Pending => {
                let _current = Entered::new(call.context().clone());
                match panic::contain(|| handler.as_mut().poll(cx)) {
                    Ok(Poll::Ready(outcome)) => outcome,
                    Err(panic) => panicked(call.function(), panic),
                    Ok(Poll::Pending) => {
                        if !this.timed {
                            this.timed = true;
                            call.ends_at_deadline();
                        }
                        return Poll::Pending;
                    }
                }
            }
        };
        this.drop_handler();
        if let Some(call) = this.call.take() {
            call.reply(outcome);
        }
        Poll::Ready(())
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        self.drop_handler();
    }
}
