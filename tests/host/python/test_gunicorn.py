"""gunicorn: pre-fork workers, with the application imported in each of them or once before the fork."""

from __future__ import annotations

import http.client
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hms_ffi as hms
import pytest

from tests.host.python.machine import children, eventually
from tests.host.python.servers import Provider
from tests.host.python.web import ask, ask_many, gunicorn, held

SYNC = ("--worker-class", "sync")
GTHREAD = ("--worker-class", "gthread", "--threads", "4")
UVICORN = ("--worker-class", "uvicorn_worker.UvicornWorker")
ASGI = ("--worker-class", "asgi")
KINDS = {"sync": SYNC, "gthread": GTHREAD, "uvicorn": UVICORN, "asgi": ASGI}
# These close connections that they have taken when they end, whatever the application does.
DROPS_CONNECTIONS = ("uvicorn", "asgi")


def application(kind: str) -> str:
    """The module of the application for a kind of worker."""
    return "asgi" if kind in ("uvicorn", "asgi") else "wsgi"


@pytest.mark.parametrize(
    ("kind", "preload"),
    [
        pytest.param(SYNC, True, id="sync-preload"),
        pytest.param(SYNC, False, id="sync", marks=pytest.mark.hosts),
        pytest.param(GTHREAD, True, id="gthread-preload", marks=pytest.mark.hosts),
        pytest.param(GTHREAD, False, id="gthread", marks=pytest.mark.hosts),
    ],
)
def test_every_worker_answers(provider: Provider, place: Path, kind: tuple[str, ...], preload: bool) -> None:
    with gunicorn(place, provider.runtime, *kind, *(["--preload"] if preload else [])) as server:
        expected = children(server.pid)
        seen: set[int] = set()

        def all_seen() -> bool:
            seen.update(ask_many(server, 40))
            return len(seen) > 1

        eventually("both workers answer", all_seen, 30)
        assert seen == expected
        assert (server.get("/alive")["imported_by"] == server.pid) is preload
        server.terminate()
        server.has_no_complaints()


@pytest.mark.hosts
@pytest.mark.parametrize("kind", KINDS)
def test_workers_that_are_recycled(provider: Provider, place: Path, kind: str) -> None:
    options = ("--preload", "--max-requests", "5", "--max-requests-jitter", "3")
    # A worker that is not yet up misses SIGTERM; gunicorn kills it after this time.
    patience = ("--graceful-timeout", "2")
    with gunicorn(place, provider.runtime, *KINDS[kind], *options, *patience, app=application(kind)) as server:
        seen: set[int] = set()

        def recycled() -> bool:
            seen.update(ask_many(server, 40, kind in DROPS_CONNECTIONS))
            return len(seen) > 5

        eventually("workers replace one another", recycled, 30)
        server.terminate()
        assert "Traceback" not in server.errors()
        assert "panicked" not in server.errors()


@pytest.mark.hosts
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("preload", [True, False], ids=["preload", ""])
def test_no_call_fails_while_the_server_reloads(provider: Provider, place: Path, kind: str, preload: bool) -> None:
    options = [*KINDS[kind], *(["--preload"] if preload else [])]
    with gunicorn(place, provider.runtime, *options, app=application(kind)) as server:
        stop = threading.Event()

        def load(name: int) -> list[str]:
            wrong = []
            number = 0
            while not stop.is_set():
                number += 1
                try:
                    ask(server, f"{name}-{number}", kind in DROPS_CONNECTIONS)
                except (OSError, http.client.HTTPException, AssertionError) as error:
                    wrong.append(f"{name}-{number}: {error!r}")
            return wrong if number > 1 else ["no request was made"]

        with ThreadPoolExecutor(4) as pool:
            loads = [pool.submit(load, name) for name in range(4)]
            try:
                for _ in range(2):
                    before = children(server.pid)
                    server.process.send_signal(signal.SIGHUP)

                    def replaced(before: set[int] = before) -> bool:
                        now = children(server.pid)
                        return len(now) == 2 and not now & before

                    eventually("the workers are replaced", replaced, 30)
            finally:
                stop.set()
            assert [wrong for done in loads for wrong in done.result()] == []
        server.terminate()
        server.has_no_complaints()


@pytest.mark.hosts
def test_a_worker_that_takes_too_long_is_killed(provider: Provider, place: Path) -> None:
    with (
        gunicorn(place, provider.runtime, *SYNC, "--preload", "--timeout", "2") as server,
        hms.connect("test:host/desk", runtime_dir=provider.runtime) as desk,
    ):
        before = children(server.pid)
        with held(server, desk):
            # The server's SIGABRT ends the call in the worker, and with it the handler in the provider.
            eventually("the call is cancelled", lambda: desk.holding() == 0, 30)
            eventually("the worker is replaced", lambda: len(children(server.pid) - before) == 1, 30)
        eventually("both workers run", lambda: len(children(server.pid)) == 2)
        ask_many(server, 20)
        assert "WORKER TIMEOUT" in server.errors()
        server.terminate()
        assert "panicked" not in server.errors()


@pytest.mark.hosts
def test_a_worker_that_is_killed_in_mid_call(provider: Provider, place: Path) -> None:
    with (
        gunicorn(place, provider.runtime, *GTHREAD, "--preload") as server,
        hms.connect("test:host/desk", runtime_dir=provider.runtime) as desk,
    ):
        before = children(server.pid)
        with held(server, desk) as ended:
            for worker in before:
                os.kill(worker, signal.SIGKILL)
            eventually("the call is cancelled", lambda: desk.holding() == 0)
            eventually("the workers are replaced", lambda: len(children(server.pid) - before) == 2)
        assert ended == ["RemoteDisconnected"]
        # gunicorn forgets a signal that comes before a new worker listens for it, so both have to be at work.
        eventually("both new workers answer", lambda: len(ask_many(server, 20, anew=True)) == 2)
        server.terminate()
        assert "panicked" not in server.errors()


@pytest.mark.hosts
@pytest.mark.parametrize("kind", [SYNC, GTHREAD], ids=["sync", "gthread"])
def test_a_call_that_runs_does_not_hold_up_the_end(provider: Provider, place: Path, kind: tuple[str, ...]) -> None:
    options = (*kind, "--graceful-timeout", "1")
    with (
        gunicorn(place, provider.runtime, *options) as server,
        hms.connect("test:host/desk", runtime_dir=provider.runtime) as desk,
    ):
        with held(server, desk):
            # A signal with a handler (this one reopens the logs) interrupts the wait, not the call.
            for worker in children(server.pid):
                os.kill(worker, signal.SIGUSR1)
            ask_many(server, 10)
            assert desk.holding() == 1
            server.terminate()
        eventually("the call is cancelled", lambda: desk.holding() == 0)


@pytest.mark.hosts
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: another user")
def test_workers_of_another_user(place: Path) -> None:
    """The master connects as root; what its workers call is their own user's."""
    nobody = 65_534
    runtime = place / "r"
    place.chmod(0o755)
    runtime.mkdir()
    os.chown(runtime, 0, nobody)
    runtime.chmod(0o3770)
    with Provider(runtime, place / "provider.log", HMS_TRUSTED_USERS=str(nobody)) as provider:
        options = (*SYNC, "--preload", "--user", str(nobody), "--group", str(nobody))
        with gunicorn(place, provider.runtime, *options) as server:
            assert server.get("/caller-user")["value"] == nobody
            server.terminate()
            server.has_no_complaints()
