//! The one error type: a code, a message, and what a caller needs to decide what to do next.

mod code;
mod trace;

pub use code::Code;
pub use trace::Frame;

/// A system error: everything that goes wrong except the errors that a contract declares.
#[derive(Clone, Debug, PartialEq)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug, PartialEq)]
struct Inner {
    code: Code,
    message: String,
    details: Option<Vec<u8>>,
    sent: Sent,
    retry: Option<bool>,
    cause: Option<Error>,
    trace: Vec<Frame>,
}

/// Whether the provider may have run the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Sent {
    /// The call never reached a handler: it is safe to send it again.
    NotSent = 0,
    /// The handler may have run.
    MaybeExecuted = 1,
}

impl Sent {
    /// `not-sent` or `maybe-executed`.
    pub const fn name(self) -> &'static str {
        match self {
            Sent::NotSent => "not-sent",
            Sent::MaybeExecuted => "maybe-executed",
        }
    }
}

/// Result with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error that was found before anything was sent.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            code,
            message: message.into(),
            details: None,
            sent: Sent::NotSent,
            retry: None,
            cause: None,
            trace: Vec::new(),
        }))
    }

    /// `invalid-argument`
    pub fn invalid_argument(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidArgument, message)
    }

    /// `internal`
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Code::Internal, message)
    }

    /// `unavailable`
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Code::Unavailable, message)
    }

    /// `unimplemented`
    pub fn unimplemented(message: impl Into<String>) -> Self {
        Self::new(Code::Unimplemented, message)
    }

    /// The same error with this `sent`.
    #[must_use]
    pub fn with_sent(mut self, sent: Sent) -> Self {
        self.0.sent = sent;
        self
    }

    /// The same error with a hint whether trying again makes sense; without one the code decides.
    #[must_use]
    pub fn with_retry(mut self, retry: bool) -> Self {
        self.0.retry = Some(retry);
        self
    }

    /// The same error with details: an encoded document (deterministic CBOR).
    #[must_use]
    pub fn with_details(mut self, details: Vec<u8>) -> Self {
        self.0.details = Some(details);
        self
    }

    /// The same error caused by `cause`.
    #[must_use]
    pub fn with_cause(mut self, cause: Error) -> Self {
        self.0.cause = Some(cause);
        self
    }

    /// The same error with these frames, outermost call first.
    #[must_use]
    pub fn with_trace(mut self, trace: Vec<Frame>) -> Self {
        self.0.trace = trace;
        self
    }

    /// The same error with another message.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.0.message = message.into();
        self
    }

    /// The same error, and its causes, without frames.
    #[must_use]
    pub fn without_trace(mut self) -> Self {
        self.0.trace.clear();
        self.0.cause = self.0.cause.take().map(Error::without_trace);
        self
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// What happened, for a person.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Details as an encoded document.
    pub fn details(&self) -> Option<&[u8]> {
        self.0.details.as_deref()
    }

    /// Whether the handler may have run.
    pub fn sent(&self) -> Sent {
        self.0.sent
    }

    /// The explicit retry hint, if there is one.
    pub fn retry_hint(&self) -> Option<bool> {
        self.0.retry
    }

    /// Whether trying again makes sense: the hint, else the code's nature.
    pub fn is_retryable(&self) -> bool {
        self.0.retry.unwrap_or(self.0.code.is_temporary())
    }

    /// The error that caused this one.
    pub fn cause(&self) -> Option<&Error> {
        self.0.cause.as_ref()
    }

    /// The polyglot trace, outermost call first.
    pub fn trace(&self) -> &[Frame] {
        &self.0.trace
    }

    /// Frames of this hop go in front of the frames that came from further in.
    pub fn push_outer_frames(&mut self, mut frames: Vec<Frame>) {
        frames.append(&mut self.0.trace);
        self.0.trace = frames;
    }

    /// What a handler's caller sees when a system error of a nested call ends the handler: `deadline-exceeded`,
    /// `cancelled`, `unavailable`, `resource-exhausted` and `aborted` keep their code, every other one is `internal`;
    /// the handler has run, so `sent` is maybe-executed.
    #[must_use]
    pub fn into_nested(self) -> Error {
        let code = match self.code() {
            code @ (Code::DeadlineExceeded
            | Code::Cancelled
            | Code::Unavailable
            | Code::ResourceExhausted
            | Code::Aborted) => code,
            _ => Code::Internal,
        };
        let message = self.message().to_owned();
        let trace = self.trace().to_vec();
        Error::new(code, message)
            .with_sent(Sent::MaybeExecuted)
            .with_trace(trace)
            .with_cause(self)
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.cause.as_ref().map(|e| e as _)
    }
}
