"""Signatures of an interface's functions, for `help` and completion."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._native import Interface

__all__ = ["of"]


class _Default:
    def __repr__(self) -> str:
        return "<default>"


_DEFAULT = _Default()

_PLAIN = {
    "bool": "bool",
    "char": "str",
    "string": "str",
    "f32": "float",
    "f64": "float",
    "timestamp": "datetime",
    "zoned-timestamp": "datetime",
    "date": "date",
    "partial-date": "str",
    "time-of-day": "time",
    "duration": "timedelta",
    "decimal": "Decimal",
    "uuid": "UUID",
    "document": "Any",
} | {f"{sign}{bits}": "int" for sign in "su" for bits in (8, 16, 32, 64)}


def of(interface: Interface, index: int) -> inspect.Signature:
    """The signature of a function, with the call's options as keywords."""
    schema = json.loads(interface.localized)
    types, function = schema["types"], schema["functions"][index]
    params = [
        inspect.Parameter(
            param["local"],
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            annotation=_name(types, param["type"]),
        )
        for param in function["params"]
    ]
    # Options at the end may be omitted.
    for at in reversed(range(len(params))):
        if types[function["params"][at]["type"]]["kind"] != "option":
            break
        params[at] = params[at].replace(default=None)
    params.append(
        inspect.Parameter("timeout", inspect.Parameter.KEYWORD_ONLY, default=_DEFAULT, annotation="float | None")
    )
    return inspect.Signature(params, return_annotation=_result(types, function.get("result")))


def _result(types: list[dict[str, Any]], result: int | None) -> str:
    if result is not None and types[result]["kind"] == "result":
        result = types[result].get("ok")
    return "None" if result is None else _name(types, result)


def _name(types: list[dict[str, Any]], index: int) -> str:
    entry = types[index]
    kind = entry["kind"]

    def inner(member: str) -> str:
        child = entry.get(member)
        return "None" if child is None else _name(types, child)

    match kind:
        case "record" | "enum" | "flags" | "variant":
            return str(entry.get("local", kind))
        case "list" | "fixed-list":
            return "bytes" if types[entry["element"]]["kind"] == "u8" else f"list[{inner('element')}]"
        case "set":
            return f"set[{inner('element')}]"
        case "map":
            return f"dict[{inner('key')}, {inner('value')}]"
        case "tuple":
            return f"tuple[{', '.join(_name(types, element) for element in entry['elements']) or '()'}]"
        case "option":
            boxed = types[entry["payload"]]["kind"] in ("option", "document")
            return f"Some[{inner('payload')}] | None" if boxed else f"{inner('payload')} | None"
        case "result":
            return f"Ok[{inner('ok')}] | Err[{inner('err')}]"
        case _:
            return _PLAIN.get(kind, kind)
