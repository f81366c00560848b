"""The handlers of `early` and `late`, of the old and the new version of one contract."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import hms_ffi as hms


def refuse(types: Any, order: Any) -> None:
    if order.item == "gone":
        raise hms.DeclaredError(types.Refusal.SoldOut())
    if order.item == "bulk":
        raise hms.DeclaredError(types.Refusal.TooMany(100))


def early(component: hms.Component) -> None:
    """Adds the handlers of the old version."""
    types = component.types

    @component.export
    def place(order: Any) -> Any:
        refuse(types, order)
        return types.Receipt(order=order.id, total=Decimal("3.50"), status=order.status, seen=[order.status.value])

    @component.export
    def cancel(id: int) -> bool:
        return id == 7


def late(component: hms.Component) -> None:
    """Adds the handlers of the new version."""
    types = component.types

    @component.export
    def place(order: Any) -> Any:
        refuse(types, order)
        if order.item == "contraband":
            raise hms.DeclaredError(types.Refusal.Embargo("customs"))
        return types.Receipt(
            order=order.id,
            total=Decimal("3.50"),
            status=types.Status.ON_HOLD if order.item == "later" else order.status,
            seen=[order.status.value, "-" if order.note is None else order.note],
            paid=hms.Timestamp(2024, 2, 29),
        )

    @component.export
    def cancel(reason: str | None, id: int) -> bool:
        return reason is None and id == 7

    @component.export
    def restock(item: str) -> int:
        return len(item)
