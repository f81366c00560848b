"""A provider that is itself hosted in a pre-fork server: every worker is an instance."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import hms_ffi as hms
import pytest

from tests.host.python.machine import children, eventually
from tests.host.python.web import WebServer, ask_many, gunicorn

pytestmark = pytest.mark.hosts


HOSTS = {
    "threads": ("prefork", ["--config", "python:tests.host.python.prefork"]),
    "threads-preload": ("prefork", ["--config", "python:tests.host.python.prefork", "--preload"]),
    "coroutines": ("asgi_provider", ["--worker-class", "uvicorn_worker.UvicornWorker"]),
    "coroutines-preload": ("asgi_provider", ["--worker-class", "uvicorn_worker.UvicornWorker", "--preload"]),
    "coroutines-asgi": ("asgi_provider", ["--worker-class", "asgi"]),
}


@pytest.fixture(params=HOSTS)
def server(place: Path, runtime: Path, request: pytest.FixtureRequest) -> Iterator[WebServer]:
    """gunicorn with two workers that serve the component, on threads or on their event loop."""
    app, options = HOSTS[request.param]
    with gunicorn(place, runtime, *options, app=app) as server:
        eventually("both workers serve", lambda: len(instances(runtime)) == 2)
        yield server


def instances(runtime: Path) -> list[Path]:
    """The entries that callers can find; those of the dead stay until one is tried."""
    return list(runtime.rglob("*.json"))


def test_every_worker_serves(server: WebServer, runtime: Path) -> None:
    expected = children(server.pid)
    with hms.connect("test:host/desk", runtime_dir=runtime) as desk:
        seen: set[int] = set()

        def all_seen() -> bool:
            seen.add(desk.process())
            return len(seen) == 2

        eventually("both workers answer", all_seen)
        assert seen == expected
        server.terminate()
        server.has_no_complaints()
        assert [path for path in runtime.rglob("*") if not path.is_dir()] == []
        with pytest.raises(hms.Unavailable):
            desk.process(timeout=0.5)


def test_no_idempotent_call_fails_while_the_workers_are_replaced(
    server: WebServer, runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # gunicorn stops the old workers before the new ones are up, so for a moment there is no provider at all.
    monkeypatch.setenv("HMS_RETRIES", "20")
    stop = threading.Event()
    wrong: list[object] = []
    calls = 0

    def load() -> None:
        nonlocal calls
        while not stop.is_set():
            calls += 1
            try:
                assert desk.echo(str(calls)) == str(calls)
            except Exception as error:
                wrong.append(error)

    with hms.connect("test:host/desk", runtime_dir=runtime) as desk:
        thread = threading.Thread(target=load)
        thread.start()
        try:
            for _ in range(2):
                before = children(server.pid)
                server.process.send_signal(signal.SIGHUP)

                def replaced(before: set[int] = before) -> bool:
                    now = children(server.pid)
                    return len(now) == 2 and not now & before

                eventually("the workers are replaced", replaced, 30)
                eventually("the new workers answer", lambda: desk.process() in children(server.pid), 30)
        finally:
            stop.set()
            thread.join()
    assert wrong == []
    assert calls > 10
    server.terminate()
    server.has_no_complaints()


def test_a_worker_that_is_killed_is_replaced(server: WebServer, runtime: Path) -> None:
    with hms.connect("test:host/desk", runtime_dir=runtime) as desk:
        first, *_ = children(server.pid)
        os.kill(first, signal.SIGKILL)
        # The kernel may tell of the death later than `kill` returns; no call is lost all the same.
        eventually("the other worker answers", lambda: desk.process() != first)
        eventually("the worker is replaced", lambda: len(children(server.pid) - {first}) == 2)
        seen: set[int] = set()

        def all_seen() -> bool:
            with hms.connect("test:host/desk", runtime_dir=runtime) as fresh:
                seen.update(fresh.process() for _ in range(10))
            return len(seen - {first}) == 2

        eventually("both workers answer", all_seen)
        assert seen - {first} == children(server.pid)
    server.terminate()


def test_a_master_that_serves_its_workers(place: Path, runtime: Path) -> None:
    """The provider's threads are in native code when the workers are forked."""
    with gunicorn(place, runtime, "--config", "python:tests.host.python.prefork_master") as server:
        before = children(server.pid)
        ask_many(server, 40)
        assert server.get("/process")["value"] == server.pid
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        eventually("the workers are replaced", lambda: len(children(server.pid) - before) == 2)
        ask_many(server, 40)
        assert server.get("/process")["value"] == server.pid
        server.terminate()
        assert [path for path in runtime.rglob("*") if not path.is_dir()] == []
