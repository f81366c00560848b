//! The error of Rust programs: a system error, or an error that the contract declares.

use crate::current;
use crate::value::{Value, lift_outcome};
use hms_ffi_core::contract::schema::{Schema, TypeId};
use hms_ffi_core::convert::Converter;
use hms_ffi_core::error::{Code, Error as SystemError, Frame, Sent};
use hms_ffi_core::wire::Limits;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

/// Result with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call, a connect or a component failed.
///
/// Either a *system error*, which has a [`Code`], or a *declared error*: a value of the type `E` in the contract's
/// `result<T, E>`, for which [`declared`](Error::declared) asks. Its `{:?}` prints the polyglot traceback.
///
/// A handler that returns `Result<T, Error>` may make both kinds. An error of a call that it made in turn may simply be
/// passed on with `?`; its caller sees it as the cause of the handler's failure.
pub struct Error(Box<Repr>);

enum Repr {
    System { error: SystemError, origin: Origin },
    Declared(DeclaredError),
}

/// Where a system error comes from.
#[derive(Clone, Copy)]
enum Origin {
    /// This program made it, here.
    Made(&'static Location<'static>),
    /// A call ended with it; its trace begins with the place of the call.
    Called,
}

/// An error that the contract declares.
pub struct DeclaredError(Declared);

enum Declared {
    /// A call ended with it.
    Received {
        converter: Arc<Converter>,
        function: u32,
        ty: Option<TypeId>,
        bytes: Vec<u8>,
        limits: Limits,
    },
    /// A handler ends with it.
    Made(Box<dyn Lowered>),
}

/// A value whose type is known again when the function that it ends is.
pub(crate) trait Lowered: Send + Sync {
    fn lower(
        &self,
        converter: &Converter,
        ty: Option<TypeId>,
        limits: &Limits,
    ) -> Result<Vec<u8>, SystemError>;
}

impl<T: Serialize + Send + Sync> Lowered for T {
    fn lower(
        &self,
        converter: &Converter,
        ty: Option<TypeId>,
        limits: &Limits,
    ) -> Result<Vec<u8>, SystemError> {
        crate::value::lower_outcome(converter, ty, "error", self, limits)
            .map_err(|problem| problem.into_error(Code::Internal))
    }
}

macro_rules! constructors {
    ($($name:ident = $code:ident;)*) => {$(
        #[doc = concat!("A system error with the code `", stringify!($code), "`.")]
        #[track_caller]
        pub fn $name(message: impl Into<String>) -> Self {
            Self::new(Code::$code, message)
        }
    )*};
}

impl Error {
    /// A system error; the place of this call becomes its frame in the traceback.
    #[track_caller]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self::from(SystemError::new(code, message))
    }

    constructors! {
        cancelled = Cancelled;
        unknown = Unknown;
        invalid_argument = InvalidArgument;
        deadline_exceeded = DeadlineExceeded;
        not_found = NotFound;
        already_exists = AlreadyExists;
        permission_denied = PermissionDenied;
        resource_exhausted = ResourceExhausted;
        failed_precondition = FailedPrecondition;
        aborted = Aborted;
        out_of_range = OutOfRange;
        unimplemented = Unimplemented;
        internal = Internal;
        unavailable = Unavailable;
        data_loss = DataLoss;
        unauthenticated = Unauthenticated;
    }

    /// The declared error of the function that the handler serves: `Err(Error::declare(Denial::Duplicate))`.
    pub fn declare<E: Serialize + Send + Sync + 'static>(value: E) -> Self {
        Error(Box::new(Repr::Declared(DeclaredError(Declared::Made(
            Box::new(value),
        )))))
    }

    /// A call ended with this system error.
    pub(crate) fn called(error: SystemError, at: &'static Location<'static>) -> Self {
        let mut error = error;
        error.push_outer_frames(vec![current::frame(at)]);
        Error(Box::new(Repr::System {
            error,
            origin: Origin::Called,
        }))
    }

    /// A call ended with this declared error.
    pub(crate) fn received(
        converter: Arc<Converter>,
        function: u32,
        bytes: Vec<u8>,
        limits: Limits,
    ) -> Self {
        let schema = converter.schema();
        let ty = schema.outcome(&schema.functions[function as usize]).err;
        Error(Box::new(Repr::Declared(DeclaredError(
            Declared::Received {
                converter,
                function,
                ty,
                bytes,
                limits,
            },
        ))))
    }

    /// The declared error as a Rust value; `None` for a system error, and where the value is no `E`
    /// ([`DeclaredError::value`] says why).
    pub fn declared<E: DeserializeOwned>(&self) -> Option<E> {
        self.as_declared()?.value().ok()
    }

    /// The declared error, if it is one.
    pub fn as_declared(&self) -> Option<&DeclaredError> {
        match &*self.0 {
            Repr::Declared(declared) => Some(declared),
            Repr::System { .. } => None,
        }
    }

    /// The system error, if it is one.
    pub fn as_system(&self) -> Option<&SystemError> {
        match &*self.0 {
            Repr::System { error, .. } => Some(error),
            Repr::Declared(_) => None,
        }
    }

    /// The code; a declared error has none.
    pub fn code(&self) -> Option<Code> {
        self.as_system().map(SystemError::code)
    }

    /// What happened, for a person. Values are not in it.
    pub fn message(&self) -> &str {
        self.as_system().map_or(
            "the call ended with the error that its contract declares",
            SystemError::message,
        )
    }

    /// Details, a document.
    pub fn details(&self) -> Option<Value> {
        Value::decode(self.as_system()?.details()?, &Limits::DEFAULT).ok()
    }

    /// Whether the provider may have run the call.
    pub fn sent(&self) -> Sent {
        self.as_system()
            .map_or(Sent::MaybeExecuted, SystemError::sent)
    }

    /// Whether trying again makes sense.
    pub fn is_retryable(&self) -> bool {
        self.as_system().is_some_and(SystemError::is_retryable)
    }

    /// The system error that caused this one.
    pub fn cause(&self) -> Option<&SystemError> {
        self.as_system()?.cause()
    }

    /// The polyglot traceback, outermost call first.
    pub fn trace(&self) -> &[Frame] {
        self.as_system().map_or(&[], SystemError::trace)
    }

    /// The same system error caused by `cause`, whose frames become part of its traceback. A declared error stays as it is.
    #[must_use]
    pub fn with_cause(self, cause: impl Into<Error>) -> Self {
        self.map(|error| match *cause.into().0 {
            Repr::System { error: cause, .. } => {
                let trace = error.trace().iter().chain(cause.trace()).cloned().collect();
                error.with_trace(trace).with_cause(cause)
            }
            Repr::Declared(declared) => {
                error.with_cause(SystemError::internal(declared.to_string()))
            }
        })
    }

    /// The same system error with details; values that are no document are left out.
    #[must_use]
    pub fn with_details(self, details: &Value) -> Self {
        self.map(|error| match details.encode() {
            Ok(encoded) => error.with_details(encoded),
            Err(_) => error,
        })
    }

    /// The same system error with a hint whether trying again makes sense.
    #[must_use]
    pub fn with_retry(self, retry: bool) -> Self {
        self.map(|error| error.with_retry(retry))
    }

    fn map(self, change: impl FnOnce(SystemError) -> SystemError) -> Self {
        Error(Box::new(match *self.0 {
            Repr::System { error, origin } => Repr::System {
                error: change(error),
                origin,
            },
            declared => declared,
        }))
    }

    /// How a call ends whose handler returned this error.
    pub(crate) fn into_ending(self) -> Ending {
        match *self.0 {
            Repr::System {
                error,
                origin: Origin::Called,
            } => Ending::System(error.into_nested()),
            Repr::System {
                mut error,
                origin: Origin::Made(at),
            } => {
                error.push_outer_frames(vec![current::frame(at)]);
                Ending::System(error)
            }
            Repr::Declared(declared) => Ending::Declared(declared),
        }
    }
}

/// How a handler's error ends its call.
pub(crate) enum Ending {
    System(SystemError),
    Declared(DeclaredError),
}

impl DeclaredError {
    /// The value.
    ///
    /// # Errors
    /// Where `E` has another shape than the contract's type: `invalid-argument` with the path. `failed-precondition`
    /// while the error has not yet left the handler that made it.
    #[track_caller]
    pub fn value<E: DeserializeOwned>(&self) -> Result<E> {
        match &self.0 {
            Declared::Received {
                converter,
                ty,
                bytes,
                limits,
                ..
            } => lift_outcome(converter, *ty, "error", bytes, limits)
                .map_err(|problem| Error::from(problem.into_error_at_caller())),
            Declared::Made(_) => Err(Error::failed_precondition(
                "the error has not yet left its handler",
            )),
        }
    }

    /// The bytes of a declared error of `function`. An error that another function has declared is the handler's
    /// mistake, unless both declare the same type.
    pub(crate) fn into_bytes(
        self,
        converter: &Converter,
        function: u32,
        limits: &Limits,
    ) -> Result<Vec<u8>, SystemError> {
        let schema = converter.schema();
        let outcome = schema.outcome(&schema.functions[function as usize]);
        match self.0 {
            Declared::Made(value) if outcome.declared => {
                value.lower(converter, outcome.err, limits)
            }
            Declared::Made(_) => Err(SystemError::internal(
                "the handler declared an error, the contract has none",
            )),
            Declared::Received {
                converter: other,
                ty,
                bytes,
                ..
            } if outcome.declared && same(schema, outcome.err, other.schema(), ty) => Ok(bytes),
            other => Err(SystemError::internal(DeclaredError(other).to_string())),
        }
    }
}

/// Whether both are the same type, down to the names of fields and cases.
fn same(a: &Schema, a_ty: Option<TypeId>, b: &Schema, b_ty: Option<TypeId>) -> bool {
    match (a_ty, b_ty) {
        (None, None) => true,
        (Some(a_ty), Some(b_ty)) => crate::value::same_type(a, a_ty, b, b_ty),
        _ => false,
    }
}

impl From<SystemError> for Error {
    #[track_caller]
    fn from(error: SystemError) -> Self {
        Error(Box::new(Repr::System {
            error,
            origin: Origin::Made(Location::caller()),
        }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Repr::System { error, .. } => error.fmt(f),
            Repr::Declared(declared) => declared.fmt(f),
        }
    }
}

/// What a program prints that returns the error from `main`: the error, its traceback, its causes.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let Some(error) = self.as_system() else {
            return Ok(());
        };
        for frame in error.trace() {
            write!(f, "\n    at {frame}")?;
        }
        let mut cause = error.cause();
        while let Some(error) = cause {
            write!(f, "\ncaused by: {error}")?;
            cause = error.cause();
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause().map(|cause| cause as _)
    }
}

impl fmt::Display for DeclaredError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Declared::Received {
                converter,
                function,
                ..
            } => {
                let schema = converter.schema();
                write!(
                    f,
                    "declared error of {} {}",
                    schema.interface, schema.functions[*function as usize].name
                )
            }
            Declared::Made(_) => f.write_str("declared error"),
        }
    }
}

impl fmt::Debug for DeclaredError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
