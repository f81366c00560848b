"""A round: the same call many times, each timed. Driven by lines on standard input, so that peers can take turns."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable


def run(call: Callable[[], object], calls: int) -> float:
    """The median in microseconds."""
    clock = time.perf_counter_ns
    times = []
    for _ in range(calls):
        start = clock()
        call()
        times.append(clock() - start)
    times.sort()
    return times[calls // 2] / 1000


def obey(call: Callable[[], object]) -> None:
    """Answers each line, a number of calls, with the median of that many."""
    for line in sys.stdin:
        print(run(call, int(line)), flush=True)
