"""A provider that is itself hosted in a pre-fork server: every worker is an instance."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import hms_ffi as hms
import pytest

from tests.host.python.machine import children, eventually
from tests.host.python.web import WebServer, gunicorn

pytestmark = pytest.mark.hosts


@pytest.fixture(params=["--preload", ""], ids=["preload", ""])
def server(place: Path, runtime: Path, request: pytest.FixtureRequest) -> Iterator[WebServer]:
    """gunicorn with two workers that serve the component."""
    options = filter(None, ["--config", "python:tests.host.python.prefork", request.param])
    with gunicorn(place, runtime, *options, app="prefork") as server:
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
