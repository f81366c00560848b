"""The callers: what they report, and what they use of memory and descriptors."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.soak.fleet import CALLERS, Program

PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Sample:
    """What a process used at a time."""

    at: float
    rss: int
    descriptors: int
    threads: int


def sample(pid: int) -> Sample | None:
    """None once the process has gone."""
    folder = Path("/proc") / str(pid)
    try:
        resident = int((folder / "statm").read_text().split()[1]) * PAGE
        return Sample(time.monotonic(), resident, len(os.listdir(folder / "fd")), len(os.listdir(folder / "task")))
    except (FileNotFoundError, ProcessLookupError):
        return None


class Caller:
    """One caller; its latest report counts everything so far."""

    def __init__(self, name: str, env: dict[str, str]) -> None:
        self.name = name
        self.report: dict[str, Any] = {"lost": 0, "ends": {}, "latency": {}, "slowest": 0.0}
        self.finished = False
        self.samples: list[Sample] = []
        self.program = Program(f"{name} caller", CALLERS[name], env, self._heard)

    def _heard(self, line: str) -> None:
        try:
            self.report = json.loads(line)
        except ValueError:
            self.program.complaints.append(f"printed {line!r}")
            return
        self.finished = bool(self.report.get("final"))

    @property
    def calls(self) -> int:
        return sum(self.report["ends"].values())

    @property
    def lost(self) -> int:
        return int(self.report["lost"])

    def sample(self) -> None:
        taken = sample(self.program.pid)
        if taken:
            self.samples.append(taken)

    def stop_calling(self) -> None:
        """Tells it to make no more calls; it still serves its callback."""
        self.program.say("stop")

    def close(self) -> None:
        """Lets it end."""
        assert self.program.process.stdin
        self.program.process.stdin.close()


def attempts(callers: list[Caller]) -> dict[str, int]:
    """Attempts beyond the first ones of all callers, as their clients count them."""
    found: Counter[str] = Counter()
    for caller in callers:
        found.update(caller.report.get("attempts", {}))
    return dict(found)


def merged(callers: list[Caller]) -> tuple[Counter[str], Counter[int], float]:
    """Ends, latencies and the slowest call of all callers."""
    ends: Counter[str] = Counter()
    latency: Counter[int] = Counter()
    for caller in callers:
        ends.update(caller.report["ends"])
        latency.update({int(bucket): count for bucket, count in caller.report["latency"].items()})
    return ends, latency, max((caller.report["slowest"] for caller in callers), default=0.0)
