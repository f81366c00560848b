"""The echo over HMS FFI: `ours.py serve` or `ours.py call`. Default limits and layers."""

from __future__ import annotations

import sys

import hms_ffi as hms
import rounds

DATA = bytes(range(64))


def serve() -> None:
    component = hms.Component("bench:echo/echo", wit="../wit/echo.wit")

    @component.export
    def echo(data: bytes) -> bytes:
        return data

    with component:
        print("ready", flush=True)
        sys.stdin.read()


def call() -> None:
    with hms.connect("bench:echo/echo") as client:
        assert client.echo(DATA) == DATA
        rounds.obey(lambda: client.echo(DATA))


if __name__ == "__main__":
    {"serve": serve, "call": call}[sys.argv[1]]()
