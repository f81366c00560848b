"""uvicorn: workers under gunicorn and under its own supervisor, on both event loops."""

from __future__ import annotations

import sys
from pathlib import Path

import hms_ffi as hms
import pytest

from tests.host.python.machine import children, eventually
from tests.host.python.servers import Provider
from tests.host.python.web import WebServer, ask_many, gunicorn, held

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


@pytest.mark.parametrize("app", ["asgi", "asgi_threads"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("preload", [True, False], ids=["preload", ""])
def test_asynchronous_workers_of_gunicorn(provider: Provider, place: Path, kind: str, preload: bool, app: str) -> None:
    options = ("--worker-class", KINDS[kind], *(["--preload"] if preload else []))
    with gunicorn(place, provider.runtime, *options, app=app) as server:
        assert every_worker_answers(server) == children(server.pid)
        assert (server.get("/alive")["imported_by"] == server.pid) is preload
        if app == "asgi":
            assert server.get("/many/together")["value"] is True
        server.terminate()
        server.has_no_complaints()


@pytest.mark.parametrize("app", ["asgi", "asgi_threads"])
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_uvicorn_alone(provider: Provider, place: Path, loop: str, app: str) -> None:
    """Its supervisor starts workers by `spawn`, so each imports the application."""
    with uvicorn(provider, place, loop, app) as server:
        workers = every_worker_answers(server)
        assert server.pid not in workers
        assert server.get("/alive")["loop"] == loop
        server.terminate()
        server.has_no_complaints()


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_an_awaited_call_does_not_hold_up_the_end(provider: Provider, place: Path, loop: str) -> None:
    with (
        hms.connect("test:host/desk", runtime_dir=provider.runtime) as desk,
        uvicorn(provider, place, loop, "asgi", "--timeout-graceful-shutdown", "1") as server,
    ):
        with held(server, desk):
            server.terminate()
        eventually("the call is cancelled", lambda: desk.holding() == 0)


def uvicorn(provider: Provider, place: Path, loop: str, app: str, *options: str) -> WebServer:
    """uvicorn with two workers that answers."""
    address = place / "http"
    server = WebServer(
        provider.runtime,
        place / "uvicorn.log",
        *(sys.executable, "-m", "uvicorn", f"tests.host.python.{app}:app", "--uds", str(address)),
        *("--workers", "2", "--loop", loop, *options),
        address=address,
    )
    try:
        return server.ready()
    except BaseException:
        server.__exit__(*sys.exc_info())
        raise
