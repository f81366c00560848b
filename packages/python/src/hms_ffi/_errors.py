"""The exceptions: one class for each of the sixteen codes, and declared errors."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Any, NamedTuple

from ._values import Variant

__all__ = [
    "Aborted",
    "AlreadyExists",
    "Cancelled",
    "Code",
    "DataLoss",
    "DeadlineExceeded",
    "DeclaredError",
    "FailedPrecondition",
    "Frame",
    "HmsError",
    "Internal",
    "InvalidArgument",
    "NotFound",
    "OutOfRange",
    "PermissionDenied",
    "ResourceExhausted",
    "Unauthenticated",
    "Unavailable",
    "Unimplemented",
    "Unknown",
]


class Code(enum.StrEnum):
    """The canonical status codes."""

    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    INVALID_ARGUMENT = "invalid-argument"
    DEADLINE_EXCEEDED = "deadline-exceeded"
    NOT_FOUND = "not-found"
    ALREADY_EXISTS = "already-exists"
    PERMISSION_DENIED = "permission-denied"
    RESOURCE_EXHAUSTED = "resource-exhausted"
    FAILED_PRECONDITION = "failed-precondition"
    ABORTED = "aborted"
    OUT_OF_RANGE = "out-of-range"
    UNIMPLEMENTED = "unimplemented"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"
    DATA_LOSS = "data-loss"
    UNAUTHENTICATED = "unauthenticated"


class Frame(NamedTuple):
    """A place that a failing call went through, in any language."""

    language: str
    component: str
    function: str
    file: str
    line: int

    def __str__(self) -> str:
        where = f'File "{self.file}", line {self.line}, in ' if self.file else ""
        return f"{where}{self.function} [{self.language}, {self.component}]"


class HmsError(Exception):
    """Root of everything that a call may raise.

    `code` is one of `Code` (None for a declared error), `details` a plain value for programs, `sent` says whether the
    provider may have run the call ("not-sent" or "maybe-executed"), `cause` is the error behind this one, `trace` the
    places that the call went through, outermost first.

    Those that are also an OSError (PermissionDenied, DeadlineExceeded, Unavailable) have no errno.
    """

    code: Code | None = Code.UNKNOWN
    message: str
    details: Any
    sent: str
    cause: HmsError | None
    trace: tuple[Frame, ...]
    _retry: bool | None
    _received: bool

    def __init__(
        self,
        message: str = "",
        *,
        details: Any = None,
        retry: bool | None = None,
        cause: HmsError | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        self.sent = "not-sent"
        self.cause = cause
        self.trace = ()
        self._retry = retry
        self._received = False
        if cause is not None:
            self.__cause__ = cause

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed a little later: what the provider said, else the code's nature."""
        return self.code in _TEMPORARY if self._retry is None else self._retry

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return (_restore, (type(self), self.message), self.__dict__.copy())

    def __setstate__(self, state: dict[str, Any] | None) -> None:
        self.__dict__.update(state or {})
        if self.cause is not None:
            self.__cause__ = self.cause


class Cancelled(HmsError):
    """The call was cancelled, usually by its caller."""

    code = Code.CANCELLED


class Unknown(HmsError):
    """An error that has no better code."""

    code = Code.UNKNOWN


class InvalidArgument(HmsError, ValueError):
    """The caller gave an argument that is wrong whatever the state of the system."""

    code = Code.INVALID_ARGUMENT


class InvalidCall(InvalidArgument, TypeError):
    """The call does not fit the function's parameters: too many, too few, or of an unknown name."""


class DeadlineExceeded(HmsError, TimeoutError):
    """The deadline passed before the call ended."""

    code = Code.DEADLINE_EXCEEDED


class NotFound(HmsError, LookupError):
    """What was asked for does not exist."""

    code = Code.NOT_FOUND


class AlreadyExists(HmsError):
    """What was to be made exists already."""

    code = Code.ALREADY_EXISTS


class PermissionDenied(HmsError, PermissionError):
    """The caller is known and may not do this."""

    code = Code.PERMISSION_DENIED


class ResourceExhausted(HmsError):
    """A quota, a limit or a queue is full."""

    code = Code.RESOURCE_EXHAUSTED


class FailedPrecondition(HmsError):
    """The system is not in the state that the call needs."""

    code = Code.FAILED_PRECONDITION


class Aborted(HmsError):
    """The call lost a race, as in a transaction; it may be tried again from the start."""

    code = Code.ABORTED


class OutOfRange(HmsError):
    """The call went past the end of something."""

    code = Code.OUT_OF_RANGE


class Unimplemented(HmsError, NotImplementedError):
    """The function or interface does not exist here or cannot be called yet."""

    code = Code.UNIMPLEMENTED


class Internal(HmsError, RuntimeError):
    """A mistake in a provider or in HMS FFI."""

    code = Code.INTERNAL


class Unavailable(HmsError, ConnectionError):
    """No provider can be reached now."""

    code = Code.UNAVAILABLE


class DataLoss(HmsError):
    """Data is lost or damaged."""

    code = Code.DATA_LOSS


class Unauthenticated(HmsError):
    """The caller is not known."""

    code = Code.UNAUTHENTICATED


class DeclaredError(HmsError):
    """An error that the contract declares; `value` is the error. Where it is a variant, `DeclaredError(value)` makes
    an instance of that case's own class, `T.Denial.NotCovered.Error`, so that it can be caught by itself."""

    code = None
    value: Any

    def __new__(cls, value: Any = None, *args: Any, **options: Any) -> DeclaredError:
        if cls is DeclaredError and isinstance(value, Variant):
            cls = type(value).Error
        return super().__new__(cls, value)

    def __init__(self, value: Any = None, **options: Any) -> None:
        super().__init__(_summary(value), **options)
        self.args = (value,)
        self.value = value

    def __reduce__(self) -> tuple[Any, ...]:
        return (DeclaredError, (self.value,), self.__dict__.copy())


def _summary(value: Any) -> str:
    return "the function ended with a declared error" if value is None else repr(value)


#: Exception classes of the variants and cases that were asked for.
_OF_CASES: dict[type, type[DeclaredError]] = {}


def error_of_case(cls: type) -> type[DeclaredError]:
    """The exception class of a variant or of one of its cases."""
    found = _OF_CASES.get(cls)
    if found is None:
        base = cls.__bases__[0]
        above = DeclaredError if base is Variant else error_of_case(base)
        names = {"__module__": cls.__module__, "__qualname__": f"{cls.__qualname__}.Error", "__doc__": cls.__doc__}
        found = _OF_CASES.setdefault(cls, type("Error", (above,), names))
    return found


#: The class of each code.
CLASSES: dict[str, type[HmsError]] = {
    cls.code: cls
    for cls in (
        Cancelled,
        Unknown,
        InvalidArgument,
        DeadlineExceeded,
        NotFound,
        AlreadyExists,
        PermissionDenied,
        ResourceExhausted,
        FailedPrecondition,
        Aborted,
        OutOfRange,
        Unimplemented,
        Internal,
        Unavailable,
        DataLoss,
        Unauthenticated,
    )
    if cls.code is not None
}

_TEMPORARY = frozenset(
    {Code.DEADLINE_EXCEEDED, Code.RESOURCE_EXHAUSTED, Code.ABORTED, Code.UNAVAILABLE},
)


def received(
    code: str,
    message: str,
    details: Any,
    sent: str,
    retry: bool | None,
    cause: HmsError | None,
    frames: Iterable[tuple[str, str, str, str, int]],
) -> HmsError:
    """The exception for an error that a call or a conversion ended with."""
    error = CLASSES[code](message, details=details, retry=retry, cause=cause)
    error.sent = sent
    return _traced(error, frames)


def declared(value: Any, frames: Iterable[tuple[str, str, str, str, int]]) -> DeclaredError:
    """The exception for a declared error that a call ended with."""
    error = DeclaredError(value)
    error.sent = "maybe-executed"
    _traced(error, frames)
    return error


def _traced(error: HmsError, frames: Iterable[tuple[str, str, str, str, int]]) -> HmsError:
    error._received = True
    error.trace = tuple(Frame(*frame) for frame in frames)
    # Where only the caller's own frame is known, Python's traceback says it all.
    if len(error.trace) > 1:
        lines = "\n".join(f"  {frame}" for frame in error.trace)
        error.add_note(f"Remote traceback (most recent call last):\n{lines}")
    return error


def _restore(cls: type[HmsError], message: str) -> HmsError:
    return cls(message)
