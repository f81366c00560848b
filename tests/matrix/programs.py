"""How the conformance programs of each language are built and started."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUITE = ROOT / "tests" / "conformance"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))

# Low enough that a test can go over them quickly.
LIMITS = {"HMS_MAX_MESSAGE": "8388608", "HMS_MAX_ELEMENTS": "100000"}
# What this machine has set must not decide how a test goes.
NOT_INHERITED = (
    *("HMS_TRANSPORT", "HMS_TIMEOUT", "HMS_MAX_DEPTH", "HMS_MAX_CALLS", "HMS_RETRIES", "HMS_TRUSTED_USERS", "HMS_LOG"),
)


@dataclass(frozen=True)
class Language:
    """One language's conformance programs."""

    name: str
    folder: Path
    build: list[str] | None
    command: Callable[[str], list[str]]

    def exists(self) -> bool:
        return self.folder.is_dir()

    def prepare(self) -> None:
        """Builds what has to be built; raises if that fails."""
        if self.build:
            subprocess.run(self.build, cwd=self.folder, check=True, stdin=subprocess.DEVNULL)


def languages() -> list[Language]:
    """All languages that have a folder in the suite."""
    binaries = TARGET / "conformance"
    known = [
        Language(
            "rust",
            SUITE / "rust",
            ["cargo", "build", "--quiet", "-p", "hms-ffi-conformance"],
            lambda role: [str(TARGET / "debug" / f"conformance-{role}")],
        ),
        Language(
            "python",
            SUITE / "python",
            None,
            lambda role: [sys.executable, "-X", "dev", "-W", "error", str(SUITE / "python" / f"{role}.py")],
        ),
        Language(
            "node",
            SUITE / "node",
            None,
            lambda role: ["node", str(SUITE / "node" / f"{role}.mjs")],
        ),
        Language(
            "go",
            SUITE / "go",
            ["go", "build", "-o", f"{binaries}/", "./provider", "./caller"],
            lambda role: [str(binaries / role)],
        ),
    ]
    binaries.mkdir(parents=True, exist_ok=True)
    return [language for language in known if language.exists()]


def environment(runtime_directory: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    return inherited | LIMITS | {"HMS_RUNTIME_DIR": str(runtime_directory)}


@contextlib.contextmanager
def runtime_directory() -> Iterator[Path]:
    """A runtime directory of one's own: only what a test starts itself is found in it."""
    path = Path(tempfile.mkdtemp(prefix="hms-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


class Provider:
    """A running provider; leaving the block stops it and checks that it went in order."""

    def __init__(self, language: Language, runtime: Path) -> None:
        self.language = language
        self.runtime = runtime
        self.problems: list[str] = []
        self.output: list[str] = []
        self._ready = threading.Event()

    def __enter__(self) -> Provider:
        self.process = subprocess.Popen(
            self.language.command("provider"),
            env=environment(self.runtime),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self._ready.wait(60) or self.process.poll() is not None:
            self.process.kill()
            self._reader.join(5)
            raise RuntimeError(f"the {self.language.name} provider did not get ready:\n" + "".join(self.output))
        return self

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as lines:
            for line in lines:
                self.output.append(line)
                if line.strip() == "ready":
                    self._ready.set()
        self._ready.set()

    def __exit__(self, *exception: object) -> None:
        if self.process.poll() is not None:
            self.problems.append(f"the provider died with {self.process.returncode}")
        else:
            self.process.send_signal(signal.SIGTERM)
            try:
                status = self.process.wait(20)
                if status != 0:
                    self.problems.append(f"the provider ended with {status} after SIGTERM")
            except subprocess.TimeoutExpired:
                self.problems.append("the provider did not stop within 20 seconds of SIGTERM")
                self.process.kill()
                self.process.wait()
            left = [str(path.relative_to(self.runtime)) for path in self.runtime.rglob("*") if not path.is_dir()]
            if left:
                self.problems.append(f"left behind in the runtime directory: {left}")
        self._reader.join(5)
