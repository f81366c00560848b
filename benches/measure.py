"""Rounds in turns: programs that are spoken to line by line, and what comes of them."""

from __future__ import annotations

import statistics
import subprocess
from dataclasses import dataclass, field
from typing import Any


class Program:
    """A process that is spoken to line by line, and ends with its standard input."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *exception: object) -> None:
        if self.process.stdin:
            self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def line(self) -> str:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args!r} ended early")
        return line.strip()

    def round(self, calls: int) -> float:
        """Makes that many calls; the time of one in microseconds."""
        assert self.process.stdin
        print(calls, file=self.process.stdin, flush=True)
        return float(self.line())


@dataclass
class Row:
    """One line of the table. With a peer, `expected` is the largest ratio; without, the smallest of ours."""

    name: str
    unit: str
    ours: float
    peer: float | None = None
    ratio: float | None = None
    expected: float | None = None
    samples: list[list[float]] = field(default_factory=list)

    @property
    def met(self) -> bool | None:
        if self.expected is None:
            return None
        return self.ours >= self.expected if self.ratio is None else self.ratio <= self.expected

    def report(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "unit": self.unit,
            "ours": self.ours,
            "peer": self.peer,
            "ratio": self.ratio,
            "expected": self.expected,
            "met": self.met,
            "samples": self.samples,
        }


def in_turns(
    name: str, ours: Program, peer: Program, rounds: int, calls: tuple[int, int], expected: float | None
) -> Row:
    """Rounds of both sides in turns; who begins alternates, so that neither profits from its place. `calls` are those
    of a round of ours and of the peer: rounds of about the same length."""
    sides = {ours: calls[0], peer: calls[1]}
    for program, count in sides.items():
        # Not measured: caches, compilers, the scheduler's idea of both.
        program.round(max(1, count // 2))
    samples = []
    for index in range(rounds):
        times = {}
        for program in (ours, peer) if index % 2 == 0 else (peer, ours):
            times[program] = program.round(sides[program])
        samples.append([times[ours], times[peer]])
    return compared(name, samples, expected)


def compared(name: str, samples: list[list[float]], expected: float | None) -> Row:
    """The row of rounds, each with the microseconds of a call of ours and of the peer."""
    return Row(
        name,
        "us",
        ours=round(statistics.median(a for a, _ in samples), 2),
        peer=round(statistics.median(b for _, b in samples), 2),
        ratio=round(statistics.median(a / b for a, b in samples), 4),
        expected=None if expected is None else round(expected, 4),
        samples=[[round(a, 3), round(b, 3)] for a, b in samples],
    )
