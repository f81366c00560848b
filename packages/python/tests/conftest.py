"""What the tests of calls share."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import hms_ffi as hms
import pytest

HERE = pathlib.Path(__file__).parent


@pytest.fixture(autouse=True)
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[pathlib.Path]:
    """A runtime directory of the test's own, with a short path for sockets."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="hms-"))
    monkeypatch.setenv("HMS_RUNTIME_DIR", str(path))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def connect_soon() -> Callable[[str], Any]:
    """Connects to a provider that is just starting elsewhere."""

    def connect(interface: str) -> Any:
        until = time.monotonic() + 30
        while True:
            try:
                return hms.connect(interface)
            except hms.Unavailable:
                if time.monotonic() > until:
                    raise
                time.sleep(0.005)

    return connect


@pytest.fixture
def claim() -> dict[str, Any]:
    return {
        "id": "c1",
        "patient": "p1",
        "lines": [{"code": f"A{n}", "units": n, "charge": "1.10"} for n in range(5)],
        "diagnoses": {"x", "y"},
        "tags": {"k": "v"},
        "submitted": hms.Timestamp(2024, 2, 29, nanosecond=7),
    }


@pytest.fixture
def program() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a Python program from its text, with options of the interpreter; it is killed at the end of the test."""
    started = []

    def start(text: str, *args: str, options: tuple[str, ...] = ("-X", "dev", "-W", "error")) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, *options, "-c", text, *args],
            cwd=HERE,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        # With what it has forked.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
