//! Closures as handlers: arguments from the wire, a reply to the wire, panics contained.

use crate::async_handler::{AsyncHandler, Running, Serve as ServeAsync, Spawner};
use crate::current::{Entered, frame_at};
use crate::error::{Ending, Error};
use crate::panic::{self, Panic};
use crate::runtime::{self, Inbound, Outcome};
use crate::value::{OwnedArgs, Split, lift_args, lower_outcome, split_result};
use hms_ffi_core::contract::schema::{Function, Schema};
use hms_ffi_core::convert::Converter;
use hms_ffi_core::error::{Code, Error as SystemError};
use hms_ffi_core::wire::Limits;
use serde::Serialize;
use std::pin::pin;
use std::sync::Arc;

/// A closure that can serve a function: up to eight arguments that serde can deserialize, and a [`Reply`].
///
/// `M` only tells the shapes of closures apart.
pub trait Handler<M>: Send + Sync + 'static {
    /// Number of arguments.
    #[doc(hidden)]
    const ARGS: usize;

    /// Serves one call.
    #[doc(hidden)]
    fn serve(&self, call: &Serving<'_>, args: &[u8]) -> Outcome;
}

/// What a handler may return:
///
/// - a value that serde can serialize, or nothing, where the contract has no `result`;
/// - `Result<T, E>` of such values, where the contract has `result<t, e>`: `Err` is the declared error;
/// - `Result<T, Error>` where also system errors can happen: [`Error::declare`] makes the declared one, and an error of a
///   call that the handler made may be passed on with `?`;
/// - `Result<Result<T, E>, Error>`, the same with the declared error apart.
pub trait Reply<M> {
    /// How the call ends.
    #[doc(hidden)]
    fn outcome(self, call: &Serving<'_>) -> Outcome;
}

/// The function that is being served.
#[doc(hidden)]
pub struct Serving<'a> {
    converter: &'a Arc<Converter>,
    index: u32,
    limits: &'a Limits,
}

/// The same for a handler that ends later.
pub(crate) struct Kept {
    converter: Arc<Converter>,
    index: u32,
    limits: Limits,
}

impl Kept {
    pub(crate) fn serving(&self) -> Serving<'_> {
        Serving {
            converter: &self.converter,
            index: self.index,
            limits: &self.limits,
        }
    }
}

impl Serving<'_> {
    pub(crate) fn kept(&self) -> Kept {
        Kept {
            converter: self.converter.clone(),
            index: self.index,
            limits: *self.limits,
        }
    }

    pub(crate) fn args<T: OwnedArgs>(&self, args: &[u8]) -> Result<T, SystemError> {
        lift_args(self.converter, self.function(), args, self.limits)
    }

    fn schema(&self) -> &Schema {
        self.converter.schema()
    }

    fn function(&self) -> &Function {
        &self.schema().functions[self.index as usize]
    }

    /// The outcome of a value; a `Result` is taken apart.
    fn value<T: Serialize + ?Sized>(&self, value: &T) -> Outcome {
        let outcome = self.schema().outcome(self.function());
        let lowered = match split_result(value, self.converter, &outcome, self.limits) {
            Some(Split::Ok(lowered)) => lowered.map(Outcome::Ok),
            Some(Split::Err(lowered)) if outcome.declared => lowered.map(Outcome::Declared),
            Some(Split::Err(_)) => {
                let message = format!(
                    "{}: the handler returned an error, the contract has none",
                    self.function().name
                );
                return Outcome::System(SystemError::internal(message));
            }
            None => lower_outcome(self.converter, outcome.ok, "result", value, self.limits)
                .map(Outcome::Ok),
        };
        // What a handler returns and the contract does not allow is the provider's mistake.
        lowered.unwrap_or_else(|problem| Outcome::System(problem.into_error(Code::Internal)))
    }

    fn error(&self, error: Error) -> Outcome {
        match error.into_ending() {
            Ending::System(error) => Outcome::System(error),
            Ending::Declared(declared) => {
                match declared.into_bytes(self.converter, self.index, self.limits) {
                    Ok(bytes) => Outcome::Declared(bytes),
                    Err(error) => Outcome::System(error),
                }
            }
        }
    }
}

/// Marks replies that are values.
#[doc(hidden)]
pub struct Plain;

/// Marks replies that may be system errors.
#[doc(hidden)]
pub struct Fallible;

impl<T: Serialize> Reply<Plain> for T {
    fn outcome(self, call: &Serving<'_>) -> Outcome {
        call.value(&self)
    }
}

impl<T: Serialize> Reply<Fallible> for Result<T, Error> {
    fn outcome(self, call: &Serving<'_>) -> Outcome {
        match self {
            Ok(value) => call.value(&value),
            Err(error) => call.error(error),
        }
    }
}

macro_rules! closures {
    ($count:literal: $($arg:ident)*) => {
        impl<Func, R, M, $($arg),*> Handler<(M, $($arg,)*)> for Func
        where
            Func: Fn($($arg),*) -> R + Send + Sync + 'static,
            R: Reply<M>,
            ($($arg,)*): OwnedArgs,
        {
            const ARGS: usize = $count;

            #[allow(non_snake_case)]
            fn serve(&self, call: &Serving<'_>, args: &[u8]) -> Outcome {
                match call.args::<($($arg,)*)>(args) {
                    Ok(($($arg,)*)) => self($($arg),*).outcome(call),
                    Err(error) => Outcome::System(error),
                }
            }
        }
    };
}

/// The numbers of arguments that handlers may have.
macro_rules! for_each_arity {
    ($make:ident) => {
        $make!(0:);
        $make!(1: A);
        $make!(2: A B);
        $make!(3: A B C);
        $make!(4: A B C D);
        $make!(5: A B C D E);
        $make!(6: A B C D E F);
        $make!(7: A B C D E F G);
        $make!(8: A B C D E F G H);
    };
}
pub(crate) use for_each_arity;

for_each_arity!(closures);

/// A handler whose closure's type is forgotten.
pub(crate) enum Serve {
    Now(Closure<Outcome>),
    Later(Closure<Result<Running, SystemError>>),
}

type Closure<R> = Box<dyn Fn(&Serving<'_>, &[u8]) -> R + Send + Sync>;

impl Serve {
    pub(crate) fn now<M: 'static, H: Handler<M>>(handler: H) -> Self {
        Serve::Now(Box::new(move |call, args| handler.serve(call, args)))
    }

    pub(crate) fn later<M: 'static, H: AsyncHandler<M>>(handler: H) -> Self {
        Serve::Later(Box::new(move |call, args| handler.begin(call, args)))
    }
}

/// The handlers of one interface, by function; none for what cannot be called yet.
pub(crate) struct Handlers {
    converter: Arc<Converter>,
    limits: Limits,
    functions: Vec<Option<Serve>>,
    spawner: Option<Spawner>,
}

impl Handlers {
    pub(crate) fn new(
        schema: Arc<Schema>,
        limits: Limits,
        functions: Vec<Option<Serve>>,
        spawner: Option<Spawner>,
    ) -> Self {
        Handlers {
            converter: Arc::new(Converter::new(schema)),
            limits,
            functions,
            spawner,
        }
    }

    /// Runs a handler to its end, here or as a task.
    fn run(&self, call: Inbound, handler: Running) {
        let (driver, chain) = (call.driver(), call.context().chain());
        let task = ServeAsync::new(call, handler);
        match &self.spawner {
            Some(spawn) => spawn(Box::pin(task)),
            None => {
                if let Err(error) = driver.block_on(pin!(task), chain) {
                    log::error!("a handler could not be waited for: {error}");
                }
            }
        }
    }
}

impl runtime::Handler for Handlers {
    fn handle(&self, call: Inbound) {
        let index = call.function_index();
        let _current = Entered::new(call.context().clone());
        let serving = Serving {
            converter: &self.converter,
            index,
            limits: &self.limits,
        };
        let outcome = match self.functions.get(index as usize) {
            Some(Some(Serve::Now(serve))) => panic::contain(|| serve(&serving, call.args()))
                .unwrap_or_else(|panic| panicked(call.function(), panic)),
            Some(Some(Serve::Later(begin))) => {
                match panic::contain(|| begin(&serving, call.args())) {
                    Ok(Ok(handler)) => return self.run(call, handler),
                    Ok(Err(error)) => Outcome::System(error),
                    Err(panic) => panicked(call.function(), panic),
                }
            }
            _ => Outcome::System(SystemError::unimplemented(format!(
                "{} has no handler",
                call.function().name
            ))),
        };
        call.reply(outcome);
    }
}

/// How a call ends whose handler panicked.
pub(crate) fn panicked(function: &Function, panic: Panic) -> Outcome {
    let message = format!("{}: {}", function.name, panic.message);
    let at = panic.at.map(|at| frame_at(&at.file, at.line));
    Outcome::System(SystemError::internal(message).with_trace(at.into_iter().collect()))
}
