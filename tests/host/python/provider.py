"""Serves test:host/desk until SIGTERM; prints `ready` when callers can find it."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import hms_ffi as hms

WIT = Path(__file__).with_name("host.wit")


class Desk:
    """The functions of test:host/desk."""

    def __init__(self) -> None:
        self._held = 0

    def echo(self, text: str) -> str:
        return text

    def process(self) -> int:
        return os.getpid()

    def hold(self) -> None:
        call = hms.current_call()
        assert call
        self._held += 1
        try:
            while not call.cancelled:
                time.sleep(0.002)
        finally:
            self._held -= 1

    def holding(self) -> int:
        return self._held

    def caller_user(self) -> int:
        call = hms.current_call()
        assert call
        return call.caller.uid


def component(**options: object) -> hms.Component:
    return hms.Component("test:host/desk", wit=WIT, exports=Desk(), **options)  # type: ignore[arg-type]


if __name__ == "__main__":
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with component(workers=24):
        print("ready", flush=True)
        stop.wait()
