#!/usr/bin/env python3
"""Call times of this tree beside those of peers, taken in turns on this machine; only the ratios travel to others.

Writes benches/results/latest.json: a list of name, ours, peer, ratio and unit, with the commit and the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

BENCHES = Path(__file__).resolve().parent
ROOT = BENCHES.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
# Ratios above these are worth a profile.
EXPECTED = {"rust": 1.5, "python": 1 / 20}


class Program:
    """A process that is spoken to line by line, and ends with its standard input."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *exception: object) -> None:
        if self.process.stdin:
            self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def line(self) -> str:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args!r} ended early")
        return line.strip()

    def round(self, calls: int) -> float:
        assert self.process.stdin
        print(calls, file=self.process.stdin, flush=True)
        return float(self.line())


def rust(rounds: int, calls: int) -> dict[str, Any]:
    command = [str(TARGET / "release" / "hms-ffi-bench"), str(rounds), str(calls)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def release_package(into: Path) -> Path:
    """The Python package with the extension of the release build: what users install."""
    shutil.copytree(ROOT / "packages/python/src/hms_ffi", into / "hms_ffi", ignore=shutil.ignore_patterns("*.so"))
    built = next(TARGET.glob("release/libhms_ffi_py.*[!d]"))
    shutil.copy(built, into / "hms_ffi" / "_native.abi3.so")
    return into


def python(rounds: int, calls: int) -> dict[str, Any]:
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hms-bench-")))
        package = release_package(scratch)
        environment = os.environ | {"PYTHONPATH": str(package), "HMS_RUNTIME_DIR": str(scratch / "runtime")}
        socket = str(scratch / "grpc")

        def start(script: str, *arguments: str) -> Program:
            return stack.enter_context(
                Program([sys.executable, str(BENCHES / "python" / script), *arguments], environment)
            )

        for provider in (start("ours.py", "serve"), start("peer.py", "serve", socket)):
            assert provider.line() == "ready"
        ours, peer = start("ours.py", "call"), start("peer.py", "call", socket)
        pairs = []
        for program in (ours, peer):
            program.round(1000)
        for index in range(rounds):
            # Who begins alternates, so that neither profits from its place.
            times = {}
            for program in (ours, peer) if index % 2 == 0 else (peer, ours):
                times[program] = program.round(calls)
            pairs.append((times[ours], times[peer]))
    return {
        "name": "64-byte echo, Python to Python, against grpcio over a Unix socket",
        "ours": round(statistics.median(ours for ours, _ in pairs), 2),
        "peer": round(statistics.median(peer for _, peer in pairs), 2),
        "ratio": round(statistics.median(ours / peer for ours, peer in pairs), 4),
        "unit": "us",
    }


def commit() -> str:
    described = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    return described.stdout.strip() or "unknown"


def machine() -> str:
    return f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} CPUs"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=20_000, help="calls of a round")
    parser.add_argument("--only", choices=("rust", "python"))
    options = parser.parse_args()

    packages = {"rust": "hms-ffi-bench", "python": "hms-ffi-py"}
    chosen = [name for name in packages if options.only in (None, name)]
    build = ["cargo", "build", "--quiet", "--release"]
    for name in chosen:
        build += ["-p", packages[name]]
    subprocess.run(build, cwd=ROOT, check=True, stdin=subprocess.DEVNULL)

    results = []
    for name in chosen:
        result = {"rust": rust, "python": python}[name](options.rounds, options.calls)
        result |= {"expected": round(EXPECTED[name], 3), "commit": commit(), "machine": machine()}
        results.append(result)
        verdict = "as expected" if result["ratio"] <= EXPECTED[name] else "more than expected"
        print(
            f"{result['name']}: {result['ours']} {result['unit']}, peer {result['peer']} {result['unit']}, "
            f"ratio {result['ratio']} ({verdict}: at most {EXPECTED[name]:.3g})",
            flush=True,
        )
    folder = BENCHES / "results"
    folder.mkdir(exist_ok=True)
    (folder / "latest.json").write_text(json.dumps(results, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
