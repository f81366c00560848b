"""The driver of each asyncio event loop."""

from __future__ import annotations

import asyncio
import threading
import weakref

from . import _native
from ._errors import Unimplemented

__all__ = ["current"]

_KNOWN: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _native.EventLoop] = weakref.WeakKeyDictionary()
_LOCK = threading.Lock()


def current() -> _native.EventLoop:
    """That of the loop which runs on this thread, made when it is first needed; it goes with its loop."""
    loop = asyncio.get_running_loop()
    with _LOCK:
        known = _KNOWN.get(loop)
    if known is not None and known.usable:
        return known
    made = _native.EventLoop(loop)
    try:
        loop.add_reader(made.fd, _native.Watch(made).ready)
    except NotImplementedError:
        raise Unimplemented(f"{type(loop).__name__} cannot watch descriptors; use a loop with add_reader") from None
    with _LOCK:
        _KNOWN[loop] = made
    return made
