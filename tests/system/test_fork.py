"""A process that has a client, forks, and calls in the parent and in the child."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import hms_ffi as hms
import pytest
from processes import Desk


def in_child(work: object) -> int:
    """Runs `work` in a forked child; its exit status."""
    child = os.fork()
    if child == 0:
        try:
            work()  # type: ignore[operator]
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_parent_and_child_both_call(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HMS_RUNTIME_DIR", str(runtime))

    def check(desk: hms.Client, text: str) -> None:
        assert desk.echo(text) == text

    with Desk(runtime), hms.connect("test:system/desk") as desk:
        check(desk, "before")
        for round_ in range(5):
            assert in_child(lambda: check(desk, "the inherited client, in the child")) == 0
            check(desk, f"parent {round_}")

        def connect_anew() -> None:
            with hms.connect("test:system/desk") as own:
                check(own, "a client of the child's own")

        assert in_child(connect_anew) == 0
        check(desk, "after")


def test_a_fork_while_other_threads_wait(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HMS_RUNTIME_DIR", str(runtime))
    with Desk(runtime), hms.connect("test:system/desk") as desk:
        ended = []

        def hold() -> None:
            try:
                desk.hold(timeout=3)
            except hms.HmsError as error:
                ended.append(error)

        waiting = [threading.Thread(target=hold) for _ in range(3)]
        for thread in waiting:
            thread.start()
        while not desk.held():
            pass
        assert in_child(lambda: desk.echo("child")) == 0
        assert desk.echo("parent") == "parent"
        for thread in waiting:
            thread.join(30)
        assert [error.code for error in ended] == ["deadline-exceeded"] * 3, ended
