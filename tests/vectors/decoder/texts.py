"""The well-known types as texts of the JSON mapping; a ValueError is a value out of its range."""

from __future__ import annotations

import re

FIRST, LAST = -62135596800, 253402300799
MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def month_days(year: int, month: int) -> int:
    return 29 if month == 2 and is_leap(year) else MONTHS[month - 1]


def days_before_year(year: int) -> int:
    """Days from 0001-01-01 to the first day of the year."""
    before = year - 1
    return before * 365 + before // 4 - before // 100 + before // 400


def fraction(nanoseconds: int) -> str:
    if nanoseconds > 999_999_999:
        raise ValueError("nanoseconds")
    return f".{nanoseconds:09}".rstrip("0") if nanoseconds else ""


def timestamp(seconds: int, nanoseconds: int, offset: int) -> str:
    local = seconds + offset * 60
    if not FIRST <= seconds <= LAST or not FIRST <= local <= LAST or abs(offset) > 1439:
        raise ValueError("timestamp")
    days, second = divmod(local - FIRST, 86400)
    year = max(1, days * 400 // 146097)
    while days_before_year(year + 1) <= days:
        year += 1
    days -= days_before_year(year)
    month = 1
    while days >= month_days(year, month):
        days -= month_days(year, month)
        month += 1
    zone = "Z"
    if offset:
        zone = f"{'+' if offset > 0 else '-'}{abs(offset) // 60:02}:{abs(offset) % 60:02}"
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    return f"{year:04}-{month:02}-{days + 1:02}T{clock}{fraction(nanoseconds)}{zone}"


def date(year: int, month: int, day: int) -> str:
    if not 1 <= year <= 9999 or not 1 <= month <= 12 or not 1 <= day <= month_days(year, month):
        raise ValueError("date")
    return f"{year:04}-{month:02}-{day:02}"


def partial_date(year: int, month: int | None) -> str:
    if not 1 <= year <= 9999 or not (month is None or 1 <= month <= 12):
        raise ValueError("partial-date")
    return f"{year:04}" if month is None else f"{year:04}-{month:02}"


def time_of_day(hour: int, minute: int, second: int, nanoseconds: int) -> str:
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError("time-of-day")
    return f"{hour:02}:{minute:02}:{second:02}{fraction(nanoseconds)}"


def duration(seconds: int, nanoseconds: int) -> str:
    if nanoseconds > 999_999_999:
        raise ValueError("nanoseconds")
    total = seconds * 10**9 + nanoseconds
    whole, part = divmod(abs(total), 10**9)
    return f"{'-' if total < 0 else ''}{whole}{fraction(part)}s"


def decimal(text: str) -> str:
    if len(text) > 4096 or not re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", text, re.ASCII):
        raise ValueError("decimal")
    if text.startswith("-") and not text.strip("-0."):
        raise ValueError("negative zero")
    return text


def parse_seconds(text: str) -> tuple[int, int, int]:
    """Seconds, nanoseconds and offset of an RFC 3339 text."""
    match = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)", text)
    assert match, text
    year, month, day, hour, minute, second = (int(match[i]) for i in range(1, 7))
    zone = match[8]
    offset = 0 if zone == "Z" else int(zone[0] + "1") * (int(zone[1:3]) * 60 + int(zone[4:]))
    days = days_before_year(year) + sum(month_days(year, m) for m in range(1, month)) + day - 1
    seconds = FIRST + days * 86400 + hour * 3600 + minute * 60 + second - offset * 60
    return seconds, int((match[7] or "").ljust(9, "0")), offset


def parse_duration(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(-?)(\d+)(?:\.(\d{1,9}))?s", text)
    assert match, text
    total = int(match[2]) * 10**9 + int((match[3] or "").ljust(9, "0"))
    return divmod(-total if match[1] else total, 10**9)
