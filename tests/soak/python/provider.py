"""A provider of the soak in Python."""

from __future__ import annotations

import asyncio
import os
import pathlib
import signal
import threading
from typing import Any

import hms_ffi as hms

# Waited for below; blocked before there are threads that would get it.
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})

component = hms.Component("test:soak/work", wit="../soak.wit", workers=8)
types = component.types
ledger = os.open(
    pathlib.Path(os.environ["SOAK_LEDGER"]) / f"executed-python-{os.getpid()}",
    os.O_WRONLY | os.O_CREAT | os.O_APPEND,
    0o644,
)
_lock = threading.Lock()
_callback: Any = None


def callback() -> Any:
    global _callback
    with _lock:
        if _callback is None:
            _callback = hms.connect("test:soak/callback")
        return _callback


@component.export
def add(a: int, b: int) -> int:
    return a + b


@component.export
def echo(data: bytes) -> bytes:
    return data


@component.export
def price(order: Any) -> Any:
    if not order.lines:
        raise hms.DeclaredError(types.Refusal.Empty())
    if len(order.lines) > 20:
        raise hms.DeclaredError(types.Refusal.TooMany(len(order.lines)))
    total = sum(line.units * line.price for line in order.lines)
    return types.Receipt(id=order.id, total=total, note=order.note)


@component.export
def ask_back(n: int) -> int:
    doubled: int = callback().double(n)
    return doubled + 1


@component.export
async def linger(milliseconds: int) -> int:
    await asyncio.sleep(milliseconds / 1000)
    return milliseconds


@component.export
def note(id: str) -> None:
    # One write: a kill leaves the whole line or nothing.
    os.write(ledger, f"{id}\n".encode())


with component:
    print("ready", flush=True)
    signal.sigwait({signal.SIGTERM})
