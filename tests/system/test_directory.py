"""A runtime directory that others could tamper with is refused, and the error says what cures it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from processes import Desk, ask


def test_a_directory_that_everybody_may_write_to_is_refused(runtime: Path) -> None:
    os.chmod(runtime, 0o777)
    answer = ask(runtime, "echo", "x")
    assert answer.returncode == 2
    assert answer.stdout.startswith("failed-precondition"), answer.stdout
    assert str(runtime) in answer.stdout
    assert "chmod" in answer.stdout
    with pytest.raises(RuntimeError):
        Desk(runtime)


def test_with_the_sticky_bit_it_is_accepted(runtime: Path) -> None:
    os.chmod(runtime, 0o1777)
    with Desk(runtime):
        assert ask(runtime, "echo", "x").stdout == "x\n"


@pytest.mark.usefixtures("as_root")
def test_a_directory_of_another_user_is_refused(runtime: Path) -> None:
    os.chown(runtime, 64_003, 64_003)
    os.chmod(runtime, 0o755)
    answer = ask(runtime, "echo", "x")
    assert answer.returncode == 2
    assert answer.stdout.startswith("failed-precondition"), answer.stdout
    assert str(runtime) in answer.stdout
    assert "own" in answer.stdout
