"""Processes that fork, die, are interrupted and end."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import hms_ffi as hms
import pytest

PROVIDER = """
import os, sys, time, threading, hms_ffi as hms
component = hms.Component("hms:claims/adjudication", wit="wit/claims.wit")
busy = threading.Event()

@component.export
def adjudicate(claim):
    if claim.id == "hold":
        print("held")
        while not hms.current_call().cancelled:
            time.sleep(0.001)
        print("released")
    if claim.id == "fork":
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
    return component.types.Decision(claim=str(os.getpid()), status="denied", paid=0)

def say():
    print("ready")
"""

SERVE = (
    PROVIDER
    + """
threading.Timer(0, say).start()
component.serve()
print("ended")
"""
)

# Says that it is ready when it is: within a `with` block the component serves.
WITH = (
    PROVIDER
    + """
with component:
    say()
    sys.stdin.readline()
print("ended")
"""
)


def ready(process: Any) -> Any:
    assert process.stdout.readline() == "ready\n", process.stderr.read()
    return process


def test_killed_in_mid_call(program: Any, claim: dict[str, Any], connect_soon: Any) -> None:
    provider = ready(program(WITH))
    with hms.connect("hms:claims/adjudication") as claims:
        # A forked child that idles keeps the killed parent's sockets open.
        claims.adjudicate(claim | {"id": "fork"})

        import threading

        def kill() -> None:
            assert provider.stdout.readline() == "held\n"
            killed.append(time.monotonic())
            provider.kill()

        killed: list[float] = []
        killer = threading.Thread(target=kill)
        killer.start()
        with pytest.raises(hms.Unavailable) as caught:
            claims.adjudicate(claim | {"id": "hold"}, timeout=None)
        assert time.monotonic() - killed[0] < 1
        assert caught.value.sent == "maybe-executed"
        killer.join()
        with pytest.raises(hms.Unavailable) as caught:
            claims.adjudicate(claim, timeout=5)
        assert caught.value.sent == "not-sent"
        again = ready(program(WITH))
        assert claims.adjudicate(claim).claim == str(again.pid)


FORK = """
import os, sys, hms_ffi as hms
claim = {"id": "c1", "patient": "", "lines": [], "diagnoses": [], "tags": {}, "submitted": hms.Timestamp.now()}
claims = hms.connect("hms:claims/adjudication")
first = claims.adjudicate(claim).claim
child = os.fork()
assert claims.adjudicate(claim).claim == first
# A client that is made before the fork and one that is made after it.
with hms.connect("hms:claims/adjudication") as other:
    assert other.adjudicate(claim).claim == first
if child == 0:
    sys.exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
assert claims.adjudicate(claim).claim == first
print("both called")
"""


def test_fork_of_a_caller(program: Any) -> None:
    ready(program(WITH))
    assert program(FORK).communicate(timeout=30) == ("both called\n", "")


FORKED_PROVIDER = (
    PROVIDER
    + """
with component:
    claims = hms.connect("hms:claims/adjudication")
    claim = {"id": "", "patient": "", "lines": [], "diagnoses": [], "tags": {}, "submitted": hms.Timestamp.now()}
    assert claims.adjudicate(claim).claim == str(os.getpid())
    child = os.fork()
    if child == 0:
        # What the parent serves is not served here; a component may be served anew.
        with hms.Component("hms:claims/adjudication", wit="wit/claims.wit", exports={
            "adjudicate": lambda claim: component.types.Decision(claim="child", status="denied", paid=0),
        }):
            found = {hms.connect("hms:claims/adjudication").adjudicate(claim).claim for _ in range(20)}
            assert "child" in found, found
        os._exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
    assert claims.adjudicate(claim).claim == str(os.getpid())
print("ended")
"""
)


def test_fork_of_a_provider(program: Any) -> None:
    assert program(FORKED_PROVIDER).communicate(timeout=30) == ("ended\n", "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_ends_with_a_signal(program: Any, number: int, connect_soon: Any, claim: dict[str, Any]) -> None:
    provider = ready(program(SERVE))
    with connect_soon("hms:claims/adjudication") as claims:
        assert claims.adjudicate(claim).claim == str(provider.pid)
        provider.send_signal(number)
        assert provider.communicate(timeout=30) == ("ended\n", "")
        assert provider.returncode == 0
    with pytest.raises(hms.Unavailable):
        hms.connect("hms:claims/adjudication", timeout=0.2)


STOPPED_AT_ONCE = (
    PROVIDER
    + """
import pathlib, signal
def stop_when_found():
    directory = pathlib.Path(os.environ["HMS_RUNTIME_DIR"])
    while not list(directory.glob("*/*.json")):
        pass
    os.kill(os.getpid(), signal.SIGTERM)

threading.Thread(target=stop_when_found).start()
component.serve()
print("ended")
"""
)


def test_a_signal_as_soon_as_callers_can_find_it_ends_serve(program: Any) -> None:
    provider = program(STOPPED_AT_ONCE)
    assert provider.communicate(timeout=30) == ("ended\n", "")
    assert provider.returncode == 0


CALLER = """
import sys, hms_ffi as hms
claim = {"id": "hold", "patient": "", "lines": [], "diagnoses": [], "tags": {}, "submitted": hms.Timestamp.now()}
claims = hms.connect("hms:claims/adjudication")
try:
    claims.adjudicate(claim, timeout=None)
except KeyboardInterrupt:
    print("interrupted")
print(claims.adjudicate(claim | {"id": ""}).claim)
"""


def test_interrupt_in_mid_call(program: Any) -> None:
    provider = ready(program(WITH))
    caller = program(CALLER)
    assert provider.stdout.readline() == "held\n"
    caller.send_signal(signal.SIGINT)
    assert caller.communicate(timeout=30) == (f"interrupted\n{provider.pid}\n", "")
    assert provider.stdout.readline() == "released\n"


EXITS = (
    PROVIDER
    + """
component.__enter__()
claims = hms.connect("hms:claims/adjudication")
raise SystemExit(5)
"""
)


def test_exit_while_serving(program: Any) -> None:
    process = program(EXITS)
    assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 5


def test_a_signal_handler_runs_in_mid_call(program: Any) -> None:
    provider = ready(program(WITH))
    handler = "import signal; signal.signal(signal.SIGUSR1, lambda *_: print('handled'))"
    caller = program(handler + CALLER)
    assert provider.stdout.readline() == "held\n"
    caller.send_signal(signal.SIGUSR1)
    # A handler that raises nothing lets the call go on.
    assert caller.stdout.readline() == "handled\n"
    caller.send_signal(signal.SIGINT)
    assert caller.communicate(timeout=30) == (f"interrupted\n{provider.pid}\n", "")


MEMORY = """
import sys, hms_ffi as hms
warm, calls, allowed = (int(arg) for arg in sys.argv[1:])
claim = {
    "id": "c1", "patient": "p1", "diagnoses": ["a", "b"], "tags": {"k": "v"}, "submitted": hms.Timestamp.now(),
    "lines": [{"code": "A", "units": 1, "charge": "1.10"}] * 5,
}
wrong = claim | {"id": "refuse"}
claims = hms.connect("hms:claims/adjudication")

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

def run(count):
    for number in range(count):
        if number % 100 == 99:
            try:
                claims.adjudicate(wrong)
            except hms.DeclaredError:
                continue
            raise AssertionError
        claims.adjudicate(claim)

run(warm)
before = resident()
run(calls - warm)
grown = resident() - before
print(f"{calls} calls: {grown / 2**20:.2f} MiB more than after {warm}")
sys.exit(grown > allowed * 2**20)
"""

ADJUDICATOR = """
import sys, hms_ffi as hms
component = hms.Component("hms:claims/adjudication", wit="wit/claims.wit")
T = component.types

@component.export
def adjudicate(claim):
    if claim.id == "refuse":
        raise hms.DeclaredError(T.Denial.NotCovered("no lines"))
    return T.Decision(claim=claim.id, status=T.Status.APPROVED, paid=sum(line.charge for line in claim.lines))

with component:
    print("ready")
    sys.stdin.readline()
"""


def measure_memory(program: Any, warm: int, calls: int) -> None:
    """Resident memory stays within 2 MiB, also with an error at each hundredth call."""
    ready(program(ADJUDICATOR, options=()))
    caller = program(MEMORY, str(warm), str(calls), "2", options=())
    out, err = caller.communicate()
    print(out)
    assert caller.returncode == 0, out + err


def test_memory_of_many_calls(program: Any) -> None:
    measure_memory(program, 10_000, 50_000)


@pytest.mark.skipif("HMS_LONG_TESTS" not in os.environ, reason="part of make test-all: HMS_LONG_TESTS=1")
def test_memory_of_a_million_calls(program: Any) -> None:
    measure_memory(program, 100_000, 1_000_000)
