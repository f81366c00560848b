"""Fixtures of the host matrix."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.host.python.servers import SCENARIOS, Program, Provider, Scenario


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder for the test's sockets and logs; short, since it is part of socket paths."""
    path = Path(tempfile.mkdtemp(prefix="hms-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def runtime(place: Path) -> Path:
    """The runtime directory that only this test's programs use."""
    path = place / "r"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture
def provider(place: Path, runtime: Path) -> Iterator[Provider]:
    """A provider whose links are all closed when the test has ended its callers."""
    with Provider(runtime, place / "provider.log") as provider:
        yield provider


@pytest.fixture
def scenario(provider: Provider, place: Path) -> Scenario:
    """Runs a program of `scenarios/` beside the provider: it prints `done`, complains of nothing and ends in time."""

    def run(name: str, *arguments: str, within: float = 60.0) -> None:
        command = (sys.executable, str(SCENARIOS / name), *arguments)
        with Program(provider.runtime, place / "scenario.log", *command) as program:
            program.ends(within=within)
            assert program.process.stdout
            said = program.process.stdout.read()
            assert program.errors() == ""
            assert said.endswith("done\n"), said

    return run
