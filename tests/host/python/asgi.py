"""An ASGI application that connects when its event loop starts, and awaits its calls."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any
from urllib.parse import unquote

import hms_ffi as hms

imported_by = os.getpid()
desk: hms.AsyncClient


async def answer(path: str) -> dict[str, Any]:
    """What a path asks for, with the worker that answers."""
    _, what, *rest = path.split("/")
    match what:
        case "echo":
            text = unquote(rest[0])
            value: Any = await desk.echo(text)
        case "many":
            texts = [f"{rest[0]} {number}" for number in range(100)]
            value = await asyncio.gather(*(desk.echo(text) for text in texts)) == texts
        case "hold":
            value = await desk.hold(timeout=None)
        case _:
            value = None
    loop = type(asyncio.get_running_loop()).__module__.partition(".")[0]
    return {"worker": os.getpid(), "imported_by": imported_by, "value": value, "loop": loop}


async def lifespan(receive: Any, send: Any) -> None:
    global desk
    await receive()
    async with hms.aconnect("test:host/desk") as desk:
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    body = json.dumps(await answer(scope["path"])).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
