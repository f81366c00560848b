"""What the soak's figures mean: calls that ran twice, use that grows, latencies."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Growth between two medians that is not called growth: allocators and garbage collectors breathe.
MEMORY_SLACK_BYTES = 16 << 20
MEMORY_SLACK_SHARE = 0.10
DESCRIPTOR_SLACK = 4
# Shorter runs report memory and do not judge it.
SECONDS_TO_JUDGE_MEMORY = 120
# The part of a run that warms up: caches, pools, the first garbage collections.
WARM_UP = 0.2


@dataclass
class Executions:
    """What providers have recorded, against what callers were told."""

    #: Ids that were executed more than once.
    duplicated: list[str]
    #: Ids whose call was answered, but which no provider has recorded.
    missing: list[str]
    #: Ids whose call ended as not sent, but which a provider has recorded.
    denied: list[str]
    #: Ids whose call ended without an answer, by whether they were executed.
    unknown_executed: int
    unknown_not_executed: int


def executions(ledger: Path) -> Executions:
    """Reads both sides' files."""
    executed: Counter[str] = Counter()
    for path in ledger.glob("executed-*"):
        executed.update(path.read_text().split("\n")[:-1])
    outcomes: dict[str, str] = {}
    for path in ledger.glob("outcomes-*"):
        for line in path.read_text().splitlines():
            id, how = line.split(" ")
            outcomes[id] = how
    unknown = [id for id, how in outcomes.items() if how == "maybe"]
    return Executions(
        duplicated=[id for id, times in executed.items() if times > 1],
        missing=[id for id, how in outcomes.items() if how == "ok" and id not in executed],
        denied=[id for id, how in outcomes.items() if how == "not" and id in executed],
        unknown_executed=sum(id in executed for id in unknown),
        unknown_not_executed=sum(id not in executed for id in unknown),
    )


@dataclass
class Use:
    """How much of something a process used after warming up and at the end: medians over a fifth of the run each."""

    start: int
    end: int
    slack: int

    @property
    def grows(self) -> bool:
        return self.end - self.start > self.slack

    def report(self) -> dict[str, Any]:
        return {"start": self.start, "end": self.end, "slack": self.slack, "grows": self.grows}


def use(values: Sequence[int], slack_share: float, slack: int) -> Use:
    """`values` at equal distances over the whole run: the first fifth is warm-up, the second start, the last end."""
    fifth = max(1, int(len(values) * WARM_UP))
    start = round(statistics.median(values[fifth : 2 * fifth] or values))
    end = round(statistics.median(values[-fifth:]))
    return Use(start, end, max(slack, round(start * slack_share)))


def memory(values: Sequence[int]) -> Use:
    return use(values, MEMORY_SLACK_SHARE, MEMORY_SLACK_BYTES)


def descriptors(values: Sequence[int]) -> Use:
    return use(values, 0, DESCRIPTOR_SLACK)


def total(uses: Iterable[Use]) -> Use:
    uses = list(uses)
    return Use(sum(u.start for u in uses), sum(u.end for u in uses), sum(u.slack for u in uses))


def percentile(latency: Counter[int], share: float) -> float:
    """Milliseconds within which that share of calls had ended: the upper edge of its bucket, a quarter of a power of
    two of microseconds."""
    wanted = share * sum(latency.values())
    seen = 0
    for bucket in sorted(latency):
        seen += latency[bucket]
        if seen >= wanted:
            return round(2 ** ((bucket + 1) / 4) / 1000, 3)
    return 0.0
