"""What cases assert."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import hms_ffi as hms
from compare import same
from suite import error_class

Call = Callable[[], Any]


def _raise(outcome: Any) -> Any:
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


async def _outcome(call: Awaitable[Any]) -> Any:
    """The result of an awaited call, or its error as a value."""
    try:
        return await call
    except hms.HmsError as error:
        return error


async def afails(call: Awaitable[Any], code: str, text: str = "") -> Any:
    """`fails`, of a call that is awaited."""
    return is_failure(await _outcome(call), code, text)


async def adeclares(call: Awaitable[Any], value: Any) -> None:
    """`declares`, of a call that is awaited."""
    is_declared(await _outcome(call), value)


def is_failure(outcome: Any, code: str, text: str = "") -> Any:
    """`fails`, of an error that is a value."""
    return fails(lambda: _raise(outcome), code, text)


def is_declared(outcome: Any, value: Any) -> None:
    """`declares`, of an error that is a value."""
    declares(lambda: _raise(outcome), value)


def equal(got: Any, expected: Any) -> None:
    if not same(got, expected):
        raise AssertionError(f"expected {expected!r}, got {got!r}"[:2000])


def ok(condition: bool, what: str) -> None:
    if not condition:
        raise AssertionError(f"not so: {what}")


def _error_of(call: Call) -> BaseException:
    try:
        value = call()
    except hms.HmsError as error:
        return error
    raise AssertionError(f"expected an error, got {value!r}")


def fails(call: Call, code: str, text: str = "") -> Any:
    """The system error that a call ends with."""
    error = _error_of(call)
    ok(isinstance(error, error_class(code)), f"{error!r} is {code}")
    assert isinstance(error, hms.HmsError)
    equal(str(error.code), code)
    ok(text in error.message, f"{error.message!r} contains {text!r}")
    return error


def refused(call: Call, path: str) -> None:
    """A mistake that is refused before anything is sent."""
    equal(fails(call, "invalid-argument", path).sent, "not-sent")


def declares(call: Call, value: Any) -> None:
    error = _error_of(call)
    ok(isinstance(error, hms.DeclaredError), f"{error!r} is a declared error")
    assert isinstance(error, hms.DeclaredError)
    ok(error.code is None, "a declared error has no code")
    equal(error.value, value)
