"""The shared vectors of the wire format, through the object model of Python."""

from __future__ import annotations

import base64
import decimal
import json
import math
import pathlib
import struct
from typing import Any

import hms_ffi as hms
import pytest
from hms_ffi._native import Codec, Interface

from packages.python.tests.json_values import Values

VECTORS = pathlib.Path(__file__).parents[3] / "tests" / "vectors"
INTERFACE = Interface.from_json((VECTORS / "schema.json").read_bytes())
CODEC = Codec(INTERFACE)
VALUES = Values(INTERFACE)


def load(folder: str) -> list[Any]:
    vectors = [
        pytest.param(vector, id=f"{path.stem}-{number}-{vector['type']}")
        for path in sorted((VECTORS / folder).glob("*.json"))
        for number, vector in enumerate(json.loads(path.read_text()))
    ]
    assert vectors
    return vectors


def same(a: Any, b: Any) -> bool:
    """Equal to the last bit: classes, NaN, signs of zero, scales of decimals."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return struct.pack("<d", a) == struct.pack("<d", b)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if hasattr(a, "__match_args__") and not isinstance(a, type):
        return all(same(getattr(a, name), getattr(b, name)) for name in a.__match_args__)
    if isinstance(a, hms.Timestamp):
        return a == b and a.utcoffset() == b.utcoffset()
    return a == b and str(a) == str(b)


@pytest.mark.parametrize("vector", load("good"))
def test_good(vector: dict[str, Any]) -> None:
    message = bytes.fromhex(vector["hex"])
    lifted = CODEC.lift(vector["type"], message)
    if vector.get("lift-only"):
        assert as_json(lifted) == vector["json"]
        # A decimal is text, so an exponent above zero has become zeros.
        assert CODEC.lower(vector["type"], lifted) == message or "positive exponent" in vector["note"]
        return
    assert CODEC.lower(vector["type"], lifted) == message
    expected = VALUES.make(VALUES.parameter(vector["type"]), vector["json"])
    assert same(normal(lifted), normal(expected)), (lifted, expected)
    assert CODEC.lower(vector["type"], expected) == message


def as_json(value: Any) -> Any:
    """A document's value in JSON, where JSON cannot say what it was."""
    match value:
        case bytes():
            return base64.b64encode(value).decode()
        case decimal.Decimal():
            return str(value)
        case float() if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        case list():
            return [as_json(item) for item in value]
        case dict():
            return {key: as_json(item) for key, item in value.items()}
        case _:
            return value


def normal(value: Any) -> Any:
    """A set has no order to compare."""
    return sorted(value, key=repr) if isinstance(value, set) else value


@pytest.mark.parametrize("vector", load("bad"))
def test_bad(vector: dict[str, Any]) -> None:
    with pytest.raises(hms.HmsError) as caught:
        CODEC.lift(vector["type"], bytes.fromhex(vector["hex"]))
    assert caught.value.code == vector["code"]
    assert caught.value.message.startswith(vector["path"] + ": ")
    assert caught.value.sent == "not-sent"


@pytest.mark.parametrize("arrays", ["numpy", "memoryview"])
def test_arrays_keep_bits(arrays: str) -> None:
    codec = Codec(INTERFACE, arrays)
    for param in load("good"):
        vector = param.values[0]
        message = bytes.fromhex(vector["hex"])
        if not vector.get("lift-only"):
            assert codec.lower(vector["type"], codec.lift(vector["type"], message)) == message, vector


def test_nan_of_a_scalar_is_canonical() -> None:
    assert CODEC.lower("one-f64", -math.nan).hex() == "000000000000f87f"
