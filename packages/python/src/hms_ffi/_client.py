"""The caller's side: `connect` and `Client`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from . import _native
from ._errors import Unimplemented
from ._source import contract_path
from ._values import Types

if TYPE_CHECKING:
    from types import EllipsisType, TracebackType

__all__ = ["Arrays", "Client", "Metrics", "connect"]

#: What lists of numbers (other than bytes) become.
Arrays = Literal["list", "numpy", "memoryview"]


class Metrics(NamedTuple):
    """How a client's calls went so far."""

    #: Calls that were started.
    calls: int
    #: Attempts beyond the first ones, and those of them that went to another instance because one was lost.
    retries: int
    failovers: int
    #: Calls that were not tried again because too many of late had been.
    retries_refused: int
    #: Instances that calls go to now, and those of them that rest because they kept failing.
    instances: int
    resting: int


class Functions:
    """What clients have in common: the interface, its types, and a method for each function."""

    #: The interface's full name.
    interface: str
    #: The classes of the interface's types.
    types: Types

    def __init__(self, connection: _native.Connection) -> None:
        seen = connection.interface
        self.interface = seen.name
        self.types = Types(seen.name, seen.classes)
        self._seen = seen
        self._connection = connection
        self._functions = {method.wit_name: method for method in connection.functions}
        for name, method in self._functions.items():
            # Members of resources belong to their resource.
            if not name.startswith("["):
                self.__dict__[method.__name__] = method

    def call(self, name: str, /, *args: Any, **options: Any) -> Any:
        """Calls a function by its name in the contract."""
        method = self._functions.get(name)
        if method is None:
            known = ", ".join(self._functions) or "none"
            raise Unimplemented(f"{self.interface} has no function {name!r}; there are: {known}")
        return method(*args, **options)

    @property
    def wit(self) -> str:
        """The interface's contract as text."""
        return self._seen.wit

    def metrics(self) -> Metrics:
        """How the calls of this client went so far."""
        return Metrics(**dict(self._connection.metrics))

    def __repr__(self) -> str:
        return f"<client of {self.interface}>"

    def __reduce__(self) -> Any:
        raise TypeError("a client cannot be pickled; connect again in the other process")

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...


class Client(Functions):
    """A client of one interface. The interface's functions are its methods:

        decision = client.adjudicate(claim, timeout=0.5)

    Arguments go by position or by name; options of a call are `timeout` (seconds; None is no deadline, omitted is the
    default), `idempotency_key` and `traceparent`. A method's `bind(...)` is the call with its arguments, to be made
    later. Clients may be used from several threads; `close` or a `with` block ends the connection.
    """

    def batch(self, calls: Iterable[_native.BoundCall]) -> list[Any]:
        """Makes many calls of this client at once, also of different functions, and returns when all have ended:

            results = client.batch(client.adjudicate.bind(claim) for claim in claims)

        The results are in the order of the calls; where one ended with an error, the exception is in its place. There
        may be more calls than fit on the link (`max_calls`).
        """
        results: list[Any] = self._connection.batch(calls)
        return results

    def close(self) -> None:
        """Ends the connection: calls that run end with Cancelled."""
        self._connection.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def connect(
    interface: str,
    *,
    wit: str | os.PathLike[str] | None = None,
    arrays: Arrays | None = None,
    timeout: float | EllipsisType | None = ...,
    runtime_dir: str | os.PathLike[str] | None = None,
    trusted_users: Iterable[int] | None = None,
    max_message: int | None = None,
    max_depth: int | None = None,
    max_elements: int | None = None,
    max_calls: int | None = None,
    retries: int | None = None,
) -> Client:
    """Connects to a provider of an interface, named with or without its version.

    `wit` is the caller's own contract, relative to the calling source file; without it the provider's is used.
    `arrays` says what lists of numbers become. `timeout` is the default of this client's calls in seconds, None for
    no deadline. `retries` says how often a call that can do no harm is tried again. The other options win over the
    environment (HMS_RUNTIME_DIR and so on).

    Raises Unavailable where there is no provider, FailedPrecondition where it does not fit the caller's contract,
    InvalidArgument where the contract has mistakes.
    """
    given_options = options_of(
        timeout=timeout,
        runtime_dir=runtime_dir,
        trusted_users=trusted_users,
        max_message=max_message,
        max_depth=max_depth,
        max_elements=max_elements,
        max_calls=max_calls,
        retries=retries,
    )
    return Client(_native.Connection(interface, view_of(interface, wit), arrays, given_options))


def view_of(interface: str, wit: str | os.PathLike[str] | None) -> _native.Interface | None:
    """The caller's own contract, relative to the source file that called the function which calls this."""
    return _native.Contract(contract_path(wit, 2)).interface(interface) if wit is not None else None


def options_of(
    *, timeout: float | EllipsisType | None, trusted_users: Iterable[int] | None, **options: Any
) -> dict[str, Any]:
    """The options of a connect that were given."""
    users = None if trusted_users is None else list(trusted_users)
    found = given(trusted_users=users, **options)
    if timeout is not ...:
        found["timeout"] = timeout
    return found


def given(**options: Any) -> dict[str, Any]:
    """The options that are not None."""
    return {name: value for name, value in options.items() if value is not None}
