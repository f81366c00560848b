"""Fixtures of the system tests."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def runtime() -> Iterator[Path]:
    """A runtime directory that only this test's programs use; short, since it is part of socket paths."""
    path = Path(tempfile.mkdtemp(prefix="hms-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def as_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: other users and namespaces")
