"""Documents: the CBOR that section 4 of docs/wire-format.md allows, to and from JSON values."""

from __future__ import annotations

import base64
import struct
from typing import TYPE_CHECKING, Any

from tests.vectors.decoder import texts
from tests.vectors.decoder.errors import WireError, bad, json_key

if TYPE_CHECKING:
    from tests.vectors.decoder import wire


class Document:
    """The bytes of one document; elements and depth count in the message's reader."""

    def __init__(self, data: bytes, reader: wire.Reader) -> None:
        self.data, self.at, self.reader = data, 0, reader

    def whole(self) -> Any:
        value = self.item()
        if self.at != len(self.data):
            raise bad("trailing bytes")
        return value

    def take(self, count: int) -> bytes:
        if count > len(self.data) - self.at:
            raise bad("past the end")
        self.at += count
        return self.data[self.at - count : self.at]

    def head(self) -> tuple[int, int]:
        """Major type and argument in its shortest form."""
        first = self.take(1)[0]
        major, info = first >> 5, first & 31
        if info < 24:
            return major, info
        if info > 27:
            raise bad("reserved or indefinite length")
        argument = int.from_bytes(self.take(1 << info - 24), "big")
        if major != 7 and argument < (24, 1 << 8, 1 << 16, 1 << 32)[info - 24]:
            raise bad("not the shortest form")
        return major, argument

    def item(self) -> Any:
        start = self.at
        if self.data[start : start + 1] in (b"\xf9", b"\xfa", b"\xfb"):
            return self.float()
        major, argument = self.head()
        if major == 0:
            return argument
        if major == 1:
            return -1 - argument
        if major == 2:
            return base64.b64encode(self.take(argument)).decode()
        if major == 3:
            return self.text(argument)
        if major == 4:
            return self.array(argument)
        if major == 5:
            return self.map(argument)
        if major == 6 and argument == 4:
            return self.decimal()
        if major == 7 and self.data[start] in (0xF4, 0xF5, 0xF6):
            return {0xF4: False, 0xF5: True, 0xF6: None}[self.data[start]]
        raise bad("not allowed")

    def text(self, count: int) -> str:
        try:
            return self.take(count).decode()
        except UnicodeDecodeError as cause:
            raise bad("UTF-8") from cause

    def float(self) -> Any:
        start = self.at
        code = {0xF9: ">e", 0xFA: ">f", 0xFB: ">d"}[self.take(1)[0]]
        value = struct.unpack(code, self.take(struct.calcsize(code)))[0]
        if put_float(value) != self.data[start : self.at]:
            raise bad("not the shortest float")
        if value != value:
            return "NaN"
        if value in (float("inf"), float("-inf")):
            return "Infinity" if value > 0 else "-Infinity"
        return value

    def inside(self, step: str) -> Any:
        try:
            return self.item()
        except WireError as cause:
            raise cause.under(step) from cause

    def begin(self, count: int, smallest: int) -> None:
        if count * smallest > len(self.data) - self.at:
            raise bad("length")
        self.reader.enter()
        self.reader.count_elements(count)

    def array(self, count: int) -> list[Any]:
        self.begin(count, 1)
        value = [self.inside(f"[{i}]") for i in range(count)]
        self.reader.leave()
        return value

    def map(self, count: int) -> dict[str, Any]:
        self.begin(count, 2)
        value: dict[str, Any] = {}
        last = b""
        for i in range(count):
            start = self.at
            try:
                major, length = self.head()
                if major != 3:
                    raise bad("a key that is not text")
                key = self.text(length)
                encoded = self.data[start : self.at]
                if encoded <= last:
                    raise bad("order")
            except WireError as cause:
                raise cause.under(f"[key {i}]") from cause
            last = encoded
            value[key] = self.inside(f"[{json_key(key)}]")
        self.reader.leave()
        return value

    def decimal(self) -> str:
        if self.head() != (4, 2):
            raise bad("decimal")
        exponent = self.integer(False)
        if abs(exponent) > 4096:
            raise bad("exponent")
        mantissa = self.integer(True)
        if abs(mantissa) >= 10**4096:
            raise bad("too long")
        return decimal_text(exponent, mantissa)

    def integer(self, big: bool) -> int:
        major, argument = self.head()
        if big and major == 6 and argument in (2, 3):
            kind, length = self.head()
            data = self.take(length) if kind == 2 else b""
            if len(data) <= 8 or data[0] == 0:
                raise bad("bignum")
            major, argument = argument - 2, int.from_bytes(data, "big")
        if major > 1:
            raise bad("integer")
        return -1 - argument if major else argument


def decimal_text(exponent: int, mantissa: int) -> str:
    digits = str(abs(mantissa))
    if exponent > 0 and mantissa:
        digits += "0" * exponent
    elif exponent < 0:
        digits = digits.rjust(1 - exponent, "0")
        digits = f"{digits[:exponent]}.{digits[exponent:]}"
    try:
        return texts.decimal(("-" if mantissa < 0 else "") + digits)
    except ValueError as cause:
        raise bad("decimal") from cause


def put_head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes((major << 5 | argument,))
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if argument < 1 << 8 * size:
            return bytes((major << 5 | info,)) + argument.to_bytes(size, "big")
    raise AssertionError(argument)


def put_float(value: float) -> bytes:
    if value != value:
        return b"\xf9\x7e\x00"
    for first, code in ((b"\xf9", ">e"), (b"\xfa", ">f")):
        try:
            data = struct.pack(code, value)
        except OverflowError:
            continue
        if struct.unpack(code, data)[0] == value:
            return first + data
    return b"\xfb" + struct.pack(">d", value)


def encode(value: Any) -> bytes:
    """The document of plain JSON."""
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", True: b"\xf5", False: b"\xf4"}[value]
    if isinstance(value, int):
        return put_head(0, value) if value >= 0 else put_head(1, -1 - value)
    if isinstance(value, float):
        return put_float(value)
    if isinstance(value, str):
        return put_head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return put_head(4, len(value)) + b"".join(map(encode, value))
    entries = sorted((encode(key), encode(item)) for key, item in value.items())
    return put_head(5, len(entries)) + b"".join(key + item for key, item in entries)
