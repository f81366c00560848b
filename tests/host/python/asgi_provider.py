"""An ASGI application whose workers each serve test:host/desk on their event loop, by coroutines."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

import hms_ffi as hms

from tests.host.python.provider import WIT

desk = hms.Component("test:host/desk", wit=WIT)


@desk.export
async def echo(text: str) -> str:
    await asyncio.sleep(0)
    return text


@desk.export
async def process() -> int:
    return os.getpid()


held = 0


@desk.export
async def hold() -> None:
    global held
    held += 1
    try:
        await asyncio.Event().wait()
    finally:
        held -= 1


@desk.export
async def holding() -> int:
    return held


@desk.export
async def caller_user() -> int:
    call = hms.current_call()
    assert call
    return call.caller.uid


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await receive()
        async with desk:
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    body = json.dumps({"worker": os.getpid()}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
