"""The programs of the package's README do what they say."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

HERE = pathlib.Path(__file__).parent


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """The README's programs, with the contract that they name."""
    readme = (HERE.parent / "README.md").read_text()
    shown = re.findall(r"<!-- (\w+\.py) -->\n```python\n(.*?)```", readme, re.DOTALL)
    assert [name for name, _ in shown] == ["provider.py", "caller.py", "batch.py", "tasks.py", "aserve.py"]
    for name, code in shown:
        (tmp_path / name).write_text(code)
    (tmp_path / "wit").mkdir()
    shutil.copy(HERE / "wit" / "claims.wit", tmp_path / "wit")
    return tmp_path


@pytest.fixture
def serve(folder: pathlib.Path, connect_soon: Any) -> Iterator[Callable[[str], None]]:
    started = []

    def serve(name: str) -> None:
        started.append(subprocess.Popen([sys.executable, name], cwd=folder))
        connect_soon("hms:claims/adjudication").close()

    yield serve
    for process in started:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


@pytest.mark.parametrize("provider", ["provider.py", "aserve.py"])
def test_the_readme(folder: pathlib.Path, serve: Callable[[str], None], provider: str) -> None:
    serve(provider)

    def said(name: str) -> list[str]:
        text = subprocess.run([sys.executable, name], cwd=folder, env=os.environ, capture_output=True, text=True)
        assert text.stderr == ""
        return text.stdout.splitlines()

    caller = ["12.50", "Denial.NotCovered('no lines')"]
    assert said("caller.py") == caller
    assert said("batch.py") == [*caller, "3001 0 2999", "True"]
    assert said("tasks.py") == [*caller, "c1", "1250.00", "10"]
