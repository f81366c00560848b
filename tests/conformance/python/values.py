"""The values of values.json as Python writes them. `T` has the classes of the contract."""

from __future__ import annotations

import math
from datetime import UTC, date, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

from hms_ffi import Duration, Err, Ok, Some, TimeOfDay, Timestamp

MANY = [(7, "seven", 0.5), (0, "", None)]


def at(*parts: int, offset: int = 0, nano: int = 0) -> Timestamp:
    """A timestamp from its parts up to seconds, an offset in minutes and nanoseconds."""
    tz = timezone(timedelta(minutes=offset)) if offset else UTC
    year, month, day, hour, minute, second = (*parts, 0, 0, 0)[:6]
    return Timestamp(year, month, day, hour, minute, second, nano // 1000, tz, nanosecond=nano % 1000)


def clock(hour: int, minute: int, second: int, nano: int = 0) -> TimeOfDay:
    return TimeOfDay(hour, minute, second, nano // 1000, nanosecond=nano % 1000)


def claims(T: Any) -> list[Any]:
    lines = [T.Line("A1", 0, Decimal("0")), T.Line("B2", 65535, Decimal("-12.50"))]
    return [
        T.Claim(id="c-1", lines=lines, note="checked", paid_in_full=True),
        T.Claim(id="", lines=[], note=None, paid_in_full=False),
    ]


def values(T: Any) -> dict[str, list[Any]]:
    """What the echo functions are called with, by their names in the contract."""
    flag, wide = T.Permissions, T.Wide
    ids = [UUID(int=0), UUID("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"), UUID(int=2**128 - 1)]
    every_wide = wide(0)
    for member in wide:
        every_wide |= member
    return {
        "echo-bool": [False, True],
        "echo-u8": [0, 1, 255],
        "echo-u16": [0, 1, 65535],
        "echo-u32": [0, 1, 2**32 - 1],
        "echo-u64": [0, 1, 2**53 - 1, 2**53 + 1, 2**64 - 1],
        "echo-s8": [-128, -1, 0, 127],
        "echo-s16": [-(2**15), -1, 0, 2**15 - 1],
        "echo-s32": [-(2**31), -1, 0, 2**31 - 1],
        "echo-s64": [-(2**63), -(2**53) - 1, -1, 0, 2**63 - 1],
        "echo-f32": [0.0, -0.0, 1.5, -0.25, 3.4028234663852886e38, 2.0**-149, math.inf, -math.inf, math.nan],
        "echo-f64": [0.0, -0.0, 0.1, 1.7976931348623157e308, 5e-324, 2.0**53, math.inf, -math.inf, math.nan],
        "echo-char": ["a", "\0", "é", "\ud7ff", "\ue000", "🦀", "\U0010ffff"],
        "echo-string": ["", "plain", "tab\tand\nline", "a\0b", "é中🦀", "e\u0301"],
        "echo-bytes": [b"", b"\0", b"\0\xff", bytes([0, 1, 2, 3, 255])],
        "echo-list-u16": [[], [0], [1, 65535]],
        "echo-list-s32": [[], [-(2**31), 0, 2**31 - 1]],
        "echo-list-u64": [[], [2**64 - 1, 0, 2**53 + 1]],
        "echo-list-f32": [[], [0.5, -0.0, math.inf]],
        "echo-list-f64": [[], [0.1, -0.0, -math.inf, 5e-324]],
        "echo-list-bool": [[], [True, False, True]],
        "echo-list-string": [[], ["", "a", "🦀"]],
        "echo-list-list": [[], [[]], [[1], [], [2**32 - 1, 2]]],
        "echo-list-option": [[], [None, "", None, "x"]],
        "echo-fixed": [[0, 1, 65535]],
        "echo-tuple": [(0, "", 0.5), (255, "end", -1.5)],
        "echo-record": claims(T),
        "echo-awkward": [T.Awkward("c", 1, True, -1, "h", "k")],
        "echo-enum": [T.Color.RED, T.Color.DARK_GREEN, T.Color.BLUE],
        "echo-flags": [flag(0), flag.READ, flag.READ | flag.WRITE | flag.RUN_IT],
        "echo-wide-flags": [wide(0), wide.F0 | wide.F8 | wide.F16, every_wide],
        "echo-variant": [
            T.Shape.Empty(),
            T.Shape.Circle(2.5),
            T.Shape.Label(""),
            T.Shape.Claim(claims(T)[0]),
            T.Shape.Maybe(None),
            T.Shape.Maybe(7),
        ],
        "echo-option": [None, 0, 2**32 - 1],
        "echo-nested-option": [None, Some(None), Some(0), Some(255)],
        "echo-results": [[], [Ok(0), Err(""), Ok(2**32 - 1), Err("no")]],
        "echo-bare-results": [[], [Ok(), Err()]],
        "echo-map-string": [{}, {"": 0, "a": 1, "é": 2**32 - 1}],
        "echo-map-u64": [{}, {0: "zero", 2**53 - 1: "safe", 2**64 - 1: "most"}],
        "echo-map-bool": [{}, {False: b"", True: b"\0\xff"}],
        "echo-map-char": [{}, {"a": -128, "🦀": 127}],
        "echo-set-string": [set(), {"", "a", "b"}],
        "echo-set-u32": [set(), {0, 1, 2**32 - 1}],
        "echo-set-enum": [set(), {T.Color.RED, T.Color.BLUE}],
        "echo-set-uuid": [set(), set(ids[:2])],
        "echo-alias": [[], [Decimal("1.10"), Decimal("0.00")]],
        "echo-timestamp": [
            at(1970, 1, 1),
            at(2024, 2, 29, 23, 59, 59, nano=123456789),
            at(1969, 12, 31, 23, 59, 59, nano=999999999),
            at(1, 1, 1),
            at(9999, 12, 31, 23, 59, 59, nano=999999999),
        ],
        "echo-zoned-timestamp": [
            at(2024, 2, 29, 12, 0, 0, offset=330, nano=1),
            at(2024, 2, 29, 12, 0, 0, offset=-1439),
            at(1970, 1, 1),
        ],
        "echo-date": [date(1, 1, 1), date(2000, 2, 29), date(9999, 12, 31)],
        "echo-partial-date": ["2024", "2024-02", "0001-12"],
        "echo-time-of-day": [clock(0, 0, 0), clock(12, 30, 0, 500_000_000), clock(23, 59, 59, 999_999_999)],
        "echo-duration": [
            Duration(),
            Duration(seconds=1.5),
            Duration(seconds=-0.25),
            Duration(days=1),
            Duration(seconds=-1, nanoseconds=-1),
        ],
        "echo-decimal": [
            Decimal(text)
            for text in ("0", "1.10", "-0.005", "100.00", "1234567890123456789012345678901234567890.0123456789")
        ],
        "echo-uuid": ids,
        "echo-document": [
            None,
            True,
            0,
            -1,
            2**53 - 1,
            1.5,
            "text",
            [],
            {},
            {"name": "Ada", "tags": ["a", "b"], "nested": {"deep": [1, None, False]}, "__proto__": "kept"},
        ],
        "echo-option-document": [None, Some(None), Some([1, {"a": "b"}])],
        "echo-money": [T.Money(amount=Decimal("12.30"), currency="EUR")],
        "echo-quantity": [T.Quantity(value=Decimal("5.40"), unit="mg/dL")],
    }


def sample(T: Any) -> Any:
    """The sample of values.json."""
    return T.Sample(
        flag=True,
        small=200,
        negative=-12345,
        large=2**64 - 1,
        lowest=-(2**63),
        ratio=0.1,
        letter="🦀",
        text="é中",
        blob=b"\0\1\2\xff",
        series=[0.5, -1.5, 1e300],
        words={"beta", "alpha"},
        totals={"a": 1, "b": 2},
        pair=(7, "seven"),
        color=T.Color.DARK_GREEN,
        permissions=T.Permissions.READ | T.Permissions.RUN_IT,
        shape=T.Shape.Circle(2.5),
        present=5,
        absent=None,
        boxed=Some(None),
        good=Ok(1),
        bad=Err("no"),
        at=at(2024, 2, 29, 23, 59, 59, nano=123456789),
        local=at(2024, 2, 29, 12, 0, 0, offset=330, nano=1),
        day=date(2000, 2, 29),
        month="2024-02",
        clock=clock(23, 59, 59, 1),
        span=Duration(seconds=-0.25),
        price=Decimal("1.10"),
        id=UUID("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
        extra={"k": [1, None, "x"]},
        cost=T.Money(amount=Decimal("12.30"), currency="EUR"),
        dose=T.Quantity(value=Decimal("5.40"), unit="mg/dL"),
    )
