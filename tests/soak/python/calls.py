"""The calls of the soak: which, with what, and what must come back."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

# Kinds and how often each is drawn.
KINDS = {
    "add": 40,
    "price": 18,
    "note": 15,
    "ask-back": 10,
    "echo": 5,
    "linger": 3,
    "hurry": 4,
    "cancel": 3,
    "batch": 2,
}
PATTERN = bytes(range(256)) * 2000


@dataclass
class Expected:
    """One idempotent call: function, arguments, and the answer, or the declared error."""

    function: str
    args: tuple[Any, ...]
    answer: Any = None
    declared: Any = None


def draw(kind: str, dice: random.Random, types: Any) -> Expected:
    if kind == "add":
        a, b = dice.randrange(1 << 62), dice.randrange(1 << 62)
        return Expected("add", (a, b), a + b)
    if kind == "echo":
        start, length = dice.randrange(256), dice.randrange(400_000)
        data = PATTERN[start : start + length]
        return Expected("echo", (data,), data)
    if kind == "ask-back":
        n = dice.randrange(1 << 60)
        return Expected("ask_back", (n,), 2 * n + 1)
    if kind == "linger":
        length = dice.randrange(100)
        return Expected("linger", (length,), length)
    return draw_price(dice, types)


def draw_price(dice: random.Random, types: Any) -> Expected:
    lines = [(dice.randrange(100), dice.randrange(1 << 32)) for _ in range(dice.randrange(25))]
    note = dice.choice([None, "é" * dice.randrange(50)])
    order = {"id": str(len(lines)), "lines": [{"units": u, "price": p} for u, p in lines], "note": note}
    if not lines:
        return Expected("price", (order,), declared=types.Refusal.Empty())
    if len(lines) > 20:
        return Expected("price", (order,), declared=types.Refusal.TooMany(len(lines)))
    total = sum(u * p for u, p in lines)
    return Expected("price", (order,), types.Receipt(id=order["id"], total=total, note=note))


def choose(dice: random.Random) -> str:
    return dice.choices(list(KINDS), list(KINDS.values()))[0]


def draw_many(dice: random.Random, types: Any) -> list[Expected]:
    """The calls of a batch."""
    kinds = ["add", "price", "ask-back"]
    return [draw(dice.choice(kinds), dice, types) for _ in range(dice.randrange(1, 20))]
