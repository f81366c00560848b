"""Times that keep nanoseconds: subclasses of Python's own, usable wherever those are."""

from __future__ import annotations

import datetime as _dt
import re
import time as _clock
from typing import Any, ClassVar, SupportsIndex

__all__ = ["Duration", "TimeOfDay", "Timestamp"]

_SECOND = 1_000_000_000
_EPOCH = _dt.datetime(1970, 1, 1, tzinfo=_dt.UTC)
_FRACTION = re.compile(r"([.,]\d{6})(\d{1,3})(?=\D|$)")


def _beyond(value: object) -> int:
    """Nanoseconds beyond the microsecond of any time, ours or pandas'."""
    return getattr(value, "nanosecond", 0)


def _checked(nanosecond: SupportsIndex) -> int:
    beyond = nanosecond.__index__()
    if not 0 <= beyond <= 999:
        raise ValueError(f"nanosecond must be in 0..999, got {beyond}")
    return beyond


def _split_fraction(text: str) -> tuple[str, int]:
    """The text with at most six decimals, and what stood behind them in nanoseconds."""
    found = _FRACTION.search(text)
    if found is None:
        return text, 0
    return text[: found.end(1)] + text[found.end() :], int(found[2].ljust(3, "0"))


def _with_nanoseconds(text: str, beyond: int) -> str:
    """An ISO text in microseconds, with three more digits after them."""
    end = text.index(".") + 7
    return f"{text[:end]}{beyond:03}{text[end:]}"


class _Precise:
    """Comparison with nanoseconds, in front of a class of `datetime` that compares without them."""

    __slots__ = ()
    #: What can be compared with it.
    _kind: ClassVar[type]
    _beyond: int

    @property
    def nanosecond(self) -> int:
        """Nanoseconds beyond the microsecond, 0 to 999."""
        return self._beyond

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, self._kind):
            return NotImplemented
        return super().__eq__(other) and self._beyond == _beyond(other)

    def __lt__(self, other: Any) -> bool:
        if not isinstance(other, self._kind):
            return NotImplemented
        less: bool = super().__lt__(other)  # type: ignore[misc]
        return self._beyond < _beyond(other) if super().__eq__(other) else less

    def __gt__(self, other: Any) -> bool:
        if not isinstance(other, self._kind):
            return NotImplemented
        more: bool = super().__gt__(other)  # type: ignore[misc]
        return self._beyond > _beyond(other) if super().__eq__(other) else more

    def __le__(self, other: Any) -> bool:
        if not isinstance(other, self._kind):
            return NotImplemented
        return not self > other

    def __ge__(self, other: Any) -> bool:
        if not isinstance(other, self._kind):
            return NotImplemented
        return not self < other

    def __hash__(self) -> int:
        # Equal to a value without nanoseconds means equal hashes.
        whole = super().__hash__()
        return hash((whole, self._beyond)) if self._beyond else whole

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return self.__reduce__()  # type: ignore[return-value]


class Timestamp(_Precise, _dt.datetime):
    """A datetime that knows its time zone and keeps nanoseconds.

    `nanosecond` (0 to 999) is what lies beyond `microsecond`, as in pandas. Without `tzinfo` it is UTC. Comparison,
    arithmetic with `Duration`, hashing, text and pickling all respect the nanoseconds.
    """

    __slots__ = ("_beyond",)
    _kind = _dt.datetime

    def __new__(
        cls,
        year: SupportsIndex,
        month: SupportsIndex,
        day: SupportsIndex,
        hour: SupportsIndex = 0,
        minute: SupportsIndex = 0,
        second: SupportsIndex = 0,
        microsecond: SupportsIndex = 0,
        tzinfo: _dt.tzinfo | None = _dt.UTC,
        *,
        fold: int = 0,
        nanosecond: SupportsIndex = 0,
    ) -> Timestamp:
        if tzinfo is None:
            raise ValueError("a Timestamp needs a time zone; a naive datetime is no point in time")
        self = super().__new__(cls, year, month, day, hour, minute, second, microsecond, tzinfo, fold=fold)
        self._beyond = _checked(nanosecond)
        return self

    @classmethod
    def from_datetime(cls, value: _dt.datetime) -> Timestamp:
        """The same point in time; nanoseconds are kept where `value` has them."""
        return cls._of(value, _beyond(value))

    @classmethod
    def from_nanoseconds(cls, nanoseconds: int, tz: _dt.tzinfo = _dt.UTC) -> Timestamp:
        """The point in time so many nanoseconds after 1970-01-01T00:00:00Z."""
        micros, beyond = divmod(nanoseconds, 1000)
        return cls._of((_EPOCH + _dt.timedelta(microseconds=micros)).astimezone(tz), beyond)

    @classmethod
    def _of(cls, value: _dt.datetime, beyond: int) -> Timestamp:
        return cls(
            value.year,
            value.month,
            value.day,
            value.hour,
            value.minute,
            value.second,
            value.microsecond,
            value.tzinfo,
            fold=value.fold,
            nanosecond=beyond,
        )

    @classmethod
    def now(cls, tz: _dt.tzinfo | None = _dt.UTC) -> Timestamp:
        """The present, as exactly as the system's clock has it."""
        return cls.from_nanoseconds(_clock.time_ns(), tz or _dt.UTC)

    @classmethod
    def fromisoformat(cls, text: str) -> Timestamp:
        """Parses ISO 8601 with up to nine decimals and an offset."""
        text, beyond = _split_fraction(text)
        return cls._of(_dt.datetime.fromisoformat(text), beyond)

    @classmethod
    def combine(cls, date: _dt.date, time: _dt.time, tzinfo: _dt.tzinfo | None = _dt.UTC) -> Timestamp:
        """The time on the date; `tzinfo` counts where the time has none."""
        return cls._of(_dt.datetime.combine(date, time, time.tzinfo or tzinfo), _beyond(time))

    def to_datetime(self) -> _dt.datetime:
        """A plain datetime, cut to microseconds."""
        return _dt.datetime(
            self.year,
            self.month,
            self.day,
            self.hour,
            self.minute,
            self.second,
            self.microsecond,
            self.tzinfo,
            fold=self.fold,
        )

    def total_nanoseconds(self) -> int:
        """Nanoseconds since 1970-01-01T00:00:00Z."""
        return _plain_total(self.to_datetime() - _EPOCH) + self._beyond

    def astimezone(self, tz: _dt.tzinfo | None = None) -> Timestamp:
        """The same point in time in another time zone."""
        return self._of(self.to_datetime().astimezone(tz), self._beyond)

    def replace(self, *args: Any, nanosecond: SupportsIndex | None = None, **changes: Any) -> Timestamp:
        """The same with some parts changed, `nanosecond` among them."""
        beyond = self._beyond if nanosecond is None else _checked(nanosecond)
        return self._of(self.to_datetime().replace(*args, **changes), beyond)

    def time(self) -> TimeOfDay:
        """The time of day without the time zone."""
        return TimeOfDay._of(self.to_datetime().time(), self._beyond)

    def timetz(self) -> TimeOfDay:
        """The time of day with the time zone."""
        return TimeOfDay._of(self.to_datetime().timetz(), self._beyond)

    def isoformat(self, sep: str = "T", timespec: str = "auto") -> str:
        """ISO 8601; `auto` shows nanoseconds if there are any, `nanoseconds` always."""
        if timespec == "nanoseconds" or (timespec == "auto" and self._beyond):
            return _with_nanoseconds(super().isoformat(sep, "microseconds"), self._beyond)
        return super().isoformat(sep, timespec)

    def __str__(self) -> str:
        return self.isoformat(sep=" ")

    def __repr__(self) -> str:
        inner = repr(self.to_datetime()).partition("(")[2][:-1]
        beyond = f", nanosecond={self._beyond}" if self._beyond else ""
        return f"Timestamp({inner}{beyond})"

    def __add__(self, other: _dt.timedelta) -> Timestamp:
        if not isinstance(other, _dt.timedelta):
            return NotImplemented
        micros, beyond = divmod(_total(other) + self._beyond, 1000)
        return self._of(self.to_datetime() + _dt.timedelta(microseconds=micros), beyond)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, _dt.datetime):
            return Duration.from_nanoseconds(
                _plain_total(self.to_datetime() - _plain(other)) + self._beyond - _beyond(other)
            )
        if isinstance(other, _dt.timedelta):
            return self + Duration.from_nanoseconds(-_total(other))
        return NotImplemented

    def __rsub__(self, other: Any) -> Any:
        if not isinstance(other, _dt.datetime):
            return NotImplemented
        return Duration.from_nanoseconds(
            _plain_total(_plain(other) - self.to_datetime()) + _beyond(other) - self._beyond
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self)._of, (self.to_datetime(), self._beyond))


class TimeOfDay(_Precise, _dt.time):
    """A time that keeps nanoseconds; `nanosecond` (0 to 999) is what lies beyond `microsecond`."""

    __slots__ = ("_beyond",)
    _kind = _dt.time

    def __new__(
        cls,
        hour: SupportsIndex = 0,
        minute: SupportsIndex = 0,
        second: SupportsIndex = 0,
        microsecond: SupportsIndex = 0,
        tzinfo: _dt.tzinfo | None = None,
        *,
        fold: int = 0,
        nanosecond: SupportsIndex = 0,
    ) -> TimeOfDay:
        self = super().__new__(cls, hour, minute, second, microsecond, tzinfo, fold=fold)
        self._beyond = _checked(nanosecond)
        return self

    @classmethod
    def _of(cls, value: _dt.time, beyond: int) -> TimeOfDay:
        return cls(
            value.hour,
            value.minute,
            value.second,
            value.microsecond,
            value.tzinfo,
            fold=value.fold,
            nanosecond=beyond,
        )

    @classmethod
    def fromisoformat(cls, text: str) -> TimeOfDay:
        """Parses ISO 8601 with up to nine decimals."""
        text, beyond = _split_fraction(text)
        return cls._of(_dt.time.fromisoformat(text), beyond)

    def to_time(self) -> _dt.time:
        """A plain time, cut to microseconds."""
        return _dt.time(self.hour, self.minute, self.second, self.microsecond, self.tzinfo, fold=self.fold)

    def replace(self, *args: Any, nanosecond: SupportsIndex | None = None, **changes: Any) -> TimeOfDay:
        """The same with some parts changed, `nanosecond` among them."""
        beyond = self._beyond if nanosecond is None else _checked(nanosecond)
        return self._of(self.to_time().replace(*args, **changes), beyond)

    def isoformat(self, timespec: str = "auto") -> str:
        """ISO 8601; `auto` shows nanoseconds if there are any, `nanoseconds` always."""
        if timespec == "nanoseconds" or (timespec == "auto" and self._beyond):
            return _with_nanoseconds(super().isoformat("microseconds"), self._beyond)
        return super().isoformat(timespec)

    def __str__(self) -> str:
        return self.isoformat()

    def __repr__(self) -> str:
        inner = repr(self.to_time()).partition("(")[2][:-1]
        beyond = f", nanosecond={self._beyond}" if self._beyond else ""
        return f"TimeOfDay({inner}{beyond})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self)._of, (self.to_time(), self._beyond))


class Duration(_dt.timedelta):
    """A timedelta that keeps nanoseconds and reaches as far as the contract's `duration`.

    `nanoseconds` (0 to 999) is what lies beyond `microseconds`. Where a value is out of timedelta's range, the
    attributes `days`, `seconds` and `microseconds` stop at its end; `total_nanoseconds` is always exact.
    """

    __slots__ = ("_total",)
    _total: int

    def __new__(
        cls,
        days: float = 0,
        seconds: float = 0,
        microseconds: float = 0,
        milliseconds: float = 0,
        minutes: float = 0,
        hours: float = 0,
        weeks: float = 0,
        *,
        nanoseconds: int = 0,
    ) -> Duration:
        whole = _dt.timedelta(days, seconds, microseconds, milliseconds, minutes, hours, weeks)
        return cls.from_nanoseconds(_plain_total(whole) + nanoseconds.__index__())

    @classmethod
    def from_nanoseconds(cls, total: int) -> Duration:
        """The duration of so many nanoseconds."""
        try:
            self = super().__new__(cls, microseconds=total // 1000)
        except OverflowError:
            end = _dt.timedelta.max if total > 0 else _dt.timedelta.min
            self = super().__new__(cls, end.days, end.seconds, end.microseconds)
        self._total = total
        return self

    @classmethod
    def from_timedelta(cls, value: _dt.timedelta) -> Duration:
        """The same duration; nanoseconds are kept where `value` has them."""
        return cls.from_nanoseconds(_total(value))

    @property
    def nanoseconds(self) -> int:
        """Nanoseconds beyond the microsecond, 0 to 999."""
        return self._total % 1000

    def total_nanoseconds(self) -> int:
        """The whole duration in nanoseconds."""
        return self._total

    def total_seconds(self) -> float:
        """The whole duration in seconds, rounded to a float."""
        return self._total / _SECOND

    def __str__(self) -> str:
        seconds, beyond = divmod(self._total, _SECOND)
        days, seconds = divmod(seconds, 86_400)
        text = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        if beyond:
            text += f".{beyond:09}" if beyond % 1000 else f".{beyond // 1000:06}"
        return f"{days} day{'' if abs(days) == 1 else 's'}, {text}" if days else text

    def __repr__(self) -> str:
        seconds, beyond = divmod(self._total, _SECOND)
        parts = [f"seconds={seconds}"] if seconds or not beyond else []
        return f"Duration({', '.join(parts + ([f'nanoseconds={beyond}'] if beyond else []))})"

    def __add__(self, other: Any) -> Any:
        return (
            self.from_nanoseconds(self._total + _total(other)) if isinstance(other, _dt.timedelta) else NotImplemented
        )

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return (
            self.from_nanoseconds(self._total - _total(other)) if isinstance(other, _dt.timedelta) else NotImplemented
        )

    def __rsub__(self, other: Any) -> Any:
        return (
            self.from_nanoseconds(_total(other) - self._total) if isinstance(other, _dt.timedelta) else NotImplemented
        )

    def __neg__(self) -> Duration:
        return self.from_nanoseconds(-self._total)

    def __pos__(self) -> Duration:
        return self

    def __abs__(self) -> Duration:
        return self.from_nanoseconds(abs(self._total))

    def __mul__(self, factor: Any) -> Any:
        if isinstance(factor, int):
            return self.from_nanoseconds(self._total * factor)
        if isinstance(factor, float):
            over, under = factor.as_integer_ratio()
            return self.from_nanoseconds(_rounded(self._total * over, under))
        return NotImplemented

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, _dt.timedelta):
            return self._total / _total(other)
        if isinstance(other, int):
            return self.from_nanoseconds(_rounded(self._total, other))
        if isinstance(other, float):
            over, under = other.as_integer_ratio()
            return self.from_nanoseconds(_rounded(self._total * under, over))
        return NotImplemented

    def __floordiv__(self, other: Any) -> Any:
        if isinstance(other, _dt.timedelta):
            return self._total // _total(other)
        return self.from_nanoseconds(self._total // other) if isinstance(other, int) else NotImplemented

    def __mod__(self, other: Any) -> Any:
        return (
            self.from_nanoseconds(self._total % _total(other)) if isinstance(other, _dt.timedelta) else NotImplemented
        )

    def __divmod__(self, other: Any) -> Any:
        return (self // other, self % other) if isinstance(other, _dt.timedelta) else NotImplemented

    def __bool__(self) -> bool:
        return self._total != 0

    def __eq__(self, other: object) -> bool:
        return self._total == _total(other) if isinstance(other, _dt.timedelta) else NotImplemented

    def __lt__(self, other: Any) -> bool:
        return self._total < _total(other) if isinstance(other, _dt.timedelta) else NotImplemented

    def __le__(self, other: Any) -> bool:
        return self._total <= _total(other) if isinstance(other, _dt.timedelta) else NotImplemented

    def __gt__(self, other: Any) -> bool:
        return self._total > _total(other) if isinstance(other, _dt.timedelta) else NotImplemented

    def __ge__(self, other: Any) -> bool:
        return self._total >= _total(other) if isinstance(other, _dt.timedelta) else NotImplemented

    def __hash__(self) -> int:
        # Equal to a timedelta means equal hashes.
        is_timedelta = self._total == _plain_total(self)
        return super().__hash__() if is_timedelta else hash(self._total)

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self).from_nanoseconds, (self._total,))

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return self.__reduce__()


def _plain(value: _dt.datetime) -> _dt.datetime:
    return value.to_datetime() if isinstance(value, Timestamp) else value


def _plain_total(value: _dt.timedelta) -> int:
    """Nanoseconds of a timedelta's own attributes."""
    return ((value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds) * 1000


def _total(value: _dt.timedelta) -> int:
    """Nanoseconds of any duration: ours, pandas', Python's."""
    if isinstance(value, Duration):
        return value._total
    return _plain_total(value) + getattr(value, "nanoseconds", 0)


def _rounded(over: int, under: int) -> int:
    """The quotient to the nearest integer, halves to the even one, as timedelta does it."""
    if under < 0:
        over, under = -over, -under
    quotient, rest = divmod(over, under)
    if 2 * rest > under or (2 * rest == under and quotient % 2):
        quotient += 1
    return quotient
