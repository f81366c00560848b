"""Exact comparison: classes, NaN, signs of zero, scales, nanoseconds and offsets count."""

from __future__ import annotations

import datetime
import decimal
import struct
from typing import Any


def same(a: Any, b: Any) -> bool:
    """Whether two values are the same to the last bit."""
    if type(a) is not type(b):
        return False
    match a:
        case float():
            return struct.pack("<d", a) == struct.pack("<d", b) or (a != a and b != b)
        case decimal.Decimal():
            return str(a) == str(b)
        case datetime.datetime():
            return a == b and a.utcoffset() == b.utcoffset()
        case list() | tuple():
            return len(a) == len(b) and all(map(same, a, b))
        case dict():
            return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
        case str() | bytes() | bool() | int():
            return a == b
    members = getattr(type(a), "__match_args__", None)
    if members is None:
        return bool(a == b)
    return all(same(getattr(a, name), getattr(b, name)) for name in members)
