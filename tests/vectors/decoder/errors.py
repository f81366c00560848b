"""Errors of the decoder and how their paths are written."""

from __future__ import annotations

import json
from typing import Any


class WireError(Exception):
    """Bytes that are not a value of the type: a code, and the path once the walk is back at the top."""

    def __init__(self, code: str, reason: str, path: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.path = path

    def under(self, step: str) -> WireError:
        self.path = step + self.path
        return self


def bad(reason: str) -> WireError:
    return WireError("invalid-argument", reason)


def json_key(key: Any) -> str:
    return json.dumps(key, ensure_ascii=False)
