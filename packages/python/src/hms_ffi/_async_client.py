"""The caller's side in an event loop: `aconnect` and `AsyncClient`."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, Any

from . import _event_loop, _native
from ._client import Arrays, Functions, options_of, view_of

if TYPE_CHECKING:
    from types import EllipsisType, TracebackType

__all__ = ["AsyncClient", "aconnect"]


class AsyncClient(Functions):
    """A client of one interface for the event loop that it was made on. The interface's functions are its methods:

        decision = await client.adjudicate(claim, timeout=0.5)

    A call starts at once, not when it is awaited; calls that start in one turn of the loop are sent together. What a
    function returns may be given to `gather`, `wait_for`, `create_task` and task groups; it is awaited once.
    Cancelling the task that awaits it cancels the call. Options are as for `Client`.
    """

    async def batch(self, calls: Iterable[_native.BoundCall]) -> list[Any]:
        """Makes many calls of this client at once, as `Client.batch` does."""
        results: list[Any] = await self._connection.batch(calls)
        return results

    async def aclose(self) -> None:
        """Ends the connection: calls that run end with Cancelled."""
        self._connection.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()


class Connecting:
    """A connect to be awaited, or entered with `async with`."""

    def __init__(
        self, interface: str, view: _native.Interface | None, arrays: Arrays | None, options: dict[str, Any]
    ) -> None:
        self._connect = (interface, view, arrays, options)
        self._client: AsyncClient | None = None

    def __await__(self) -> Generator[Any, None, AsyncClient]:
        connection = yield from _native.Connection.start(_event_loop.current(), *self._connect).__await__()
        return AsyncClient(connection)

    async def __aenter__(self) -> AsyncClient:
        self._client = await self
        return self._client

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._client is not None:
            await self._client.aclose()


def aconnect(
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
) -> Connecting:
    """Connects to a provider of an interface from an event loop; options are as for `connect`.

        async with hms.aconnect("hms:claims/adjudication") as claims:
            decision = await claims.adjudicate(claim)

    `await aconnect(...)` gives the client without closing it later.
    """
    options = options_of(
        timeout=timeout,
        runtime_dir=runtime_dir,
        trusted_users=trusted_users,
        max_message=max_message,
        max_depth=max_depth,
        max_elements=max_elements,
        max_calls=max_calls,
        retries=retries,
    )
    return Connecting(interface, view_of(interface, wit), arrays, options)
