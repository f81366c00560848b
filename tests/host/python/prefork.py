"""A WSGI application whose workers each serve test:host/desk, and gunicorn's configuration for it: the component is
served after the fork and drained when the worker ends."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

from tests.host.python.provider import component

desk = component(workers=2)


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    body = json.dumps({"worker": os.getpid()}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


def post_worker_init(worker: object) -> None:
    """gunicorn's hook in a worker that is ready."""
    desk.__enter__()


def worker_exit(server: object, worker: object) -> None:
    """gunicorn's hook in a worker that ends."""
    desk.__exit__(None, None, None)
