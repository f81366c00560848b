"""The programs of the soak: how they are built and started, and how providers are killed and replaced."""

from __future__ import annotations

import os
import queue
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.matrix.programs import NOT_INHERITED

ROOT = Path(__file__).resolve().parents[2]
SOAK = ROOT / "tests" / "soak"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))

PROVIDERS = {
    "rust": [str(TARGET / "debug" / "soak-provider")],
    "python": [sys.executable, str(SOAK / "python" / "provider.py")],
    "go": [str(TARGET / "soak" / "provider")],
    "node": ["node", str(SOAK / "node" / "provider.mjs")],
}
# Threads, goroutines, promises at once. V8 lets its young generation grow for minutes, which would hide what leaks.
CALLERS = {
    "rust": [str(TARGET / "debug" / "soak-caller"), "rust", "4"],
    "python": [sys.executable, "-X", "dev", str(SOAK / "python" / "caller.py"), "python", "4"],
    "asyncio": [sys.executable, "-X", "dev", str(SOAK / "python" / "caller_async.py"), "asyncio", "4"],
    "go": [str(TARGET / "soak" / "caller"), "go", "8"],
    "node": ["node", "--max-semi-space-size=4", str(SOAK / "node" / "caller.mjs"), "node", "8"],
}


def build() -> None:
    """What the build of the libraries does not make."""
    subprocess.run(["cargo", "build", "--quiet", "-p", "hms-ffi-soak"], cwd=ROOT, check=True, stdin=subprocess.DEVNULL)
    (TARGET / "soak").mkdir(parents=True, exist_ok=True)
    go = ["go", "build", "-o", f"{TARGET / 'soak'}/", "./provider", "./caller"]
    subprocess.run(go, cwd=SOAK / "go", check=True, stdin=subprocess.DEVNULL)


def environment(runtime: Path, ledger: Path, seed: int) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    return inherited | {"HMS_RUNTIME_DIR": str(runtime), "SOAK_LEDGER": str(ledger), "SOAK_SEED": str(seed)}


class Program:
    """A process whose lines are read as they come; `heard` gets each line of its standard output."""

    def __init__(self, name: str, command: list[str], env: dict[str, str], heard: Callable[[str], None]) -> None:
        self.name = name
        self.started = time.monotonic()
        self.complaints: list[str] = []
        self.process = subprocess.Popen(
            command,
            env=env,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        assert self.process.stdout
        assert self.process.stderr
        self._readers = [
            threading.Thread(target=self._read, args=(self.process.stdout, heard), daemon=True),
            threading.Thread(target=self._read, args=(self.process.stderr, self.complaints.append), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @staticmethod
    def _read(lines: Iterable[str], heard: Callable[[str], None]) -> None:
        for line in lines:
            heard(line.rstrip("\n"))

    @property
    def pid(self) -> int:
        return self.process.pid

    def say(self, line: str) -> None:
        assert self.process.stdin
        print(line, file=self.process.stdin, flush=True)

    def end(self, patience: float = 20) -> str | None:
        """Waits for it to end by itself; what was wrong with that."""
        try:
            status = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            return f"{self.name} ({self.pid}) did not end within {patience:.0f} seconds"
        for reader in self._readers:
            reader.join(5)
        return None if status == 0 else f"{self.name} ({self.pid}) ended with {status}"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join(5)


class Fleet:
    """The providers: three of them, of which one is killed and replaced now and then. Languages take turns."""

    SIZE = 3
    PATIENCE = 60

    def __init__(self, env: dict[str, str], seed: int) -> None:
        self._env = env
        self._dice = random.Random(seed)
        self._next = list(PROVIDERS)
        self.running: list[Program] = []
        self.kills = 0
        self.leaves = 0
        self.started: dict[str, int] = dict.fromkeys(PROVIDERS, 0)
        self.problems: list[str] = []
        self.complaints: list[str] = []

    def start(self) -> None:
        """One more; returns when callers can find it."""
        language = self._next.pop(0)
        self._next.append(language)
        said: queue.Queue[str] = queue.Queue()
        program = Program(f"{language} provider", PROVIDERS[language], self._env, said.put)
        self.running.append(program)
        self.started[language] += 1
        try:
            said.get(timeout=self.PATIENCE)
        except queue.Empty:
            self.problems.append(f"{program.name} did not get ready: {program.complaints[-5:]}")

    def kill_one(self) -> None:
        """Kills one, and starts another once it is dead."""
        victim = self._choose()
        victim.kill()
        self.kills += 1
        self._keep_complaints(victim)
        self.start()

    def let_one_leave(self) -> None:
        """Starts one, and tells another to leave in order."""
        victim = self._choose()
        self.start()
        self.leaves += 1
        victim.process.terminate()
        self._end(victim)

    def _choose(self) -> Program:
        victim = self._dice.choice(self.running)
        self.running.remove(victim)
        if victim.process.poll() is not None:
            self.problems.append(f"{victim.name} had ended by itself with {victim.process.returncode}")
        return victim

    def _end(self, program: Program) -> None:
        """Waits for one that was told to end."""
        problem = program.end()
        if problem:
            self.problems.append(problem)
        self._keep_complaints(program)

    def stop(self) -> None:
        """Ends all in order."""
        for program in self.running:
            program.process.terminate()
        for program in self.running:
            self._end(program)

    def _keep_complaints(self, program: Program) -> None:
        self.complaints += [f"{program.name}: {line}" for line in program.complaints]
