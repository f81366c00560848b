"""The awaited echo over grpcio.aio and a Unix socket: `peer_async.py serve PATH` or `peer_async.py call PATH`.

The bytes go as they are, without Protocol Buffers: the comparison is of calls, not of codecs.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import awaited
import grpc

DATA = bytes(range(64))
METHOD = "/bench.Echo/Echo"


async def echo(request: bytes, context: Any) -> bytes:
    return request


async def serve(path: str) -> None:
    server = grpc.aio.server()
    handler = grpc.unary_unary_rpc_method_handler(echo)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("bench.Echo", {"Echo": handler}),))
    server.add_insecure_port(f"unix:{path}")
    await server.start()
    print("ready", flush=True)
    await awaited.end_of_input()
    await server.stop(None)


async def call(path: str) -> None:
    async with grpc.aio.insecure_channel(f"unix:{path}") as channel:
        method = channel.unary_unary(METHOD)
        assert await method(DATA) == DATA
        await awaited.obey(lambda: method(DATA))


if __name__ == "__main__":
    asyncio.run({"serve": serve, "call": call}[sys.argv[1]](sys.argv[2]))
