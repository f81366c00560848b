"""How the calls of the soak may end. An outcome is what came back, or the error."""

from __future__ import annotations

from typing import Any

import hms_ffi as hms
from calls import Expected
from tally import Tally


def right(tally: Tally, kind: str, expected: Expected, outcome: Any, seconds: float) -> None:
    """An idempotent call, which must be answered rightly."""
    if isinstance(outcome, hms.HmsError):
        if isinstance(outcome, hms.DeclaredError) and expected.declared and outcome.value == expected.declared:
            tally.ended(kind, "declared", seconds)
        else:
            tally.lost(kind, outcome, seconds)
    elif expected.declared is None and outcome == expected.answer:
        tally.ended(kind, "ok", seconds)
    else:
        tally.lost(kind, f"wrong answer to {expected.function}", seconds)


def batch(tally: Tally, drawn: list[Expected], outcomes: list[Any], seconds: float) -> None:
    """Calls of several functions in one, among them some with declared errors."""
    if len(outcomes) != len(drawn):
        tally.lost("batch", f"{len(outcomes)} answers to {len(drawn)} calls", seconds)
    for expected, outcome in zip(drawn, outcomes, strict=False):
        right(tally, "batch", expected, outcome, seconds)


def hurry(tally: Tally, outcome: Any, seconds: float) -> None:
    """A call of `linger(20)` with a deadline that is often too short."""
    if isinstance(outcome, hms.DeadlineExceeded):
        tally.ended("hurry", "late")
    elif isinstance(outcome, hms.HmsError):
        # A provider that dies may leave too little time for another.
        tally.ended("hurry", f"{outcome.code}")
    elif outcome == 20:
        tally.ended("hurry", "ok")
    else:
        tally.lost("hurry", f"wrong answer {outcome}", seconds)
