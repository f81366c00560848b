#!/usr/bin/env python3
"""Call times of this tree beside those of peers, taken in turns on this machine; only the ratios travel to others.

Writes benches/results/latest.json: a row for each figure with ours, peer, ratio, what was expected, whether that was
met, and the samples, with the commit and the machine. docs/performance.md has the method.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benches import rows
from benches.installed import BENCHES, ROOT, build
from benches.measure import Row

#: What is measured, in this order; the packages that are built for it.
PARTS: dict[str, tuple[list[str], Callable[[int], list[Row]]]] = {
    "rust": (["hms-ffi-bench"], rows.rust),
    "pipelined": (["hms-ffi-bench"], rows.rust_pipelined),
    "scaling": (["hms-ffi-bench"], rows.rust_scaling),
    "python": (["hms-ffi-py"], rows.python),
    "awaited": (["hms-ffi-py"], rows.python_awaited),
    "node": (["hms-ffi-node"], rows.node),
    "go": (["hms-ffi-c"], rows.go),
}


def commit() -> str:
    described = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    return described.stdout.strip() or "unknown"


def machine() -> str:
    return f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} CPUs"


def figure(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:,.0f} {unit}" if unit == "calls/s" else f"{value:,.2f} {unit}"


def bound(row: Row) -> str:
    if row.expected is None:
        return ""
    return f"at least {row.expected:,.0f}" if row.ratio is None else f"at most {row.expected:.4f}"


def table(found: list[Row]) -> str:
    """The rows as text in columns."""
    lines = [("", "ours", "peer", "ratio", "expected", "")]
    for row in found:
        verdict = {None: "", True: "met", False: "MISSED"}[row.met]
        ratio = "" if row.ratio is None else f"{row.ratio:.4f}"
        lines.append((row.name, figure(row.ours, row.unit), figure(row.peer, row.unit), ratio, bound(row), verdict))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            text.ljust(width) if column in (0, 5) else text.rjust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", nargs="+", choices=list(PARTS), metavar="PART", help=", ".join(PARTS))
    options = parser.parse_args()
    chosen = options.only or list(PARTS)

    packages = {package: None for name in chosen for package in PARTS[name][0]}
    build(list(packages))
    started = time.monotonic()
    found: list[Row] = []
    failed: list[str] = []
    for name in chosen:
        print(f"measuring: {name}", file=sys.stderr, flush=True)
        try:
            found += PARTS[name][1](options.rounds)
        except (OSError, RuntimeError, ValueError, KeyError, subprocess.CalledProcessError) as error:
            # The others are worth having all the same.
            failed.append(f"{name}: {error} {getattr(error, 'stderr', None) or ''}".rstrip())
    folder = BENCHES / "results"
    folder.mkdir(exist_ok=True)
    about = {
        "commit": commit(),
        "machine": machine(),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
    results = [row.report() | about for row in found]
    (folder / "latest.json").write_text(json.dumps(results, indent=2) + "\n")
    print(table(found))
    missed = sum(row.met is False for row in found)
    print(f"\n{len(found)} figures, {missed} expectations missed, {time.monotonic() - started:.0f} s")
    for problem in failed:
        print(f"could not be measured: {problem}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
