"""What is measured: each function makes the rows of one program, ours and the peer in turns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benches.installed import BENCHES, ROOT, TARGET, node_package, python_package
from benches.measure import Program, Row, compared, in_turns

Start = Callable[..., Program]
RUST = str(TARGET / "release" / "hms-ffi-bench")


@contextmanager
def programs(package: Callable[[Path], dict[str, str]]) -> Iterator[tuple[Start, str]]:
    """Starts programs that meet in a runtime directory of their own, and end with the block; and a path for the peer's
    socket. `package` puts what users install into a folder and gives the variables that lead there."""
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hms-bench-")))
        environment = os.environ | {"HMS_RUNTIME_DIR": str(scratch / "runtime")} | package(scratch)

        def start(*command: str) -> Program:
            return stack.enter_context(Program(list(command), environment))

        yield start, str(scratch / "grpc")


def ready(program: Program) -> Program:
    said = program.line()
    if said != "ready":
        raise RuntimeError(f"{program.process.args!r} said {said!r}")
    return program


def rust(rounds: int) -> list[Row]:
    """One call at a time, beside a socket that does nothing else."""
    command = [RUST, str(rounds), "20000"]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return [Row(found["name"], found["unit"], found["ours"], found["peer"], found["ratio"], expected=1.5)]


def rust_pipelined(rounds: int) -> list[Row]:
    """Many calls open on one link."""
    command = [RUST, "pipelined", str(rounds), "1000"]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    name = f"Rust to Rust, one link, {found['in_flight']} calls open"
    rows = [Row(name, "calls/s", round(found["calls_per_second"]), expected=500_000)]
    # What others do on the machine takes calls a second away, and hardly changes these.
    for side in ("caller", "provider"):
        rows.append(Row(f"  processor time of a call, {side}", "us", round(found[f"{side}_cpu_us"], 2)))
    return rows


def rust_scaling(rounds: int) -> list[Row]:
    """1, 2 and 4 callers, 1 and 2 providers, each a process."""
    command = [RUST, "scaling", str(rounds), "500"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    rows = []
    for found in map(json.loads, lines):
        callers, providers = found["callers"], found["providers"]
        name = f"Rust, {callers} caller{'s' * (callers > 1)}, {providers} provider{'s' * (providers > 1)}"
        rows.append(Row(name, "calls/s", round(found["calls_per_second"])))
    return rows


def python(rounds: int) -> list[Row]:
    """One call at a time."""
    return python_row("Python, one call, against grpcio", ("ours.py", "peer.py"), rounds, (10_000, 2000), 1 / 20)


def python_awaited(rounds: int) -> list[Row]:
    """64 awaited at once."""
    name = "Python, 64 awaited, against grpcio.aio"
    return python_row(name, ("ours_async.py", "peer_async.py"), rounds, (40_000, 4000), 1 / 30)


def python_row(name: str, scripts: tuple[str, str], rounds: int, calls: tuple[int, int], expected: float) -> list[Row]:
    def package(scratch: Path) -> dict[str, str]:
        return {"PYTHONPATH": str(python_package(scratch))}

    folder = BENCHES / "python"
    ours, peer = (str(folder / script) for script in scripts)
    with programs(package) as (start, socket):
        ready(start(sys.executable, str(folder / "ours.py"), "serve"))
        ready(start(sys.executable, peer, "serve", socket))
        ours_calls, peer_calls = start(sys.executable, ours, "call"), start(sys.executable, peer, "call", socket)
        return [in_turns(name, ours_calls, peer_calls, rounds, calls, expected)]


def node(rounds: int) -> list[Row]:
    """64 awaited at once."""

    def package(scratch: Path) -> dict[str, str]:
        return {"HMS_FFI_PACKAGE": str(node_package(scratch))}

    ours, peer = str(BENCHES / "node" / "ours.mjs"), str(BENCHES / "node" / "peer.mjs")
    with programs(package) as (start, socket):
        ready(start("node", ours, "serve"))
        ready(start("node", peer, "serve", socket))
        ours_calls, peer_calls = start("node", ours, "call"), start("node", peer, "call", socket)
        name = "Node, 64 awaited, against @grpc/grpc-js"
        return [in_turns(name, ours_calls, peer_calls, rounds, (40_000, 10_000), 1 / 20)]


def go(rounds: int) -> list[Row]:
    """One call at a time, and 64 at once."""
    built = subprocess.run([str(BENCHES / "go" / "build.sh")], cwd=ROOT, check=True, capture_output=True, text=True)
    program = built.stdout.splitlines()[-1]
    command = [program, "-rounds", str(rounds), "-calls", "20000"]
    found = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    expected = {1: None, 64: 1 / 2}
    rows = []
    for figure in found:
        in_flight = figure["in_flight"]
        name = f"Go, {in_flight} in flight, against grpc-go"
        rows.append(compared(name, figure["samples"], expected[in_flight]))
    return rows
