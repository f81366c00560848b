"""From the JSON mapping to Python's values, along a schema: what the vectors' values look like in Python."""

from __future__ import annotations

import base64
import datetime
import decimal
import json
import struct
import uuid
from typing import Any

import hms_ffi as hms
from hms_ffi._native import Interface

_TZ_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


class Values:
    """Makes Python values of one interface's types."""

    def __init__(self, interface: Interface) -> None:
        schema = json.loads(interface.localized)
        self.types = schema["types"]
        self.functions = {function["name"]: function for function in schema["functions"]}
        self.classes = interface.classes

    def parameter(self, function: str) -> int:
        return self.functions[function]["params"][0]["type"]

    def make(self, index: int, value: Any) -> Any:
        entry = self.types[index]
        return getattr(self, "_" + entry["kind"].replace("-", "_"), self._plain)(entry, value)

    def _plain(self, entry: dict[str, Any], value: Any) -> Any:
        return value

    def _integer(self, entry: dict[str, Any], value: Any) -> int:
        return int(value)

    _s64 = _u64 = _integer

    def _float(self, entry: dict[str, Any], value: Any) -> float:
        if isinstance(value, str) and value.startswith("NaN:"):
            bits = int(value[4:], 16)
            widened = (bits >> 31) << 63 | 0x7FF << 52 | (bits & 0x7FFFFF) << 29
            wide = widened if entry["kind"] == "f32" else bits
            return struct.unpack("<d", struct.pack("<Q", wide))[0]
        number = float(value)
        if entry["kind"] == "f32" and number == number:
            number = struct.unpack("<f", struct.pack("<f", number))[0]
        return number

    _f32 = _f64 = _float

    def _list(self, entry: dict[str, Any], value: Any) -> Any:
        if self.types[entry["element"]]["kind"] == "u8":
            return base64.b64decode(value)
        return [self.make(entry["element"], item) for item in value]

    _fixed_list = _list

    def _tuple(self, entry: dict[str, Any], value: Any) -> tuple[Any, ...]:
        return tuple(self.make(element, item) for element, item in zip(entry["elements"], value, strict=True))

    def _set(self, entry: dict[str, Any], value: Any) -> set[Any]:
        return {self.make(entry["element"], item) for item in value}

    def _map(self, entry: dict[str, Any], value: Any) -> dict[Any, Any]:
        pairs = value.items() if isinstance(value, dict) else value
        return {self.make(entry["key"], key): self.make(entry["value"], item) for key, item in pairs}

    def _record(self, entry: dict[str, Any], value: Any) -> Any:
        fields = {
            field["local"]: self.make(field["type"], value[field["name"]])
            for field in entry["fields"]
            if field["name"] in value
        }
        return self.classes[entry["local"]](**fields)

    def _enum(self, entry: dict[str, Any], value: Any) -> Any:
        return self.classes[entry["local"]](value)

    def _flags(self, entry: dict[str, Any], value: Any) -> Any:
        cls = self.classes[entry["local"]]
        made = cls(0)
        for flag in entry["flags"]:
            if flag["name"] in value:
                made |= cls[flag["local"]]
        return made

    def _variant(self, entry: dict[str, Any], value: Any) -> Any:
        case = next(case for case in entry["cases"] if case["name"] == value["tag"])
        cls = getattr(self.classes[entry["local"]], case["local"])
        return cls(self.make(case["type"], value["val"])) if "type" in case else cls()

    def _result(self, entry: dict[str, Any], value: Any) -> Any:
        ((side, payload),) = value.items()
        box = {"ok": hms.Ok, "err": hms.Err}[side]
        return box(self.make(entry[side], payload)) if entry[side] is not None else box()

    def _option(self, entry: dict[str, Any], value: Any) -> Any:
        if value is None:
            return None
        if self.types[entry["payload"]]["kind"] in ("option", "document"):
            return hms.Some(self.make(entry["payload"], value["some"]))
        return self.make(entry["payload"], value)

    def _timestamp(self, entry: dict[str, Any], value: str) -> Any:
        return hms.Timestamp.fromisoformat(value)

    _zoned_timestamp = _timestamp

    def _date(self, entry: dict[str, Any], value: str) -> Any:
        return datetime.date.fromisoformat(value)

    def _time_of_day(self, entry: dict[str, Any], value: str) -> Any:
        return hms.TimeOfDay.fromisoformat(value)

    def _duration(self, entry: dict[str, Any], value: str) -> Any:
        number = decimal.Decimal(value.removesuffix("s"))
        return hms.Duration.from_nanoseconds(int(number.scaleb(9)))

    def _decimal(self, entry: dict[str, Any], value: str) -> Any:
        return decimal.Decimal(value)

    def _uuid(self, entry: dict[str, Any], value: str) -> Any:
        return uuid.UUID(value)
