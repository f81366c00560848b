"""An ASGI application that connects when it is imported, and calls from threads beside its event loop."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tests.host.python.wsgi import answer


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    said = await asyncio.to_thread(answer, scope["path"])
    loop = type(asyncio.get_running_loop()).__module__.partition(".")[0]
    body = json.dumps(said | {"loop": loop}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
