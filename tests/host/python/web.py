"""Web servers of these tests, and who asks them."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import hms_ffi as hms

from tests.host.python.machine import children, eventually
from tests.host.python.servers import Program


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class WebServer(Program):
    """A web server on a socket in the runtime directory's parent."""

    def __init__(self, runtime: Path, log: Path, *command: str, address: Path, **more: str) -> None:
        super().__init__(runtime, log, *command, **more)
        self.address = address

    def ready(self) -> WebServer:
        """Returns when it answers."""
        eventually("the server answers", self._answers, 30.0)
        return self

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.errors()
        try:
            self.get("/alive")
        except (ConnectionError, FileNotFoundError):
            return False
        return True

    def get(self, path: str, timeout: float = 30.0) -> dict[str, Any]:
        """The answer of the application; raises what http raises, and AssertionError unless the status is 200."""
        connection = _Connection(self.address, timeout)
        try:
            connection.request("GET", path, headers={"Connection": "close"})
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        assert response.status == 200, f"{response.status}: {body!r}\n{self.errors()}"
        answer = json.loads(body)
        assert isinstance(answer, dict)
        return answer

    def has_no_complaints(self) -> None:
        """Its log tells of no error."""
        for sign in ("[ERROR]", "[CRITICAL]", "ERROR:", "CRITICAL:", "Traceback", "panicked", "Exception", "Warning"):
            assert sign not in self.errors(), self.errors()


def gunicorn(place: Path, runtime: Path, *options: str, app: str = "wsgi") -> WebServer:
    """A gunicorn with two workers that run."""
    address = place / "http"
    server = WebServer(
        runtime,
        place / "gunicorn.log",
        *(sys.executable, "-m", "gunicorn", f"tests.host.python.{app}:app", "--bind", f"unix:{address}"),
        *("--workers", "2", "--graceful-timeout", "10", "--no-control-socket", *options),
        address=address,
    )
    try:
        server.ready()
        eventually("both workers run", lambda: len(children(server.pid)) == 2)
    except BaseException:
        server.__exit__(*sys.exc_info())
        raise
    return server


def ask(server: WebServer, text: str, anew: bool = False) -> int:
    """A request with the right answer; the worker that answered. `anew`: asks again where the server closed the
    connection without an answer, as a proxy in front of it does."""
    while True:
        try:
            answer = server.get(f"/echo/{text}")
        except (ConnectionError, http.client.HTTPException):
            if not anew:
                raise
            continue
        assert answer["value"] == text
        return int(answer["worker"])


def ask_many(server: WebServer, number: int, anew: bool = False) -> set[int]:
    """So many requests by eight threads; the workers that answered."""

    with ThreadPoolExecutor(8) as pool:
        return set(pool.map(lambda text: ask(server, str(text), anew), range(number)))


@contextlib.contextmanager
def held(server: WebServer, desk: hms.Client, path: str = "/hold") -> Iterator[list[str]]:
    """A request whose worker is inside a call that does not end."""
    ended: list[str] = []

    def hold() -> None:
        try:
            server.get(path)
        except (ConnectionError, http.client.HTTPException, AssertionError) as error:
            ended.append(type(error).__name__)

    thread = threading.Thread(target=hold)
    thread.start()
    eventually("the worker is in the call", lambda: desk.holding() == 1)
    yield ended
    thread.join(30)
    assert not thread.is_alive()
