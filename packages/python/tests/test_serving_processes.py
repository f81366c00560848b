"""One component in several processes."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import hms_ffi as hms
import pytest

ECHO = "test:echo/echo"

PROVIDER = """
import os, sys, time, hms_ffi as hms
component = hms.Component("test:echo/echo", wit="wit/echo.wit", workers=2)

@component.export
def echo(value):
    if value == 13:
        os._exit(5)
    return os.getpid()

@component.export
def hold(value):
    print("held", flush=True)
    while not hms.current_call().cancelled and value:
        time.sleep(0.001)
        value -= 1
    return os.getpid()

@component.export
def refuse(value):
    return os.getppid()

@component.export
def deny(value): ...

component.serve(processes=int(sys.argv[1]), grace=float(sys.argv[2]))
print("ended")
"""


def eventually(condition: Callable[[], Any]) -> Any:
    """What the condition gives once it is true."""
    until = time.monotonic() + 30
    while not (found := condition()):
        assert time.monotonic() < until
        time.sleep(0.005)
    return found


def instances(runtime: Any) -> int:
    return len(list(runtime.glob("*/*.json")))


def pids() -> set[int]:
    """The processes that answer; each connect takes any two instances."""
    found = set()
    with contextlib.suppress(hms.HmsError), hms.connect(ECHO, timeout=5) as client:
        found = {client.echo(n) for n in range(4)}
    return found


def different(count: int, apart_from: set[int] | None = None) -> set[int]:
    """So many processes that answer, others than these."""
    found: set[int] = set()

    def look() -> bool:
        found.update(pids() - (apart_from or set()))
        return len(found) >= count

    eventually(look)
    return found


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def provider(program: Any, runtime: Any) -> Callable[..., Any]:
    def start(processes: int, grace: float = 10.0) -> Any:
        started = program(PROVIDER, str(processes), str(grace), options=())
        eventually(lambda: instances(runtime) == processes or started.poll() is not None)
        return started

    return start


def test_each_process_is_an_instance(provider: Any, runtime: Any) -> None:
    parent = provider(3)
    children = different(3)
    assert parent.pid not in children
    with hms.connect(ECHO) as client:
        assert client.refuse(0) == parent.pid
    parent.terminate()
    assert parent.communicate(timeout=30) == ("ended\n", "")
    assert parent.returncode == 0
    assert not any(map(is_alive, children))
    assert instances(runtime) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_drain_all_processes(provider: Any, number: int) -> None:
    parent = provider(2)
    with hms.connect(ECHO) as client:
        results: list[Any] = []
        calls = [threading.Thread(target=lambda: results.append(client.hold(300))) for _ in range(4)]
        for call in calls:
            call.start()
        for _ in calls:
            assert parent.stdout.readline() == "held\n"
        # As a terminal does: the whole group gets it.
        os.killpg(parent.pid, number) if number == signal.SIGINT else parent.send_signal(number)
        for call in calls:
            call.join()
        assert len(results) == 4
    assert parent.communicate(timeout=30) == ("ended\n", "")


def test_a_child_that_dies_is_replaced(provider: Any, runtime: Any) -> None:
    parent = provider(2)
    before = different(2)
    with hms.connect(ECHO, retries=0) as client, pytest.raises(hms.Unavailable):
        client.echo(13)
    (second,) = different(1, before)
    eventually(lambda: sum(map(is_alive, before)) == 1)
    os.kill(second, signal.SIGKILL)
    different(1, before | {second})
    parent.terminate()
    assert parent.communicate(timeout=30) == ("ended\n", "")


def test_children_end_with_their_parent(provider: Any, runtime: Any) -> None:
    parent = provider(2)
    children = different(2)
    parent.kill()
    parent.wait()
    eventually(lambda: not any(map(is_alive, children)))
    assert instances(runtime) == 0


FAILING = """
import hms_ffi as hms
from hms_ffi import _processes
_processes._PAUSE = 0.001
def fail(*args): raise RuntimeError("no luck")
try:
    _processes.serve(2, fail, 1.0)
except hms.Unavailable as error:
    print(error)
"""


def test_children_that_always_fail_are_given_up(program: Any) -> None:
    out, err = program(FAILING).communicate(timeout=30)
    assert out == "10 processes in a row ended as soon as they were started\n"
    assert "no luck" in err


def test_only_the_main_thread_looks_after_processes() -> None:
    component = hms.Component(
        ECHO, wit="wit/echo.wit", exports=dict.fromkeys(["echo", "hold", "refuse", "deny"], print)
    )
    with pytest.raises(hms.InvalidArgument, match="at least 1"):
        component.serve(processes=0)
    caught: list[Exception] = []

    def serve() -> None:
        try:
            component.serve(processes=2)
        except hms.FailedPrecondition as error:
            caught.append(error)

    thread = threading.Thread(target=serve)
    thread.start()
    thread.join()
    assert len(caught) == 1
