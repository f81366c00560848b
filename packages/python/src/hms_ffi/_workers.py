"""Threads of Python for handlers that block."""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._native import BlockingCall

__all__ = ["Workers"]


class Workers:
    """Runs calls that an event loop took in. Threads are started when they are needed, at most `limit`; further calls
    wait. Only a call of a chain that runs already gets a thread of its own: the one it is part of waits for it."""

    def __init__(self, limit: int, name: str) -> None:
        self._limit = limit
        self._name = name
        self._calls: queue.SimpleQueue[BlockingCall | None] = queue.SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._started = 0
        self._lock = threading.Lock()
        self._chains: Counter[bytes] = Counter()

    def __call__(self, call: BlockingCall) -> None:
        """Called by the loop with every call."""
        with self._lock:
            is_nested = self._chains[call.chain] > 0
            self._chains[call.chain] += 1
        if is_nested:
            self._start(lambda: self._run(call))
            return
        self._calls.put(call)
        if not self._idle.acquire(blocking=False) and self._started < self._limit:
            self._started += 1
            self._start(self._live)

    def end(self) -> None:
        """Has idle threads end, and others when their handler has returned; nobody waits for them."""
        self._calls.put(None)

    def _start(self, life: Callable[[], None]) -> None:
        threading.Thread(target=life, name=f"{self._name} {self._started}", daemon=True).start()

    def _live(self) -> None:
        while True:
            try:
                call = self._calls.get_nowait()
            except queue.Empty:
                self._idle.release()
                call = self._calls.get()
            if call is None:
                self._calls.put(None)
                return
            self._run(call)
            del call

    def _run(self, call: BlockingCall) -> None:
        try:
            call.run()
        finally:
            with self._lock:
                self._chains[call.chain] -= 1
                if not self._chains[call.chain]:
                    del self._chains[call.chain]
