"""uvicorn: workers under gunicorn and under its own supervisor, on both event loops."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.host.python.machine import children, eventually
from tests.host.python.servers import Provider
from tests.host.python.web import WebServer, ask_many, gunicorn

pytestmark = pytest.mark.hosts

KINDS = {
    "uvicorn": "uvicorn_worker.UvicornWorker",
    "gunicorn": "asgi",
}


def every_worker_answers(server: WebServer) -> set[int]:
    seen: set[int] = set()

    def all_seen() -> bool:
        seen.update(ask_many(server, 40))
        return len(seen) > 1

    eventually("both workers answer", all_seen, 30)
    return seen


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("preload", [True, False], ids=["preload", ""])
def test_asynchronous_workers_of_gunicorn(provider: Provider, place: Path, kind: str, preload: bool) -> None:
    options = ("--worker-class", KINDS[kind], *(["--preload"] if preload else []))
    with gunicorn(place, provider.runtime, *options, app="asgi") as server:
        assert every_worker_answers(server) == children(server.pid)
        assert (server.get("/alive")["imported_by"] == server.pid) is preload
        server.terminate()
        server.has_no_complaints()


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_uvicorn_alone(provider: Provider, place: Path, loop: str) -> None:
    """Its supervisor starts workers by `spawn`, so each imports the application."""
    address = place / "http"
    command = (sys.executable, "-m", "uvicorn", "tests.host.python.asgi:app", "--uds", str(address))
    options = ("--workers", "2", "--loop", loop)
    with WebServer(provider.runtime, place / "uvicorn.log", *command, *options, address=address) as server:
        server.ready()
        workers = every_worker_answers(server)
        assert server.pid not in workers
        assert server.get("/alive")["loop"] == loop
        server.terminate()
        server.has_no_complaints()
