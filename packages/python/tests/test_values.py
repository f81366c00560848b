"""What lowering takes, what it refuses and how it says so, and what lifting gives: the type table of Python."""

from __future__ import annotations

import array
import collections
import copy
import dataclasses
import datetime as dt
import enum
import math
import pathlib
import pickle
import types
import uuid
from decimal import Decimal
from typing import Any

import hms_ffi as hms
import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import pytest
from hms_ffi import _native

INTERFACE = _native.Contract(pathlib.Path(__file__).parent / "wit" / "values.wit").interface("test:values/values")
CODEC = _native.Codec(INTERFACE)
T = types.SimpleNamespace(**INTERFACE.classes)
UTC = dt.UTC
PLUS_2 = dt.timezone(dt.timedelta(hours=2))


def there_and_back(name: str, value: Any) -> Any:
    return CODEC.lift(name, CODEC.lower(name, value))


class Index:
    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value


class Iterable:
    def __iter__(self) -> Any:
        return iter(("a", "b"))


@dataclasses.dataclass
class Dataclass:
    x: int
    y: int
    label: str | None = None


class Attributes:
    x = 1
    y = 2
    more = "ignored"


class OwnColor(enum.Enum):
    BLUE = "dark-blue"
    NUMBER = 1


Named = collections.namedtuple("Named", "x y label")
More = collections.namedtuple("More", "x y z")
POINT = T.Point(1, 2)

ACCEPTED = [
    ("an-s8", -128, -128),
    ("an-s8", Index(5), 5),
    ("an-s8", np.int64(5), 5),
    ("a-u8", np.uint8(255), 255),
    ("an-s64", -(2**63), -(2**63)),
    ("a-u64", 2**64 - 1, 2**64 - 1),
    ("an-f64", 1, 1.0),
    ("an-f64", 2**53, 2.0**53),
    ("an-f64", 2**60, 2.0**60),
    ("an-f64", np.float64(0.5), 0.5),
    ("an-f64", -math.inf, -math.inf),
    ("an-f32", 0.1, float(np.float32(0.1))),
    ("an-f32", 2**24, 2.0**24),
    ("a-bool", True, True),
    ("a-char", "é", "é"),
    ("a-char", "\U0001f600", "\U0001f600"),
    ("a-string", "", ""),
    ("a-string", "a\0é\U0001f600", "a\0é\U0001f600"),
    ("a-string", np.str_("n"), "n"),
    ("some-bytes", b"\0\xff", b"\0\xff"),
    ("some-bytes", bytearray(b"ab"), b"ab"),
    ("some-bytes", memoryview(b"abcd")[1:3], b"bc"),
    ("some-bytes", memoryview(b"abcd")[::2], b"ac"),
    ("some-bytes", array.array("B", [1, 2]), b"\1\2"),
    ("some-bytes", np.array([1, 2], dtype=np.uint8), b"\1\2"),
    ("some-s16", [1, -2], [1, -2]),
    ("some-s16", (1, Index(-2)), [1, -2]),
    ("some-s16", array.array("h", [1, -2]), [1, -2]),
    ("some-s16", array.array("q", [1, -2]), [1, -2]),
    ("some-s16", np.arange(6, dtype=np.int16)[::2], [0, 2, 4]),
    ("some-s16", np.array([1, -2], dtype=np.int64), [1, -2]),
    ("some-s16", np.array([1, -2], dtype=">i2"), [1, -2]),
    ("some-u64", np.array([2**64 - 1], dtype=np.uint64), [2**64 - 1]),
    ("some-f32", np.array([0.5, 1.5], dtype=np.float32), [0.5, 1.5]),
    ("some-f32", [0.5, 1], [0.5, 1.0]),
    ("some-f64", np.array([0.5], dtype=np.float32), [0.5]),
    ("some-f64", memoryview(array.array("d", [0.5])), [0.5]),
    ("some-f64", np.array([1, 2]), [1.0, 2.0]),
    ("some-f64", [], []),
    ("some-strings", ["a", ""], ["a", ""]),
    ("some-strings", ("a",), ["a"]),
    ("nested", [[0.5], np.array([1.5])], [[0.5], [1.5]]),
    ("a-tuple", (1, "a"), (1, "a")),
    ("a-tuple", [1, "a"], (1, "a")),
    ("a-set", {"b", "a"}, {"a", "b"}),
    ("a-set", frozenset({"a"}), {"a"}),
    ("a-set", ["b", "a"], {"a", "b"}),
    ("a-set", Iterable(), {"a", "b"}),
    ("a-set", (name for name in "ab"), {"a", "b"}),
    ("a-color-set", {T.Color.RED, T.Color.DARK_BLUE}, {T.Color.RED, T.Color.DARK_BLUE}),
    ("a-map", {"a": 1}, {"a": 1}),
    ("a-map", types.MappingProxyType({"a": 1}), {"a": 1}),
    ("an-int-map", {300: "x", 2: "y"}, {2: "y", 300: "x"}),
    ("a-point", POINT, POINT),
    ("a-point", {"x": 1, "y": 2}, POINT),
    ("a-point", types.MappingProxyType({"x": 1, "y": 2}), POINT),
    ("a-point", Dataclass(1, 2), POINT),
    ("a-point", Attributes(), POINT),
    ("a-point", types.SimpleNamespace(x=1, y=2), POINT),
    ("a-point", Named(1, 2, "l"), T.Point(1, 2, "l")),
    ("an-optional", {}, T.Optional()),
    ("an-optional", {"count": 1}, T.Optional(1)),
    ("a-keyed", {"class": "c", "from": 1}, T.Keyed("c", 1)),
    ("a-keyed", {"class_": "c", "from_": 1}, T.Keyed(class_="c", from_=1)),
    ("a-color", T.Color.DARK_BLUE, T.Color.DARK_BLUE),
    ("a-color", "dark-blue", T.Color.DARK_BLUE),
    ("a-color", OwnColor.BLUE, T.Color.DARK_BLUE),
    ("some-rights", T.Rights.READ | T.Rights.CAN_DELETE, T.Rights.READ | T.Rights.CAN_DELETE),
    ("some-rights", T.Rights(0), T.Rights(0)),
    ("some-rights", {"write", "can-delete"}, T.Rights.WRITE | T.Rights.CAN_DELETE),
    ("some-rights", frozenset(), T.Rights(0)),
    ("a-shape", T.Shape.Circle(0.5), T.Shape.Circle(0.5)),
    ("a-shape", T.Shape.Polygon([{"x": 1, "y": 2}]), T.Shape.Polygon([POINT])),
    ("a-shape", T.Shape.None_(), T.Shape.None_()),
    ("a-result", (hms.Ok(1),), (hms.Ok(1),)),
    ("a-result", (hms.Err("e"),), (hms.Err("e"),)),
    ("a-bare-result", (hms.Ok(),), (hms.Ok(),)),
    ("a-bare-result", (hms.Err(),), (hms.Err(),)),
    ("an-option", None, None),
    ("an-option", 5, 5),
    ("nested-option", None, None),
    ("nested-option", hms.Some(None), hms.Some(None)),
    ("nested-option", hms.Some(5), hms.Some(5)),
    ("optional-document", None, None),
    ("optional-document", hms.Some(None), hms.Some(None)),
    ("optional-document", hms.Some({"a": 1}), hms.Some({"a": 1})),
    ("a-timestamp", dt.datetime(2024, 2, 29, 1, 2, 3, 4, UTC), hms.Timestamp(2024, 2, 29, 1, 2, 3, 4)),
    ("a-timestamp", dt.datetime(2024, 1, 1, 1, tzinfo=PLUS_2), hms.Timestamp(2023, 12, 31, 23)),
    ("a-timestamp", hms.Timestamp(2024, 1, 1, nanosecond=7), hms.Timestamp(2024, 1, 1, nanosecond=7)),
    (
        "a-timestamp",
        pd.Timestamp("2024-01-01T00:00:00.123456789Z"),
        hms.Timestamp(2024, 1, 1, 0, 0, 0, 123456, nanosecond=789),
    ),
    ("a-timestamp", dt.datetime.min.replace(tzinfo=UTC), hms.Timestamp(1, 1, 1)),
    ("a-zoned", dt.datetime(2024, 1, 1, tzinfo=PLUS_2), hms.Timestamp(2024, 1, 1, tzinfo=PLUS_2)),
    ("a-date", dt.date(1, 1, 1), dt.date(1, 1, 1)),
    ("a-partial", "2024", "2024"),
    ("a-partial", "2024-02", "2024-02"),
    ("a-time", dt.time(1, 2, 3, 4), hms.TimeOfDay(1, 2, 3, 4)),
    ("a-time", hms.TimeOfDay(1, 2, 3, 4, nanosecond=5), hms.TimeOfDay(1, 2, 3, 4, nanosecond=5)),
    ("a-duration", dt.timedelta(seconds=-0.25), hms.Duration(seconds=-0.25)),
    ("a-duration", hms.Duration(nanoseconds=-1), hms.Duration(nanoseconds=-1)),
    ("a-duration", pd.Timedelta(1, "ns"), hms.Duration(nanoseconds=1)),
    ("a-decimal", Decimal("1.10"), Decimal("1.10")),
    ("a-decimal", Decimal("1E+3"), Decimal("1000")),
    ("a-decimal", Decimal("-0.00"), Decimal("0.00")),
    ("a-decimal", 10**30, Decimal(10**30)),
    ("a-decimal", "-0.5", Decimal("-0.5")),
    ("a-uuid", uuid.UUID(int=5), uuid.UUID(int=5)),
    (
        "a-document",
        {"a": [1, 1.0, None, True, b"x", "t", Decimal("1.10"), {}]},
        {"a": [1, 1.0, None, True, b"x", "t", Decimal("1.10"), {}]},
    ),
    ("a-document", (1, 2), [1, 2]),
    ("a-document", -(2**64), -(2**64)),
    ("a-document", None, None),
]


@pytest.mark.parametrize(("name", "value", "lifted"), ACCEPTED)
def test_accepted(name: str, value: Any, lifted: Any) -> None:
    got = there_and_back(name, value)
    assert got == lifted
    assert type(got) is type(lifted)
    assert str(got) == str(lifted) or isinstance(got, set)


class Raises:
    x = 1

    @property
    def y(self) -> int:
        raise OSError("disk")


REFUSED = [
    ("an-s8", 128, "value: expected s8, got a number out of its range"),
    ("an-s8", True, "value: expected s8, got bool"),
    ("an-s8", 1.0, "value: expected s8, got float"),
    ("an-s8", "1", "value: expected s8, got str"),
    ("an-s8", np.bool_(True), "value: expected s8, got numpy."),
    ("an-s8", Decimal(1), "value: expected s8, got decimal.Decimal"),
    ("an-s8", np.array([1]), "value: expected s8, got numpy.ndarray"),
    ("an-s64", 2**63, "value: expected s64, got a number out of its range"),
    ("a-u64", -1, "value: expected u64, got a number out of its range"),
    ("a-u64", 2**64, "value: expected u64, got a number out of its range"),
    ("an-f64", True, "value: expected f64, got bool"),
    ("an-f64", 2**53 + 1, "value: "),
    ("an-f64", 10**400, "value: "),
    ("an-f64", Decimal("0.5"), "value: expected f64, got decimal.Decimal"),
    ("an-f64", "0.5", "value: expected f64, got str"),
    ("an-f32", 2**24 + 1, "value: "),
    ("an-f32", 1e39, "value: expected f32, got a number out of its range"),
    ("a-bool", 1, "value: expected bool, got int"),
    ("a-bool", None, "value: expected bool, got NoneType"),
    ("a-char", "ab", "value: expected one character"),
    ("a-char", "", "value: expected one character"),
    ("a-string", b"a", "value: expected string, got bytes"),
    ("a-string", "\ud800", "value: the string has a lone surrogate"),
    ("some-bytes", "a", "value: expected list<u8>, got str"),
    ("some-bytes", [1, 2], "value: expected list<u8>, got list"),
    ("some-bytes", np.array([1, 2]), "value: expected list<u8>, got numpy.ndarray"),
    ("some-s16", [1, 1.5], "value[1]: expected s16, got float"),
    ("some-s16", [1, True], "value[1]: expected s16, got bool"),
    ("some-s16", np.array([1, 40000]), "value[1]: expected s16, got a number out of its range"),
    ("some-s16", b"ab", "value: expected list<s16>, got bytes"),
    ("some-s16", np.array([[1, 2]], dtype=np.int16), "value: expected list<s16>, got numpy.ndarray"),
    ("some-s16", np.array([1.5]), "value[0]: expected s16, got numpy.float64"),
    ("some-s16", np.array([True]), "value[0]: expected s16, got numpy.bool"),
    ("some-s16", "12", "value: expected list<s16>, got str"),
    ("some-s16", {1}, "value: expected list<s16>, got set"),
    ("some-strings", "ab", "value: expected list<string>, got str"),
    ("some-strings", {"a"}, "value: expected list<string>, got set"),
    ("some-strings", iter(["a"]), "value: expected list<string>, got list_iterator"),
    ("a-tuple", (1,), "value: expected 2 elements, got 1"),
    ("a-tuple", (1, "a", 2), "value: expected 2 elements, got 3"),
    ("a-tuple", ("a", 1), "value[0]: expected u8, got str"),
    ("a-set", ["a", "a"], "value[1]: "),
    ("a-set", "ab", "value: expected "),
    ("a-set", 5, "value: expected "),
    ("a-map", {"a": 256}, 'value["a"]: expected u8, got a number out of its range'),
    ("a-map", {1: 1}, "value[key 0]: expected string, got int"),
    ("a-map", [("a", 1)], "value: expected map<string, u8>, got list"),
    ("an-int-map", {True: "x"}, "value[key 0]: expected u16, got bool"),
    ("a-point", {"x": 1}, "value.y: missing"),
    ("a-point", {"x": 1, "y": 2, "z": 3}, "value.z: the record has no such field"),
    ("a-point", {1: 1}, "value: a record given as a dict has strings as keys"),
    ("a-point", 5, "value: expected record point, got int"),
    ("a-point", [1, 2], "value: expected record point, got list"),
    ("a-point", None, "value: expected record point, got NoneType"),
    ("a-point", object(), "value: expected record point, got object"),
    ("a-point", types.SimpleNamespace(x=1), "value.y: missing"),
    ("a-point", T.Keyed("c", 1), "value.class_: the record has no such field"),
    ("a-point", More(1, 2, 3), "value.z: the record has no such field"),
    ("an-optional", [], "value: expected record optional, got list"),
    ("an-optional", "x", "value: expected record optional, got str"),
    ("an-optional", object(), "value: expected record optional, got object"),
    ("a-keyed", {"class": "c", "class_": "d", "from": 1}, "value.class: given twice"),
    ("a-color", "green", 'value: there is no case "green"'),
    ("a-color", 1, "value: expected enum color, got int"),
    ("a-color", OwnColor.NUMBER, "value: expected enum color, got "),
    ("some-rights", ["read"], "value: expected flags rights, got list"),
    ("some-rights", {"fly"}, 'value: there is no case "fly"'),
    ("some-rights", {1}, "value: expected a set of names"),
    ("some-rights", 1, "value: expected flags rights, got int"),
    ("a-shape", T.Shape.Circle("x"), "value.circle: expected f64, got str"),
    ("a-shape", T.Shape.Polygon([POINT, {"x": True, "y": 0}]), "value.polygon[1].x: expected s32, got bool"),
    ("a-shape", "circle", "value: expected variant shape, got str"),
    ("a-shape", T.Shape.Circle, "value: expected variant shape, got "),
    ("a-result", (1,), "value[0]: expected result<u8, string>, got int"),
    ("a-result", (hms.Err(1),), "value[0].err: expected string, got int"),
    ("a-result", (hms.Ok(),), "value[0].ok: expected u8, got NoneType"),
    ("a-bare-result", (hms.Ok(1),), "value[0].ok"),
    ("an-option", hms.Some(5), "value: expected u8, got hms_ffi._values.Some"),
    ("an-option", False, "value: expected u8, got bool"),
    ("nested-option", 5, "value: expected None or Some(...)"),
    ("optional-document", {"a": 1}, "value: expected None or Some(...)"),
    ("a-timestamp", dt.datetime(2024, 1, 1), "value: expected a datetime with a time zone, got a naive one"),
    ("a-timestamp", dt.date(2024, 1, 1), "value: expected timestamp, got datetime.date"),
    ("a-timestamp", "2024-01-01T00:00:00Z", "value: expected timestamp, got str"),
    ("a-timestamp", 0, "value: expected timestamp, got int"),
    ("a-timestamp", pd.Timestamp("2024-01-01"), "value: expected a datetime with a time zone, got a naive one"),
    ("a-timestamp", dt.datetime(1, 1, 1, tzinfo=PLUS_2), "value: "),
    (
        "a-zoned",
        dt.datetime(2024, 1, 1, tzinfo=dt.timezone(dt.timedelta(seconds=90))),
        "value: the offset is not in whole minutes",
    ),
    ("a-date", dt.datetime(2024, 1, 1), "value: expected date, got datetime.datetime"),
    ("a-date", "2024-01-01", "value: expected date, got str"),
    ("a-partial", "2024-13", "value: "),
    ("a-partial", "2024-01-01", "value: "),
    ("a-partial", 2024, "value: expected partial-date, got int"),
    ("a-time", dt.time(1, tzinfo=UTC), "value: expected a time without a time zone, got one with it"),
    ("a-time", "01:00", "value: expected time-of-day, got str"),
    ("a-duration", 5, "value: expected duration, got int"),
    ("a-decimal", 0.5, "value: expected decimal, got float"),
    ("a-decimal", True, "value: expected decimal, got bool"),
    ("a-decimal", "1e5", "value: "),
    ("a-decimal", "01", "value: "),
    ("a-decimal", Decimal("NaN"), "value: a decimal is neither infinite nor NaN"),
    ("a-decimal", Decimal("Infinity"), "value: a decimal is neither infinite nor NaN"),
    ("a-decimal", Decimal("1E+5000"), "value: "),
    ("a-uuid", "00000000-0000-0000-0000-000000000005", "value: expected uuid, got str"),
    ("a-document", {"a": object()}, 'value["a"]: '),
    ("a-document", {1: 2}, "value: the keys within a document are strings"),
    ("a-document", [2**64], "value[0]: "),
    ("a-document", {"a": [dt.date(2024, 1, 1)]}, 'value["a"][0]: '),
]


@pytest.mark.parametrize(("name", "value", "message"), REFUSED)
def test_refused(name: str, value: Any, message: str) -> None:
    with pytest.raises(hms.InvalidArgument) as caught:
        CODEC.lower(name, value)
    assert caught.value.message.startswith(message)
    assert caught.value.sent == "not-sent"


def test_a_property_that_raises_comes_out_unchanged() -> None:
    with pytest.raises(OSError, match="disk"):
        CODEC.lower("a-point", Raises())


def test_depth_is_limited() -> None:
    deep: list[Any] = []
    deep.append(deep)
    with pytest.raises(hms.ResourceExhausted):
        CODEC.lower("a-document", deep)


def test_a_dict_that_changes_under_way() -> None:
    class Changing(dict[str, int]):
        pass

    values = Changing(a=1)

    class Evil:
        def __index__(self) -> int:
            values.clear()
            return 1

    values["b"] = Evil()  # type: ignore[assignment]
    assert there_and_back("a-map", values) == {"a": 1, "b": 1}


def test_a_list_that_shrinks_under_way() -> None:
    values: list[Any] = []

    class Evil:
        def __index__(self) -> int:
            values.clear()
            return 1

    values += [Evil(), 2, 3]
    assert there_and_back("some-s16", values) == [1]


@pytest.mark.parametrize(
    "kind", [np.int8, np.int16, np.int32, np.int64, np.uint16, np.uint32, np.uint64, np.float32, np.float64]
)
def test_numpy(kind: Any) -> None:
    names = {"int16": "some-s16", "uint64": "some-u64", "float32": "some-f32", "float64": "some-f64"}
    name = names.get(np.dtype(kind).name)
    if name is None:
        return
    codec = _native.Codec(INTERFACE, "numpy")
    lifted = codec.lift(name, codec.lower(name, np.arange(5, dtype=kind)))
    assert isinstance(lifted, np.ndarray)
    assert lifted.dtype == kind
    assert lifted.tolist() == [0, 1, 2, 3, 4]
    lifted[0] = 9


def test_memoryview() -> None:
    codec = _native.Codec(INTERFACE, "memoryview")
    lifted = codec.lift("some-f64", codec.lower("some-f64", [0.5, 1.5]))
    assert isinstance(lifted, memoryview)
    assert lifted.format == "d"
    assert lifted.tolist() == [0.5, 1.5]
    assert codec.lift("some-f64", codec.lower("some-f64", [])).tolist() == []


def test_arrays_names() -> None:
    with pytest.raises(ValueError, match="arrays"):
        _native.Codec(INTERFACE, "tuple")


def test_records_are_classes() -> None:
    point = T.Point(x=1, y=2)
    assert repr(point) == "Point(x=1, y=2, label=None)"
    assert point == T.Point(1, 2, None)
    assert point != T.Point(1, 3)
    assert point != (1, 2, None)
    assert not hasattr(point, "__dict__")
    match point:
        case T.Point(x, y, label=None):
            assert (x, y) == (1, 2)
        case _:
            pytest.fail("no match")
    with pytest.raises(TypeError):
        T.Point(1)
    with pytest.raises(TypeError):
        T.Point(1, 2, z=3)
    with pytest.raises(AttributeError):
        point.z = 1
    point.x = 5
    assert point.__replace__(y=7) == T.Point(5, 7)


def test_variants_match() -> None:
    match T.Shape.Circle(0.5):
        case T.Shape.Polygon():
            pytest.fail("wrong case")
        case T.Shape.Circle(radius):
            assert radius == 0.5
    assert repr(T.Shape.None_()) == "Shape.None_()"
    assert T.Shape.None_() == T.Shape.None_()
    assert T.Shape.Circle(1.0) != T.Shape.Circle(2.0)
    with pytest.raises(TypeError):
        T.Shape()
    with pytest.raises(AttributeError, match="no case"):
        T.Shape.Square  # noqa: B018


VALUES = [
    POINT,
    T.Shape.Polygon([POINT]),
    T.Shape.None_(),
    T.Color.DARK_BLUE,
    T.Rights.READ | T.Rights.WRITE,
    hms.Some(None),
    hms.Ok(1),
    hms.Err("x"),
    hms.Timestamp(2024, 1, 1, nanosecond=7),
    hms.Timestamp(2024, 1, 1, tzinfo=PLUS_2, fold=1),
    hms.TimeOfDay(1, nanosecond=7),
    hms.Duration(nanoseconds=7),
    hms.Duration.from_nanoseconds(-(2**80)),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_can_be_pickled_and_copied(value: Any) -> None:
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(value, protocol))
        assert again == value
        assert type(again) is type(value)
    assert copy.deepcopy(value) == value
    assert copy.copy(value) == value


def test_pickles_need_no_loaded_contract(tmp_path: pathlib.Path) -> None:
    import subprocess
    import sys

    (tmp_path / "pickle").write_bytes(pickle.dumps([POINT, T.Shape.Polygon([POINT]), T.Color.RED]))
    code = f"import pickle; print(pickle.load(open({str(tmp_path / 'pickle')!r}, 'rb')))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == repr([POINT, T.Shape.Polygon([POINT]), T.Color.RED])


def test_classes_are_shared_by_loads() -> None:
    again = _native.Contract(pathlib.Path(__file__).parent / "wit" / "values.wit").interface("test:values/values")
    assert again.classes["Point"] is T.Point
    assert again.classes["Shape"].Circle is T.Shape.Circle


def test_classes_are_importable() -> None:
    import importlib

    from hms_ffi.contracts.test.values.v1_0 import Point  # type: ignore[import-not-found]

    assert Point is T.Point
    assert "Shape" in dir(importlib.import_module("hms_ffi.contracts.test.values.v1_0"))
    assert importlib.import_module("hms_ffi.contracts.test.values.v1_0.values").Color is T.Color
    with pytest.raises(ImportError):
        importlib.import_module("hms_ffi.contracts.test.unknown")
    with pytest.raises(ImportError):
        from hms_ffi.contracts.test.values.v1_0 import Nothing  # noqa: F401
