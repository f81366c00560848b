"""Long simulations, which end when nobody waits for them any more."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

import hms_ffi as hms
import numpy as np
from risk import USUAL, measured

# Trials between two looks at the call.
CHUNK = 10_000


class Simulations:
    """Runs simulations, and remembers what the last one that was cancelled has noted."""

    def __init__(self) -> None:
        self._noted = threading.Event()
        self._note = ""

    def simulate(self, observations: Sequence[Any], trials: int) -> float:
        started = time.monotonic()
        call = hms.current_call()
        assert call is not None
        known = [(USUAL[code], float(value)) for code, value in measured(observations) if code in USUAL]
        z = np.array([(value - mean) / deviation for (_, mean, deviation), value in known])
        random = np.random.default_rng()
        total = 0.0
        for done in range(0, trials, CHUNK):
            if call.cancelled:
                took = (time.monotonic() - started) * 1000
                self._note = f"noticed after {took:.0f} ms, at trial {done:,} of {trials:,}"
                self._noted.set()
                raise hms.Cancelled(f"stopped at trial {done:,}")
            count = min(CHUNK, trials - done)
            scattered = z + random.standard_normal((count, len(z)))
            total += float(np.maximum(np.abs(scattered) - 1.0, 0.0).sum())
        return round(total / max(trials, 1), 2)

    def abandoned(self) -> str:
        if not self._noted.wait(10):
            raise hms.NotFound("no simulation was cancelled")
        return self._note
