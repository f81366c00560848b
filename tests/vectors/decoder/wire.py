"""Reads and writes wire values, written from docs/wire-format.md alone.

It shares no code with the product, so that a mistake in one of the two shows in the vectors.
Values are those of the JSON mapping: what ``json.loads`` gives for the vectors' ``json``.
"""

from __future__ import annotations

import base64
import struct
from typing import Any

from tests.vectors.decoder import cbor, texts
from tests.vectors.decoder.errors import WireError, bad, json_key

MAX_MESSAGE, MAX_DEPTH, MAX_ELEMENTS = 256 << 20, 64, 1 << 24
MAX_EXACT = 2**53 - 1

# struct format of each number; its size is its alignment in lists.
SIGNED = {"s8": "b", "s16": "h", "s32": "i", "s64": "q"}
NUMBERS = {**SIGNED, "u8": "B", "u16": "H", "u32": "I", "u64": "Q", "f32": "f", "f64": "d"}
CANONICAL_NAN = {"f32": bytes.fromhex("0000c07f"), "f64": bytes.fromhex("000000000000f87f")}
FIXED_SIZES = {
    "timestamp": 12,
    "zoned-timestamp": 14,
    "date": 4,
    "partial-date": 3,
    "time-of-day": 7,
    "duration": 12,
    "uuid": 16,
    "decimal": 5,
    "document": 5,
}


def size_of(number: str) -> int:
    return struct.calcsize("<" + NUMBERS[number])


def index_format(cases: int) -> str:
    return "B" if cases <= 256 else "H" if cases <= 65536 else "I"


def flags_format(flags: int) -> str:
    return "B" if flags <= 8 else "H" if flags <= 16 else "I"


class Types:
    """The type table of a schema."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.table = schema["types"]
        self.functions = {function["name"]: function["params"][0]["type"] for function in schema["functions"]}
        self.smallest: list[int] = []
        for entry in self.table:
            self.smallest.append(self._smallest(entry))

    def kind(self, index: int) -> str:
        return self.table[index]["kind"]

    def number(self, index: int) -> str | None:
        return self.kind(index) if self.kind(index) in NUMBERS else None

    def boxed(self, index: int) -> bool:
        return self.kind(index) in ("option", "document")

    def _smallest(self, entry: dict[str, Any]) -> int:
        kind = entry["kind"]
        of = self.smallest
        if kind in NUMBERS:
            return size_of(kind)
        if kind in FIXED_SIZES:
            return FIXED_SIZES[kind]
        if kind in ("bool", "option"):
            return 1
        if kind in ("char", "string", "list", "set", "map"):
            return 4
        if kind == "fixed-list":
            return of[entry["element"]] * entry["length"]
        if kind == "tuple":
            return sum(of[element] for element in entry["elements"])
        if kind == "record":
            return sum(of[field["type"]] for field in entry["fields"])
        if kind == "enum":
            return struct.calcsize(index_format(len(entry["cases"])))
        if kind == "flags":
            return struct.calcsize(flags_format(len(entry["flags"])))
        if kind == "variant":
            payloads = [of[case["type"]] if "type" in case else 0 for case in entry["cases"]]
            return struct.calcsize(index_format(len(payloads))) + min(payloads)
        if kind == "result":
            sides = (entry.get("ok"), entry.get("err"))
            return 1 + min(0 if side is None else of[side] for side in sides)
        raise AssertionError(kind)


class Reader:
    """One message."""

    def __init__(self, types: Types, message: bytes) -> None:
        if len(message) > MAX_MESSAGE:
            raise WireError("resource-exhausted", "size")
        self.types, self.message, self.at = types, message, 0
        self.depth = self.elements = 0

    def left(self) -> int:
        return len(self.message) - self.at

    def take(self, count: int) -> bytes:
        if count > self.left():
            raise bad("past the end")
        self.at += count
        return self.message[self.at - count : self.at]

    def one(self, code: str) -> Any:
        return struct.unpack("<" + code, self.take(struct.calcsize("<" + code)))[0]

    def text(self) -> str:
        try:
            return self.take(self.one("I")).decode()
        except UnicodeDecodeError as error:
            raise bad("UTF-8") from error

    def enter(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise WireError("resource-exhausted", "depth")

    def leave(self) -> None:
        self.depth -= 1

    def count_elements(self, count: int) -> None:
        self.elements += count
        if self.elements > MAX_ELEMENTS:
            raise WireError("resource-exhausted", "elements")

    def whole(self, index: int) -> Any:
        """The message's one value."""
        value = self.value(index)
        if self.left():
            raise bad("trailing bytes")
        return value

    def value(self, index: int) -> Any:
        entry = self.types.table[index]
        kind = entry["kind"]
        if kind in NUMBERS:
            return scalar_to_json(kind, self.take(size_of(kind)), False)
        return getattr(self, "read_" + kind.replace("-", "_"))(entry)

    def inside(self, index: int, step: str) -> Any:
        try:
            return self.value(index)
        except WireError as error:
            raise error.under(step) from error

    def bit(self) -> bool:
        byte = self.one("B")
        if byte > 1:
            raise bad("neither 0 nor 1")
        return byte == 1

    def read_bool(self, _: Any) -> bool:
        return self.bit()

    def read_char(self, _: Any) -> str:
        number = self.one("I")
        if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
            raise bad("no scalar value")
        return chr(number)

    def read_string(self, _: Any) -> str:
        return self.text()

    def packed(self, number: str, count: int) -> Any:
        size = size_of(number)
        padding = -self.at % size if count else 0
        if padding + count * size > self.left():
            raise bad("length")
        self.count_elements(1)
        if any(self.take(padding)):
            raise bad("padding")
        data = self.take(count * size)
        if number == "u8":
            return base64.b64encode(data).decode()
        return [scalar_to_json(number, data[i : i + size], True) for i in range(0, len(data), size)]

    def count(self, smallest: int) -> int:
        count = self.one("I")
        if count * smallest > self.left():
            raise bad("length")
        self.count_elements(count)
        return count

    def read_list(self, entry: Any) -> Any:
        self.enter()
        element = entry["element"]
        number = self.types.number(element)
        if number:
            value: Any = self.packed(number, self.one("I"))
        else:
            count = self.count(self.types.smallest[element])
            value = [self.inside(element, f"[{i}]") for i in range(count)]
        self.leave()
        return value

    def read_fixed_list(self, entry: Any) -> Any:
        self.enter()
        element, length = entry["element"], entry["length"]
        number = self.types.number(element)
        if number:
            value: Any = self.packed(number, length)
        else:
            if length * self.types.smallest[element] > self.left():
                raise bad("length")
            self.count_elements(max(length, 1))
            value = [self.inside(element, f"[{i}]") for i in range(length)]
        self.leave()
        return value

    def read_tuple(self, entry: Any) -> list[Any]:
        self.enter()
        if not entry["elements"]:
            self.count_elements(1)
        value = [self.inside(element, f"[{i}]") for i, element in enumerate(entry["elements"])]
        self.leave()
        return value

    def rising(self, index: int, last: bytes | None, step: str) -> tuple[Any, bytes]:
        """An element of a set or a key of a map, which has to come after ``last``."""
        start = self.at
        value = self.inside(index, step)
        encoded = self.message[start : self.at]
        if last is not None and encoded <= last:
            raise bad("order").under(step)
        return value, encoded

    def read_set(self, entry: Any) -> list[Any]:
        self.enter()
        element = entry["element"]
        values, last = [], None
        for i in range(self.count(self.types.smallest[element])):
            value, last = self.rising(element, last, f"[{i}]")
            values.append(value)
        self.leave()
        return values

    def read_map(self, entry: Any) -> Any:
        self.enter()
        key_type, value_type = entry["key"], entry["value"]
        smallest = self.types.smallest
        pairs, last = [], None
        for i in range(self.count(smallest[key_type] + smallest[value_type])):
            key, last = self.rising(key_type, last, f"[key {i}]")
            pairs.append([key, self.inside(value_type, f"[{json_key(key)}]")])
        self.leave()
        return dict(pairs) if self.types.kind(key_type) == "string" else pairs

    def read_record(self, entry: Any) -> dict[str, Any]:
        self.enter()
        value = {field["name"]: self.inside(field["type"], "." + field["name"]) for field in entry["fields"]}
        self.leave()
        return value

    def index(self, cases: list[Any]) -> int:
        index = self.one(index_format(len(cases)))
        if index >= len(cases):
            raise bad("no such case")
        return index

    def read_enum(self, entry: Any) -> str:
        return entry["cases"][self.index(entry["cases"])]["name"]

    def read_flags(self, entry: Any) -> list[str]:
        flags = entry["flags"]
        bits = self.one(flags_format(len(flags)))
        if bits >> len(flags):
            raise bad("no such flag")
        return [flag["name"] for i, flag in enumerate(flags) if bits >> i & 1]

    def payload(self, index: int, step: str) -> Any:
        try:
            self.enter()
        except WireError as error:
            raise error.under(step) from error
        value = self.inside(index, step)
        self.leave()
        return value

    def read_variant(self, entry: Any) -> dict[str, Any]:
        case = entry["cases"][self.index(entry["cases"])]
        value = {"tag": case["name"]}
        if "type" in case:
            value["val"] = self.payload(case["type"], "." + case["name"])
        return value

    def read_result(self, entry: Any) -> dict[str, Any]:
        side = "err" if self.bit() else "ok"
        index = entry.get(side)
        return {side: None if index is None else self.payload(index, "." + side)}

    def read_option(self, entry: Any) -> Any:
        if not self.bit():
            return None
        value = self.payload(entry["payload"], "")
        return {"some": value} if self.types.boxed(entry["payload"]) else value

    def checked(self, make: Any, *parts: Any) -> str:
        try:
            return make(*parts)
        except ValueError as error:
            raise bad(str(error)) from error

    def read_timestamp(self, _: Any) -> str:
        return self.checked(texts.timestamp, self.one("q"), self.one("I"), 0)

    def read_zoned_timestamp(self, _: Any) -> str:
        return self.checked(texts.timestamp, self.one("q"), self.one("I"), self.one("h"))

    def read_date(self, _: Any) -> str:
        return self.checked(texts.date, self.one("H"), self.one("B"), self.one("B"))

    def read_partial_date(self, _: Any) -> str:
        year = self.one("H")
        return self.checked(texts.partial_date, year, self.one("B") if self.bit() else None)

    def read_time_of_day(self, _: Any) -> str:
        return self.checked(texts.time_of_day, self.one("B"), self.one("B"), self.one("B"), self.one("I"))

    def read_duration(self, _: Any) -> str:
        return self.checked(texts.duration, self.one("q"), self.one("I"))

    def read_decimal(self, _: Any) -> str:
        return self.checked(texts.decimal, self.text())

    def read_uuid(self, _: Any) -> str:
        digits = f"{self.one('Q'):016x}{self.one('Q'):016x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def read_document(self, _: Any) -> Any:
        document = cbor.Document(self.take(self.one("I")), self)
        return document.whole()


def scalar_to_json(number: str, data: bytes, in_list: bool) -> Any:
    """A number from its bytes; a NaN outside lists has to be the canonical one."""
    value = struct.unpack("<" + NUMBERS[number], data)[0]
    if number in ("f32", "f64"):
        if value != value and data != CANONICAL_NAN[number]:
            if not in_list:
                raise bad("NaN")
            return "NaN:0x" + data[::-1].hex()
        return float_to_json(value)
    if size_of(number) == 8 and abs(value) > MAX_EXACT:
        return str(value)
    return value


def float_to_json(value: float) -> float | str:
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return value
