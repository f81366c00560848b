"""The call that is being served."""

from __future__ import annotations

import pathlib
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ._native import CallContext

__all__ = ["CURRENT", "Caller", "current_call", "look", "program"]

CURRENT: ContextVar[CallContext | None] = ContextVar("hms_ffi.current_call", default=None)


class Caller(NamedTuple):
    """Who calls, as the kernel says; `pid` is 0 if the process has none in our namespace."""

    uid: int
    gid: int
    pid: int


def current_call() -> CallContext | None:
    """The call that the running code serves: deadline, cancelled, caller, trace. None outside of a handler."""
    return CURRENT.get()


def program() -> str:
    """The name of the running program."""
    return pathlib.PurePath(sys.argv[0] if sys.argv and sys.argv[0] else "python").name


def look() -> None:
    """Does nothing; but what was raised for this thread from outside is raised here."""
