"""What the caller serves, for the provider to call back."""

from __future__ import annotations

from typing import Any

import hms_ffi as hms
from gates import Gates
from suite import error_class, milliseconds_left, until_cancelled


class Callback:
    """`client` is one of the provider."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.denial: Any = None
        # What `hold` tells the cases.
        self.held = Gates()
        self.released = Gates()

    def bounce(self, times: int) -> int:
        return 0 if times == 0 else 1 + self._client.bounce(times - 1)

    def fail(self, hops: int, code: str) -> None:
        if hops == 0:
            raise error_class(code)(f"raised {code}")
        self._client.fail(hops - 1, code)

    def time_left(self) -> int | None:
        return milliseconds_left()

    def deny(self) -> int:
        raise hms.DeclaredError(self.denial)

    def hold(self, key: str) -> None:
        self.held.open(key)
        until_cancelled()
        self.released.open(key)
