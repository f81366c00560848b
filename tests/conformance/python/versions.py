"""Cases about two versions of one contract that call each other."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from expect import declares, equal, fails, refused


def versions(early: Any, late: Any) -> dict[str, Callable[[], None]]:
    """All cases of this file by name; `early` has the new contract, `late` the old one."""
    new, old = early.types, late.types

    def order(**changes: Any) -> Any:
        return new.Order(**({"id": 1, "item": "pen", "status": new.Status.OPEN, "note": None} | changes))

    def old_order(item: str = "pen") -> Any:
        return old.Order(id=2, item=item, status=old.Status.CLOSED)

    def receipt(status: Any) -> Any:
        return new.Receipt(order=1, total=Decimal("3.50"), status=status, seen=[status.value], paid=None)

    def placed(status: Any, expected: Any) -> Callable[[], None]:
        return lambda: equal(early.place(order(status=status)), receipt(expected))

    old_receipt = old.Receipt(order=2, total=Decimal("3.50"), status=old.Status.CLOSED, seen=["closed", "-"])
    return {
        "early-place": placed(new.Status.OPEN, new.Status.OPEN),
        "early-option-none": placed(new.Status.CLOSED, new.Status.CLOSED),
        "early-option-some": lambda: fails(lambda: early.place(order(note="gift")), "invalid-argument", "order.note"),
        "early-unknown-case": placed(new.Status.ON_HOLD, new.Status.UNCLEAR),
        "early-declared-error": lambda: declares(lambda: early.place(order(item="bulk")), new.Refusal.TooMany(100)),
        "early-parameter-none": lambda: equal(early.cancel(None, 7), True),
        "early-parameter-some": lambda: refused(lambda: early.cancel("why", 7), "reason"),
        "late-place": lambda: equal(late.place(old_order()), old_receipt),
        "late-unknown-case": lambda: equal(late.place(old_order("later")).status, old.Status.UNCLEAR),
        "late-declared-error": lambda: declares(lambda: late.place(old_order("gone")), old.Refusal.SoldOut()),
        "late-unknown-declared-case": lambda: declares(
            lambda: late.place(old_order("contraband")), old.Refusal.Other()
        ),
        "late-parameter": lambda: equal(late.cancel(7), True),
    }
