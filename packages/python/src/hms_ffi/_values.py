"""Base classes of what contracts define, and the boxes of options and results."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

__all__ = ["Err", "Ok", "Record", "Some", "Variant"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Some(Generic[T]):
    """A present option whose payload could itself look absent (an option in an option, an optional document)."""

    value: T


@dataclass(frozen=True, slots=True)
class Ok(Generic[T]):
    """The ok side of a result that is used as a value."""

    value: T = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Err(Generic[T]):
    """The error side of a result that is used as a value."""

    value: T = None  # type: ignore[assignment]


class Record:
    """Base of the classes of records. The fields are attributes, in order in `__match_args__`."""

    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]] = ()
    _ref: ClassVar[Any]

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__match_args__)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name, '<unset>')!r}" for name in self.__match_args__)
        return f"{type(self).__qualname__}({fields})"

    def __replace__(self, **changes: Any) -> Record:
        """The same record with some fields changed (`copy.replace` calls this)."""
        fields = {name: getattr(self, name) for name in self.__match_args__}
        return type(self)(**(fields | changes))

    def __reduce__(self) -> tuple[Any, ...]:
        return (restore_record, (self._ref, tuple(getattr(self, name) for name in self.__match_args__)))

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return self.__reduce__()


class _VariantMeta(type):
    def __getattr__(cls, name: str) -> Any:
        # Made when first asked for: few variants are errors.
        if name == "Error":
            from ._errors import error_of_case

            return error_of_case(cls)
        raise AttributeError(f"{cls.__qualname__} has no case or attribute {name!r}")


class Variant(metaclass=_VariantMeta):
    """Base of the classes of variants. Each case is a class of its own, an attribute of the variant's class;
    a case with a payload keeps it in `value`. `Error`, on both, is the exception for it as a declared error."""

    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]] = ()
    _ref: ClassVar[Any]
    _case: ClassVar[str | None] = None
    _cases: ClassVar[list[type[Variant]]] = []

    def __init__(self, *args: Any) -> None:
        raise TypeError(f"{type(self).__qualname__} is made through one of its cases")

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__match_args__)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        payload = ", ".join(repr(getattr(self, name)) for name in self.__match_args__)
        return f"{type(self).__qualname__}({payload})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (restore_case, (self._ref, self._case, tuple(getattr(self, name) for name in self.__match_args__)))

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return self.__reduce__()


class Enumeration(enum.StrEnum):
    """Base of the classes of enums: members are strings, the names in the contract."""

    if TYPE_CHECKING:
        _ref_: ClassVar[Any]

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return (restore_member, (type(self)._ref_, self.value))


class Flags(enum.Flag):
    """Base of the classes of flags."""

    if TYPE_CHECKING:
        _ref_: ClassVar[Any]

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return (restore_member, (type(self)._ref_, self.value))


class Types:
    """The classes of an interface's types, as attributes."""

    def __init__(self, interface: str, classes: dict[str, Any]) -> None:
        self.__dict__.update(classes)
        self.__interface = interface

    def __getattr__(self, name: str) -> Any:
        known = ", ".join(self) or "none"
        raise AttributeError(f"{self.__interface} has no type {name!r}; there are: {known}")

    def __iter__(self) -> Any:
        return (name for name in self.__dict__ if not name.startswith("_"))

    def __dir__(self) -> list[str]:
        return list(self)

    def __repr__(self) -> str:
        return f"<types of {self.__interface}: {', '.join(self)}>"


def restore_record(ref: Any, fields: tuple[Any, ...]) -> Any:
    """Unpickles a record."""
    return ref.resolve()(*fields)


def restore_case(ref: Any, case: str, payload: tuple[Any, ...]) -> Any:
    """Unpickles a case of a variant."""
    return next(cls for cls in ref.resolve()._cases if cls._case == case)(*payload)


def restore_member(ref: Any, value: Any) -> Any:
    """Unpickles a member of an enum or flags."""
    return ref.resolve()(value)
