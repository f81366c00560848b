"""A WSGI application that connects when it is imported."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote

import hms_ffi as hms

desk = hms.connect("test:host/desk")
imported_by = os.getpid()


def answer(path: str) -> dict[str, Any]:
    """What a path asks for, with the worker that answers."""
    _, what, *rest = path.split("/")
    match what:
        case "echo":
            value: Any = desk.echo(unquote(rest[0]))
        case "hold":
            value = desk.hold(timeout=None)
        case "process":
            value = desk.process()
        case "caller-user":
            value = desk.caller_user()
        case _:
            value = None
    return {"worker": os.getpid(), "imported_by": imported_by, "value": value}


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    body = json.dumps(answer(environ["PATH_INFO"])).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
