"""Cases about mistakes of the caller."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hms_ffi as hms
from expect import equal, fails, refused


def mistakes(client: Any) -> dict[str, Callable[[], None]]:
    """All cases of this file by name."""
    line = {"code": "A1", "units": 0, "charge": "0"}
    record: dict[str, Any] = {"id": "c-1", "lines": [line, line], "paid-in-full": True}

    def wrong_in_record() -> None:
        wrong = record | {"lines": [line, line | {"units": "many"}]}
        refused(lambda: client.echo_record(wrong), "value.lines[1].units")

    def missing_field() -> None:
        rest = {name: value for name, value in record.items() if name != "id"}
        refused(lambda: client.echo_record(rest), "value")

    def unknown_function() -> None:
        equal(fails(lambda: client.call("no-such-function"), "unimplemented").sent, "not-sent")

    def unknown_interface() -> None:
        fails(lambda: hms.connect("test:conformance/no-such-interface", timeout=0.2), "unavailable")

    def incompatible() -> None:
        fails(
            lambda: hms.connect("test:versions/early", wit="../versions/broken.wit", timeout=10),
            "failed-precondition",
            "place",
        )

    square = client.types.Denial.Duplicate()
    return {
        "wrong-type": lambda: refused(lambda: client.echo_string(5), "value"),
        "wrong-type-in-record": wrong_in_record,
        "wrong-type-in-list": lambda: refused(lambda: client.echo_list_string(["a", 5]), "value[1]"),
        "bool-for-integer": lambda: refused(lambda: client.echo_u8(True), "value"),
        "integer-out-of-range": lambda: refused(lambda: client.echo_u8(256), "value"),
        "negative-for-unsigned": lambda: refused(lambda: client.echo_u32(-1), "value"),
        "unknown-enum-case": lambda: refused(lambda: client.echo_enum("mauve"), "value"),
        "unknown-variant-case": lambda: refused(lambda: client.echo_variant(square), "value"),
        "missing-field": missing_field,
        "extra-field": lambda: refused(lambda: client.echo_record(record | {"surplus": 1}), "value"),
        "wrong-tuple-length": lambda: refused(lambda: client.echo_tuple((1, "two")), "value"),
        "wrong-fixed-length": lambda: refused(lambda: client.echo_fixed([1, 2]), "value"),
        "bad-unicode": lambda: refused(lambda: client.echo_string("a\ud800"), "value"),
        "bad-decimal": lambda: refused(lambda: client.echo_decimal("1,5"), "value"),
        "unknown-function": unknown_function,
        "unknown-interface": unknown_interface,
        "incompatible-contract": incompatible,
    }
