"""Two containers that share only the runtime directory: each has its own mounts and its own process ids."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from processes import PROMPT, Desk, ask

pytestmark = pytest.mark.usefixtures("as_root")

CONTAINER = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


def test_two_namespaces_call_each_other(runtime: Path) -> None:
    with Desk(runtime, wrapper=CONTAINER):
        assert ask(runtime, "process", wrapper=CONTAINER).stdout == "1\n"
        assert ask(runtime, "echo", "from outside").stdout == "from outside\n"
    with Desk(runtime):
        assert ask(runtime, "echo", "from inside", wrapper=CONTAINER).stdout == "from inside\n"


def test_death_is_noticed_across_namespaces(runtime: Path) -> None:
    with Desk(runtime, wrapper=CONTAINER) as desk:
        answers: list[tuple[float, subprocess.CompletedProcess[str]]] = []

        def hold() -> None:
            answer = ask(runtime, "--timeout", "30", "hold", wrapper=CONTAINER)
            answers.append((time.monotonic(), answer))

        waiting = threading.Thread(target=hold)
        waiting.start()
        while ask(runtime, "held").stdout != "True\n":
            pass
        killed = time.monotonic()
        os.kill(desk.pid, signal.SIGKILL)
        waiting.join(30)
    (ended, answer), *_ = answers
    assert answer.stdout.startswith("unavailable"), answer.stdout
    # The caller's process has to end too, so this bound is wider than the one on the call.
    assert ended - killed < 5 * PROMPT
    with Desk(runtime, wrapper=CONTAINER):
        assert ask(runtime, "echo", "again", wrapper=CONTAINER).stdout == "again\n"
