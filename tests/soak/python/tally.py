"""What a caller counts, and how it tells the runner."""

from __future__ import annotations

import json
import math
import os
import pathlib
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from typing import Any

import hms_ffi as hms


class Tally:
    """Counts of one caller; threads may share it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._lock = threading.Lock()
        self._ends: Counter[str] = Counter()
        self._latency: Counter[int] = Counter()
        self._slowest = 0.0
        self._lost = 0
        self._notes = 0
        self._attempts = {"retries": 0, "failovers": 0, "retries_refused": 0}
        self._log = (pathlib.Path(os.environ["SOAK_LEDGER"]) / f"outcomes-{name}").open("w")

    def ended(self, kind: str, how: str, seconds: float | None = None) -> None:
        """One call ended as it may."""
        with self._lock:
            self._ends[f"{kind} {how}"] += 1
            if seconds is not None:
                self._latency[math.floor(4 * math.log2(max(seconds * 1e6, 1)))] += 1
                self._slowest = max(self._slowest, seconds)

    def lost(self, kind: str, what: object, seconds: float) -> None:
        """An idempotent call failed, or was answered wrongly."""
        code = what.code if isinstance(what, hms.HmsError) else "wrong"
        with self._lock:
            self._lost += 1
            self._ends[f"{kind} lost {code}"] += 1
            said = f"lost {self.name} {kind} after {seconds * 1000:.0f} ms: {type(what).__name__} {what}"
            print(said.replace("\n", " "), file=sys.stderr, flush=True)

    def next_note(self) -> str:
        """A new id for `note`."""
        with self._lock:
            self._notes += 1
            return f"{self.name}-{self._notes}"

    def noted(self, id: str, outcome: hms.HmsError | None) -> None:
        """How a `note` ended, to be compared with what the providers have recorded."""
        how = "ok" if outcome is None else "maybe" if outcome.sent == "maybe-executed" else "not"
        with self._lock:
            self._ends[f"note {how}" if outcome is None else f"note {how} {outcome.code}"] += 1
            print(id, how, file=self._log, flush=True)

    def attempted(self, client: Any) -> None:
        """A client makes no more calls: what its metrics say."""
        metrics = client.metrics()
        with self._lock:
            for name in self._attempts:
                self._attempts[name] += getattr(metrics, name)

    def _report(self, **more: object) -> None:
        with self._lock:
            ends = dict(self._ends)
            state = {
                "lost": self._lost,
                "ends": ends,
                "latency": {str(bucket): count for bucket, count in self._latency.items()},
                "slowest": self._slowest,
                "attempts": dict(self._attempts),
            }
        print(json.dumps(state | more), flush=True)

    def run_until_stopped(self, stop: threading.Event, workers: list[threading.Thread], client: Any = None) -> None:
        """Reports every second until the runner says stop, and once more when all workers have ended; then waits for
        the end of standard input, since others may still call back. `client` is the workers', if they share one."""

        def listen() -> None:
            sys.stdin.readline()
            stop.set()

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        while not stop.wait(1):
            self._report()
        for worker in workers:
            worker.join()
        if client is not None:
            self.attempted(client)
        self._log.close()
        self._report(final=True)
        listener.join()
        with suppress(KeyboardInterrupt):
            sys.stdin.read()


def clock() -> float:
    return time.monotonic()
