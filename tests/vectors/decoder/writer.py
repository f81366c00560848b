"""Writes values of the JSON mapping, for the round trip of the good vectors."""

from __future__ import annotations

import base64
import struct
from typing import Any

from tests.vectors.decoder import cbor, texts, wire


class Writer:
    """One message."""

    def __init__(self, types: wire.Types) -> None:
        self.types, self.out = types, bytearray()

    def put(self, code: str, *values: Any) -> None:
        self.out += struct.pack("<" + code, *values)

    def sized(self, data: bytes) -> None:
        self.put("I", len(data))
        self.out += data

    def value(self, index: int, value: Any) -> None:
        entry = self.types.table[index]
        kind = entry["kind"]
        if kind in wire.NUMBERS:
            self.out += scalar(kind, value, False)
        else:
            getattr(self, "write_" + kind.replace("-", "_"))(entry, value)

    def alone(self, index: int, value: Any) -> bytes:
        writer = Writer(self.types)
        writer.value(index, value)
        return bytes(writer.out)

    def write_bool(self, _: Any, value: bool) -> None:
        self.put("B", value)

    def write_char(self, _: Any, value: str) -> None:
        self.put("I", ord(value))

    def write_string(self, _: Any, value: str) -> None:
        self.sized(value.encode())

    def packed(self, number: str, value: Any, counted: bool) -> None:
        data = base64.b64decode(value) if number == "u8" else b"".join(scalar(number, item, True) for item in value)
        size = wire.size_of(number)
        if counted:
            self.put("I", len(data) // size)
        if data:
            self.out += bytes(-len(self.out) % size)
        self.out += data

    def write_list(self, entry: Any, value: Any) -> None:
        number = self.types.number(entry["element"])
        if number:
            self.packed(number, value, True)
            return
        self.put("I", len(value))
        for item in value:
            self.value(entry["element"], item)

    def write_fixed_list(self, entry: Any, value: Any) -> None:
        number = self.types.number(entry["element"])
        if number:
            self.packed(number, value, False)
            return
        for item in value:
            self.value(entry["element"], item)

    def write_tuple(self, entry: Any, value: Any) -> None:
        for element, item in zip(entry["elements"], value, strict=True):
            self.value(element, item)

    def write_set(self, entry: Any, value: Any) -> None:
        self.put("I", len(value))
        self.out += b"".join(sorted(self.alone(entry["element"], item) for item in value))

    def write_map(self, entry: Any, value: Any) -> None:
        pairs = value.items() if isinstance(value, dict) else value
        self.put("I", len(value))
        encoded = {self.alone(entry["key"], key): item for key, item in pairs}
        for key in sorted(encoded):
            self.out += key
            self.value(entry["value"], encoded[key])

    def write_record(self, entry: Any, value: Any) -> None:
        for field in entry["fields"]:
            self.value(field["type"], value.get(field["name"]))

    def index(self, cases: list[Any], name: str) -> Any:
        index = [case["name"] for case in cases].index(name)
        self.put(wire.index_format(len(cases)), index)
        return cases[index]

    def write_enum(self, entry: Any, value: str) -> None:
        self.index(entry["cases"], value)

    def write_flags(self, entry: Any, value: list[str]) -> None:
        bits = sum(1 << i for i, flag in enumerate(entry["flags"]) if flag["name"] in value)
        self.put(wire.flags_format(len(entry["flags"])), bits)

    def write_variant(self, entry: Any, value: Any) -> None:
        case = self.index(entry["cases"], value["tag"])
        if "type" in case:
            self.value(case["type"], value.get("val"))

    def write_result(self, entry: Any, value: Any) -> None:
        ((side, payload),) = value.items()
        self.put("B", side == "err")
        if entry.get(side) is not None:
            self.value(entry[side], payload)

    def write_option(self, entry: Any, value: Any) -> None:
        self.put("B", value is not None)
        if value is not None:
            self.value(entry["payload"], value["some"] if self.types.boxed(entry["payload"]) else value)

    def write_timestamp(self, _: Any, value: str) -> None:
        self.put("qI", *texts.parse_seconds(value)[:2])

    def write_zoned_timestamp(self, _: Any, value: str) -> None:
        self.put("qIh", *texts.parse_seconds(value))

    def write_date(self, _: Any, value: str) -> None:
        self.put("HBB", *map(int, value.split("-")))

    def write_partial_date(self, _: Any, value: str) -> None:
        year, *month = map(int, value.split("-"))
        self.put("HB" + "B" * len(month), year, len(month), *month)

    def write_time_of_day(self, _: Any, value: str) -> None:
        clock, _point, fraction = value.partition(".")
        self.put("BBBI", *map(int, clock.split(":")), int(fraction.ljust(9, "0")))

    def write_duration(self, _: Any, value: str) -> None:
        self.put("qI", *texts.parse_duration(value))

    def write_decimal(self, _: Any, value: str) -> None:
        self.sized(texts.decimal(value).encode())

    def write_uuid(self, _: Any, value: str) -> None:
        digits = value.replace("-", "")
        self.put("QQ", int(digits[:16], 16), int(digits[16:], 16))

    def write_document(self, _: Any, value: Any) -> None:
        self.sized(cbor.encode(value))


def scalar(number: str, value: Any, in_list: bool) -> bytes:
    if number in ("f32", "f64"):
        if value == "NaN":
            return wire.CANONICAL_NAN[number]
        if in_list and isinstance(value, str) and value.startswith("NaN:0x"):
            return bytes.fromhex(value[6:])[::-1]
        value = float(value)
    return struct.pack("<" + wire.NUMBERS[number], int(value) if isinstance(value, str) else value)
