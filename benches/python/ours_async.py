"""The awaited echo over HMS FFI: `ours_async.py call`, beside `ours.py serve`. Default limits and layers."""

from __future__ import annotations

import asyncio
import sys

import awaited
import hms_ffi as hms

DATA = bytes(range(64))


async def call() -> None:
    async with hms.aconnect("bench:echo/echo") as client:
        assert await client.echo(DATA) == DATA
        await awaited.obey(lambda: client.echo(DATA))


if __name__ == "__main__":
    assert sys.argv[1:] == ["call"]
    asyncio.run(call())
