"""The handlers of the interface `suite`."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import hms_ffi as hms
from compare import same
from gates import Gates
from values import sample, values


def error_class(code: str) -> type[hms.HmsError]:
    """The class of a code."""
    cls: type[hms.HmsError] = getattr(hms, "".join(map(str.capitalize, code.split("-"))))
    return cls


def milliseconds_left() -> int | None:
    call = hms.current_call()
    assert call is not None
    return None if call.remaining is None else int(call.remaining * 1000)


def until_cancelled() -> None:
    call = hms.current_call()
    assert call is not None
    while not call.cancelled:
        time.sleep(0.002)


class Once:
    """Makes a thing when it is first asked for, from any thread."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: Any = None

    def __call__(self) -> Any:
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made


class Suite:
    """`callback` gives a client of the caller's own interface; `types` has the classes of the contract."""

    def __init__(self, types: Any, callback: Callable[[], Any]) -> None:
        self._types = types
        self._callback = callback
        self._held = Gates()
        self._released = Gates()
        self._guests: dict[str, int] = defaultdict(int)
        self._full: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._lock = threading.Lock()
        self._calls: dict[str, int] = defaultdict(int)

    def echo_many(self, a: int, b: str, c: float | None) -> Any:
        return (a, b, c)

    def nothing(self) -> None:
        pass

    def make_sample(self) -> Any:
        return sample(self._types)

    def is_sample(self, value: Any) -> bool:
        return same(value, sample(self._types))

    def fail_with(self, code: str, message: str) -> None:
        raise error_class(code)(message)

    def fail_with_details(self, details: Any) -> None:
        raise hms.FailedPrecondition("with details", details=details)

    def bug(self) -> None:
        given: dict[str, int] = {}
        given["missing"] += 1

    def deny_text(self, text: str) -> int:
        raise hms.DeclaredError(text)

    def deny_record(self, problem: Any) -> int:
        raise hms.DeclaredError(problem)

    def deny_enum(self, color: Any) -> int:
        raise hms.DeclaredError(color)

    def deny_variant(self, denial: Any) -> int:
        raise hms.DeclaredError(denial)

    def deny_option(self, value: int | None) -> int:
        raise hms.DeclaredError(value)

    def deny_bare(self) -> int:
        raise hms.DeclaredError

    def allow(self, value: int) -> int:
        return value

    def allow_bare(self) -> None:
        pass

    def time_left(self) -> int | None:
        return milliseconds_left()

    async def hold(self, key: str) -> None:
        self._held.open(key)
        try:
            await asyncio.Event().wait()
        finally:
            self._released.open(key)

    def held(self, key: str) -> bool:
        return self._held.wait(key)

    def released(self, key: str) -> bool:
        return self._released.wait(key)

    def make_bytes(self, length: int) -> bytes:
        return (bytes(range(256)) * (length // 256 + 1))[:length]

    async def meet(self, room: str, guests: int) -> int:
        self._guests[room] += 1
        if self._guests[room] == guests:
            self._full[room].set()
        await self._full[room].wait()
        return guests

    def who_calls(self) -> tuple[int, int]:
        call = hms.current_call()
        assert call is not None
        return (call.caller.uid, call.caller.pid)

    def bounce(self, times: int) -> int:
        return 0 if times == 0 else 1 + self._callback().bounce(times - 1)

    def fail(self, hops: int, code: str) -> None:
        if hops == 0:
            raise error_class(code)(f"raised {code}")
        self._callback().fail(hops - 1, code)

    def nested_time_left(self) -> int | None:
        # Without a deadline of its own the call has that of this one, or none.
        left: int | None = self._callback().time_left(timeout=None)
        return left

    def nested_denial(self) -> None:
        self._callback().deny()

    async def nested_hold(self, key: str) -> None:
        async with hms.aconnect("test:conformance/callback") as callback:
            try:
                await callback.hold(key, timeout=None)
            finally:
                self._released.open(key)

    def flaky(self, key: str, failures: int) -> int:
        with self._lock:
            self._calls[key] += 1
            if self._calls[key] <= failures:
                raise hms.Unavailable(f"call {self._calls[key]}")
            return self._calls[key]

    def flaky_once(self, key: str, failures: int) -> int:
        return self.flaky(key, failures)

    def tally(self, key: str) -> int:
        with self._lock:
            return self._calls[key]


def exports(types: Any, callback: Callable[[], Any]) -> dict[str, Callable[..., Any]]:
    """All handlers by the names of the contract or of Python."""
    suite = Suite(types, callback)
    echoes: dict[str, Callable[..., Any]] = {name: lambda value: value for name in values(types)}
    named = {name: getattr(suite, name) for name in vars(Suite) if not name.startswith("_")}
    return echoes | named
