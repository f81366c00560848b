"""Things that happen once, and those who wait for them."""

from __future__ import annotations

import threading
from collections import defaultdict


class Gates:
    """By name; opened on any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._gates: dict[str, threading.Event] = defaultdict(threading.Event)

    def _gate(self, name: str) -> threading.Event:
        with self._lock:
            return self._gates[name]

    def open(self, name: str) -> None:
        self._gate(name).set()

    def wait(self, name: str) -> bool:
        """Whether it has happened; waits ten seconds at most, since a failing case must not be endless."""
        return self._gate(name).wait(10)
