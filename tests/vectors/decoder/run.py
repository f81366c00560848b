"""Checks all vectors with the decoder of this folder: ``python3 tests/vectors/decoder/run.py``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parent.parent
sys.path.insert(0, str(VECTORS.parent.parent))

from tests.vectors.decoder import wire, writer  # noqa: E402  # found through the line above
from tests.vectors.decoder.errors import WireError  # noqa: E402


def entries(kind: str) -> list[dict[str, Any]]:
    files = sorted((VECTORS / kind).glob("*.json"))
    return [entry for file in files for entry in json.loads(file.read_text("utf-8"))]


def same(a: Any, b: Any) -> bool:
    """Equality that tells 1 from 1.0 and from True, and 0.0 from -0.0."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and repr(a) == repr(b)


def check_good(types: wire.Types, entry: dict[str, Any]) -> str | None:
    index, data = types.functions[entry["type"]], bytes.fromhex(entry["hex"])
    try:
        value = wire.Reader(types, data).whole(index)
    except WireError as error:
        return f"refused: {error.code} at value{error.path}: {error}"
    if not same(value, entry["json"]):
        return f"lifted {json.dumps(value)}"
    if not entry.get("lift-only"):
        out = writer.Writer(types)
        out.value(index, entry["json"])
        if out.out != data:
            return f"lowered {out.out.hex()}"
    return None


def check_bad(types: wire.Types, entry: dict[str, Any]) -> str | None:
    try:
        value = wire.Reader(types, bytes.fromhex(entry["hex"])).whole(types.functions[entry["type"]])
    except WireError as error:
        got = (error.code, "value" + error.path)
        return None if got == (entry["code"], entry["path"]) else f"{got[0]} at {got[1]}: {error}"
    return f"lifted {json.dumps(value)}"


def main() -> int:
    types = wire.Types(json.loads((VECTORS / "schema.json").read_text("utf-8")))
    failed = 0
    for kind, check in (("good", check_good), ("bad", check_bad)):
        checked = entries(kind)
        failures = [(entry, why) for entry in checked if (why := check(types, entry))]
        for entry, why in failures:
            print(f"{kind} {json.dumps(entry)[:300]}: {why}")
        by_hand = sum(entry.get("by-hand", False) for entry in checked)
        note = f", {by_hand} of them by hand" if by_hand else ""
        print(f"{kind}: {len(checked) - len(failures)} of {len(checked)} vectors pass{note}")
        failed += len(failures)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
