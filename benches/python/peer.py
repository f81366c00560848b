"""The echo over grpcio and a Unix socket: `peer.py serve PATH` or `peer.py call PATH`.

The bytes go as they are, without Protocol Buffers: the comparison is of calls, not of codecs.
"""

from __future__ import annotations

import sys
from concurrent import futures

import grpc
import rounds

DATA = bytes(range(64))
METHOD = "/bench.Echo/Echo"


def serve(path: str) -> None:
    handler = grpc.unary_unary_rpc_method_handler(lambda request, context: request)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("bench.Echo", {"Echo": handler}),))
    server.add_insecure_port(f"unix:{path}")
    server.start()
    print("ready", flush=True)
    sys.stdin.read()
    server.stop(None)


def call(path: str) -> None:
    with grpc.insecure_channel(f"unix:{path}") as channel:
        echo = channel.unary_unary(METHOD)
        assert echo(DATA) == DATA
        rounds.obey(lambda: echo(DATA))


if __name__ == "__main__":
    {"serve": serve, "call": call}[sys.argv[1]](sys.argv[2])
