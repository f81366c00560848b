#!/usr/bin/env python3
"""The matrix: every caller of the conformance suite against every provider, each pair with a runtime directory of its
own.

Pairs what exists in tests/conformance, prints one line a pair and every failed case, writes target/matrix.json.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.matrix.programs import ROOT, SUITE, Language, Provider, environment, languages, runtime_directory

# Everything else has to work everywhere.
MAY_BE_ABSENT = {"stream", "resource", "topic"}
CALLER_TIMEOUT = 180


@dataclass
class Pair:
    """What one caller found with one provider."""

    caller: str
    provider: str
    passed: int = 0
    failed: int = 0
    absent: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    output: str = ""
    seconds: float = 0.0

    def fail(self, problem: str) -> None:
        self.failed += 1
        self.problems.append(problem)


def read_cases() -> list[str]:
    lines = (SUITE / "cases.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def judge(pair: Pair, output: str, status: int, cases: list[str]) -> None:
    """Counts the caller's lines; every case must be there once, in order."""
    seen = []
    for line in output.splitlines():
        word, _, rest = line.partition(" ")
        if line.startswith("not ok "):
            name, _, why = line.removeprefix("not ok ").partition(": ")
            seen.append(name)
            pair.fail(f"{name}: {why}")
        elif word == "ok" and rest:
            seen.append(rest)
            pair.passed += 1
        elif word == "absent" and rest:
            seen.append(rest)
            pair.absent.append(rest)
            if rest not in MAY_BE_ABSENT:
                pair.fail(f"{rest}: may not be absent")
    if seen != cases:
        missing = [name for name in cases if name not in seen]
        strange = [name for name in seen if name not in cases]
        pair.fail(f"the cases are not those of cases.txt: missing {missing}, unknown {strange}, or another order")
    if status != (1 if any(line.startswith("not ok ") for line in output.splitlines()) else 0):
        pair.fail(f"the caller ended with {status}")


def run_pair(caller: Language, provider: Language, cases: list[str]) -> Pair:
    pair = Pair(caller.name, provider.name)
    started = time.monotonic()
    with runtime_directory() as runtime:
        serving = Provider(provider, runtime)
        try:
            with serving:
                finished = subprocess.run(
                    caller.command("caller"),
                    env=environment(runtime),
                    cwd=ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    errors="replace",
                    timeout=CALLER_TIMEOUT,
                )
            pair.output = finished.stdout
            judge(pair, finished.stdout, finished.returncode, cases)
        except subprocess.TimeoutExpired as expired:
            text = expired.stdout or b""
            pair.output = text.decode(errors="replace") if isinstance(text, bytes) else text
            last = pair.output.strip().splitlines()[-1:] or ["nothing"]
            pair.fail(f"the caller did not end within {CALLER_TIMEOUT} seconds; last it said: {last[0]}")
        except (OSError, RuntimeError) as error:
            pair.fail(str(error))
        for problem in serving.problems:
            pair.fail(problem)
        if serving.problems or pair.failed:
            pair.output += "".join(f"provider: {line}" for line in serving.output if line.strip() != "ready")
    pair.seconds = time.monotonic() - started
    return pair


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", nargs="*", help="only these, as caller-provider: python-go", metavar="PAIR")
    parser.add_argument("--jobs", type=int, default=2, help="pairs at the same time")
    parser.add_argument("--verbose", action="store_true", help="print what the programs print")
    options = parser.parse_args()

    cases = read_cases()
    found = languages()
    pairs = [(caller, provider) for caller in found for provider in found]
    if options.pairs:
        pairs = [pair for pair in pairs if f"{pair[0].name}-{pair[1].name}" in options.pairs]
    for language in {language.name: language for pair in pairs for language in pair}.values():
        language.prepare()

    print(f"{len(cases)} cases, {len(pairs)} pairs of {', '.join(language.name for language in found)}", flush=True)
    results: list[Pair] = []
    with concurrent.futures.ThreadPoolExecutor(max(1, options.jobs)) as pool:
        for future in [pool.submit(run_pair, caller, provider, cases) for caller, provider in pairs]:
            pair = future.result()
            results.append(pair)
            verdict = "ok    " if pair.failed == 0 else "FAILED"
            counts = f"{pair.passed} passed, {pair.failed} failed, {len(pair.absent)} absent"
            print(f"{verdict} {pair.caller:>6} calls {pair.provider:<6} {counts} ({pair.seconds:.1f} s)", flush=True)
            for problem in pair.problems:
                print(f"         {problem}", flush=True)
            if options.verbose:
                print(pair.output, flush=True)

    keep = ("caller", "provider", "passed", "failed", "absent")
    report = [{name: getattr(pair, name) for name in keep} for pair in results]
    (ROOT / "target").mkdir(exist_ok=True)
    (ROOT / "target" / "matrix.json").write_text(json.dumps(report, indent=2) + "\n")
    green = sum(pair.failed == 0 for pair in results)
    print(f"{green} of {len(results)} pairs")
    print(f"matrix: {sum(pair.passed for pair in results)} passed, {sum(pair.failed for pair in results)} failed")
    return 0 if green == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
