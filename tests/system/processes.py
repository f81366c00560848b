"""Starting and stopping the programs of these tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PROMPT = 1.0  # seconds within which death has to be noticed


def environment(runtime: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HMS_")}
    return kept | {"HMS_RUNTIME_DIR": str(runtime)} | more


class Desk:
    """A running provider of test:system/desk."""

    def __init__(self, runtime: Path, *arguments: str, wrapper: tuple[str, ...] = (), **more: str) -> None:
        self.child: int | None = None
        self.wrapped = bool(wrapper)
        self.process = subprocess.Popen(
            [*wrapper, sys.executable, str(HERE / "serve.py"), *arguments],
            env=environment(runtime, **more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        for line in self.process.stdout:
            if line.startswith("child "):
                self.child = int(line.split()[1])
            if line == "ready\n":
                return
        self.process.stdout.close()
        raise RuntimeError(f"the provider ended with {self.process.wait()}")

    @property
    def pid(self) -> int:
        """The provider itself, which is the child of a wrapper."""
        if not self.wrapped:
            return self.process.pid
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0])

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *exception: object) -> None:
        if self.process.poll() is None:
            os.kill(self.pid, signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.child:
            os.kill(self.child, signal.SIGKILL)
        assert self.process.stdout
        self.process.stdout.close()


def ask(runtime: Path, *arguments: str, wrapper: tuple[str, ...] = (), **more: str) -> subprocess.CompletedProcess[str]:
    """Runs one call in a process of its own; `stdout` is the result or the error."""
    return subprocess.run(
        [*wrapper, sys.executable, str(HERE / "ask.py"), *arguments],
        env=environment(runtime, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
