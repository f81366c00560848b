"""Starting, asking and stopping the programs of these tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Protocol, Self

from tests.host.python.machine import descriptors, eventually, session

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
SCENARIOS = HERE / "scenarios"
PROMPT = 10.0  # seconds within which a server ends after SIGTERM, with slack for a loaded machine


class Scenario(Protocol):
    """The fixture `scenario`."""

    def __call__(self, name: str, *arguments: str, within: float = 60.0) -> None: ...


def environment(runtime: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HMS_")}
    return kept | {"HMS_RUNTIME_DIR": str(runtime), "PYTHONPATH": str(ROOT)} | more


class Program:
    """A program in a session of its own, with everything that it prints."""

    def __init__(self, runtime: Path, log: Path, *command: str, **more: str) -> None:
        self.runtime = runtime
        self.log = log
        with log.open("w") as stderr:
            self.process = subprocess.Popen(
                command,
                env=environment(runtime, **more),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def line(self) -> str:
        """The next line that it prints."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, f"it ended: {self.errors()}"
        return line.rstrip("\n")

    def errors(self) -> str:
        """What it has written to stderr."""
        return self.log.read_text()

    def ends(self, status: int = 0, within: float = PROMPT) -> float:
        """It ends by itself with this status and leaves no process behind; how long that took."""
        begun = time.monotonic()
        try:
            self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it did not end within {within} s: {self.errors()}") from None
        took = time.monotonic() - begun
        assert self.process.returncode == status, self.errors()
        eventually("no process is left behind", lambda: not session(self.pid))
        return took

    def terminate(self, status: int = 0, within: float = PROMPT) -> float:
        """SIGTERM ends it as it should."""
        self.process.send_signal(signal.SIGTERM)
        return self.ends(status, within)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        for left in session(self.pid):
            os.kill(left, signal.SIGKILL)
        self.process.wait()
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.stdout.close()


class Provider(Program):
    """A provider of test:host/desk that is ready."""

    def __init__(self, runtime: Path, log: Path, **more: str) -> None:
        super().__init__(runtime, log, sys.executable, str(HERE / "provider.py"), **more)
        assert self.line() == "ready"
        self.at_rest = self.sockets()

    def sockets(self) -> int:
        """Sockets and process descriptors that it has open."""
        open_ = descriptors(self.pid).values()
        return sum(what.startswith("socket:") or "pidfd" in what for what in open_)

    def has_no_links(self) -> bool:
        """Whether it has no more of them than before anybody came."""
        return self.sockets() <= self.at_rest

    def __exit__(self, *exception: object) -> None:
        try:
            if exception[0] is None:
                eventually("the provider's links are closed", self.has_no_links)
                self.terminate()
                assert self.errors() == ""
                left = [path for path in self.runtime.rglob("*") if not path.is_dir()]
                assert left == [], "runtime files are left behind"
        finally:
            super().__exit__(*exception)
