#!/usr/bin/env python3
"""The soak: callers in several languages, three providers, one of which is killed every few seconds and replaced.

Writes target/soak.json and ends with 1 if an idempotent call was lost, another was executed twice, an answer was wrong,
or memory or descriptors of a caller grow. README.md beside this file says what that means.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.matrix.programs import runtime_directory
from tests.soak import verdict
from tests.soak.callers import Caller, attempts, merged
from tests.soak.fleet import CALLERS, ROOT, TARGET, Fleet, build, environment

KEPT_COMPLAINTS = 200


class Soak:
    """One run."""

    def __init__(self, runtime: Path, ledger: Path, options: argparse.Namespace) -> None:
        env = environment(runtime, ledger, options.seed)
        self.options = options
        self.runtime = runtime
        self.ledger = ledger
        self.fleet = Fleet(env, options.seed)
        self.callers: list[Caller] = []
        self.problems: list[str] = []
        self._env = env
        self._over = threading.Event()
        self._killer = threading.Thread(target=self._kill_now_and_then)

    def run(self) -> dict[str, Any]:
        try:
            return self._run()
        finally:
            # Nothing outlives the run, however it ends.
            self._over.set()
            if self._killer.is_alive():
                self._killer.join()
            for program in [*self.fleet.running, *(caller.program for caller in self.callers)]:
                if program.process.poll() is None:
                    program.process.kill()

    def _run(self) -> dict[str, Any]:
        for _ in range(Fleet.SIZE):
            self.fleet.start()
        self.callers = [Caller(name, self._env) for name in self.options.callers]
        started = time.monotonic()
        self._killer.start()
        self._watch(started + self.options.duration)
        seconds = time.monotonic() - started
        self._over.set()
        self._killer.join()
        self._stop()
        return self._report(seconds)

    def _kill_now_and_then(self) -> None:
        start = time.monotonic()
        every = {self.fleet.kill_one: self.options.kill_every, self.fleet.let_one_leave: self.options.leave_every}
        due = {act: start + seconds for act, seconds in every.items() if seconds}
        while due:
            act = min(due, key=lambda act: due[act])
            if self._over.wait(max(0.0, due[act] - time.monotonic())):
                return
            due[act] = max(due[act] + every[act], time.monotonic())
            act()

    def _watch(self, until: float) -> None:
        """Samples every second, and says now and then how it goes."""
        interval = min(1.0, self.options.duration / 40)
        printed = time.monotonic()
        while time.monotonic() < until:
            time.sleep(interval)
            for caller in self.callers:
                caller.sample()
                if caller.program.process.poll() is not None:
                    self.problems.append(f"{caller.program.name} ended early: {caller.program.complaints[-5:]}")
                    return
            if time.monotonic() - printed >= self.options.print_every:
                printed = time.monotonic()
                self._print_progress(until - printed)

    def _print_progress(self, left: float) -> None:
        calls = sum(caller.calls for caller in self.callers)
        lost = sum(caller.lost for caller in self.callers)
        use = " ".join(
            f"{caller.name} {caller.samples[-1].rss >> 20} MiB/{caller.samples[-1].descriptors} fds"
            for caller in self.callers
            if caller.samples
        )
        print(f"{left:4.0f} s left: {calls} calls, {lost} lost, {self.fleet.kills} kills; {use}", flush=True)

    def _stop(self) -> None:
        """Callers end their calls while all others still serve, then providers and callers end."""
        for caller in self.callers:
            if caller.program.process.poll() is None:
                caller.stop_calling()
        # The longest that a call may take, and a little.
        patience = time.monotonic() + 45
        while not all(caller.finished for caller in self.callers) and time.monotonic() < patience:
            time.sleep(0.05)
        for caller in self.callers:
            if not caller.finished:
                self.problems.append(f"{caller.program.name} did not finish its calls")
        self.fleet.stop()
        for caller in self.callers:
            caller.close()
        for caller in self.callers:
            problem = caller.program.end()
            if problem:
                self.problems.append(problem)

    def _report(self, seconds: float) -> dict[str, Any]:
        ends, latency, slowest = merged(self.callers)
        executed = verdict.executions(self.ledger)
        memory = {c.name: verdict.memory([s.rss for s in c.samples]) for c in self.callers if c.samples}
        descriptors = {
            c.name: verdict.descriptors([s.descriptors for s in c.samples]) for c in self.callers if c.samples
        }
        complaints = [f"{c.program.name}: {line}" for c in self.callers for line in c.program.complaints]
        complaints += self.fleet.complaints
        left = [str(path.relative_to(self.runtime)) for path in self.runtime.rglob("*") if not path.is_dir()]
        return {
            "seconds": round(seconds, 1),
            "calls": sum(ends.values()),
            "lost": sum(caller.lost for caller in self.callers),
            "duplicated": len(executed.duplicated),
            "kills": self.fleet.kills,
            "leaves": self.fleet.leaves,
            "memory": {name: use.report() for name, use in memory.items()}
            | {"all": verdict.total(memory.values()).report()},
            "descriptors": {name: use.report() for name, use in descriptors.items()}
            | {"all": verdict.total(descriptors.values()).report()},
            "milliseconds": {
                "p50": verdict.percentile(latency, 0.5),
                "p99": verdict.percentile(latency, 0.99),
                "p99.9": verdict.percentile(latency, 0.999),
                "max": round(slowest * 1000, 1),
            },
            "attempts": attempts(self.callers),
            "ends": dict(sorted(ends.items())),
            "callers": {caller.name: caller.calls for caller in self.callers},
            "providers": self.fleet.started,
            "not_idempotent": {
                "answered_but_not_executed": executed.missing[:20],
                "not_sent_but_executed": executed.denied[:20],
                "executed_twice": executed.duplicated[:20],
                "unanswered_executed": executed.unknown_executed,
                "unanswered_not_executed": executed.unknown_not_executed,
            },
            "left_in_runtime_directory": len(left),
            "problems": self.problems + self.fleet.problems,
            "complaints": complaints[:KEPT_COMPLAINTS],
            "seed": self.options.seed,
            "kill_every": self.options.kill_every,
            "commit": commit(),
            "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
            "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        }


def failures(report: dict[str, Any]) -> list[str]:
    """Why the run has failed; nothing if it has passed."""
    found = [f"{report[name]} {name}" for name in ("lost", "duplicated") if report[name]]
    for name in ("answered_but_not_executed", "not_sent_but_executed"):
        if report["not_idempotent"][name]:
            found.append(f"{name.replace('_', ' ')}: {report['not_idempotent'][name]}")
    # Within less, garbage collectors have not yet found how much they want.
    judged = ("memory", "descriptors") if report["seconds"] >= verdict.SECONDS_TO_JUDGE_MEMORY else ("descriptors",)
    for what in judged:
        for name, use in report[what].items():
            if use["grows"]:
                found.append(f"{what} of {name} grow: {use['start']} to {use['end']}")
    if not report["calls"]:
        found.append("no calls")
    if not report["kills"] and report["kill_every"] and report["seconds"] > 2 * report["kill_every"]:
        found.append("no kills")
    return found + report["problems"]


def commit() -> str:
    described = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    return described.stdout.strip() or "unknown"


def end_in_order(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    signal.signal(signal.SIGTERM, end_in_order)
    parser = argparse.ArgumentParser(description=__doc__)
    duration = float(os.environ.get("DURATION") or 600)
    parser.add_argument("--duration", type=float, default=duration, help="seconds; also DURATION")
    parser.add_argument("--kill-every", type=float, default=5.0, metavar="SECONDS", help="0 for never")
    parser.add_argument("--leave-every", type=float, default=17.0, metavar="SECONDS", help="0 for never")
    parser.add_argument("--print-every", type=float, default=10.0, metavar="SECONDS")
    parser.add_argument("--callers", nargs="+", choices=list(CALLERS), default=list(CALLERS))
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    options = parser.parse_args()

    build()
    print(f"soak: {options.duration:.0f} s, seed {options.seed}", flush=True)
    with runtime_directory() as runtime, tempfile.TemporaryDirectory(prefix="soak-") as ledger:
        report = Soak(runtime, Path(ledger), options).run()
    report["failures"] = failures(report)
    TARGET.mkdir(exist_ok=True)
    path = TARGET / "soak.json"
    path.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    shown = ("calls", "lost", "duplicated", "kills", "leaves", "attempts", "milliseconds")
    for name in (*shown, "memory", "descriptors", "not_idempotent"):
        print(f"{name}: {json.dumps(report[name])}")
    for line in report["complaints"][:20]:
        print(f"  {line}")
    for failure in report["failures"]:
        print(f"failed: {failure}")
    print(f"soak: {int(not report['failures'])} passed, {len(report['failures'])} failed")
    return 1 if report["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
