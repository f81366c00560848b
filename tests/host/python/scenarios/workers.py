"""A process with a client and child processes of every kind: workers.py SCENARIO METHOD

The client is made when this module is imported: a child of `fork` inherits it, one of `spawn` imports it again, one of
`forkserver` inherits that of the server, which imports this module.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import hms_ffi as hms

sys.path.insert(0, str(Path(__file__).parent))

desk = hms.connect("test:host/desk")


def ask(number: int) -> tuple[int, int]:
    """Asks with the client of this module; who asked, and what."""
    text = f"{number} of {os.getpid()}"
    assert desk.echo(text) == text
    return os.getpid(), number


def ask_with_a_client_of_my_own(number: int) -> tuple[int, int]:
    with hms.connect("test:host/desk") as own:
        text = f"{number} of {os.getpid()}"
        assert own.echo(text) == text
    return ask(number)


@contextlib.contextmanager
def meanwhile() -> Iterator[None]:
    """Another thread of this process calls all the time."""
    stop = threading.Event()
    wrong: list[object] = []
    number = 0

    def call() -> None:
        nonlocal number
        while not stop.is_set():
            number += 1
            text = f"{number} of the parent"
            try:
                if (answer := desk.echo(text)) != text:
                    wrong.append(answer)
            except hms.HmsError as error:
                wrong.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    assert not wrong, wrong
    assert number > 0


def ask_often(results: multiprocessing.queues.Queue[tuple[int, int]], work: object) -> None:
    for number in range(25):
        results.put(work(number))  # type: ignore[operator]


def process(context: Any) -> None:
    """Parent and children call at once; children end as they like."""
    for work in (ask, ask_with_a_client_of_my_own):
        results = context.SimpleQueue()
        children = [context.Process(target=ask_often, args=(results, work)) for _ in range(3)]
        with meanwhile():
            for child in children:
                child.start()
            answers = [results.get() for _ in range(75)]
            for child in children:
                child.join()
        assert {pid for pid, _ in answers} == {child.pid for child in children}
        assert sorted(number for _, number in answers) == sorted(list(range(25)) * 3)
        assert [child.exitcode for child in children] == [0, 0, 0]


def pool(context: Any) -> None:
    for work in (ask, ask_with_a_client_of_my_own):
        with meanwhile(), context.Pool(3, maxtasksperchild=20) as workers:
            answers = workers.map(work, range(100), chunksize=1)
            assert [number for _, number in answers] == list(range(100))
            assert len({pid for pid, _ in answers}) >= 5
            workers.close()
            workers.join()
    with context.Pool(2) as workers:
        # Workers that are terminated in mid-call.
        held = workers.map_async(hold, range(2), chunksize=1)
        wait_until_held(2)
        workers.terminate()
        workers.join()
        assert not held.ready()
    wait_until_held(0)


def executor(context: Any) -> None:
    with meanwhile(), ProcessPoolExecutor(3, mp_context=context) as workers:
        answers = list(workers.map(ask, range(60)))
        assert [number for _, number in answers] == list(range(60))
        assert os.getpid() not in {pid for pid, _ in answers}
    with ProcessPoolExecutor(1, mp_context=context) as workers:
        killed = workers.submit(hold, 0)
        wait_until_held(1)
        for pid in workers._processes:
            os.kill(pid, signal.SIGKILL)
        try:
            killed.result()
            raise AssertionError("the worker was killed")
        except BrokenProcessPool:
            pass
    wait_until_held(0)


def hold(number: int) -> None:
    desk.hold(timeout=None)


def wait_until_held(calls: int) -> None:
    """Until so many calls are held; by a client of its own, as another process would."""
    end = time.monotonic() + 10
    while desk.holding() != calls:
        assert time.monotonic() < end, f"{desk.holding()} calls are held, not {calls}"


def leave(how: str) -> None:
    desk.echo(how)
    match how:
        case "_exit":
            os._exit(7)
        case "exit":
            sys.exit(7)
        case "exit within":
            with hms.connect("test:host/desk"), desk:
                sys.exit(7)
        case "exception":
            sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - its traceback is not of interest
            raise RuntimeError("as planned")
        case "hold":
            desk.hold(timeout=None)


def ends(context: Any) -> None:
    """Children that end in every way; the parent's client goes on."""
    for how, expected in {"_exit": 7, "exit": 7, "exit within": 7, "exception": 1, "hold": -signal.SIGKILL}.items():
        with meanwhile():
            child = context.Process(target=leave, args=(how,))
            child.start()
            if how == "hold":
                wait_until_held(1)
                assert child.pid
                os.kill(child.pid, signal.SIGKILL)
            child.join(20)
            assert child.exitcode == expected, f"{how}: {child.exitcode}"
            wait_until_held(0)


def argument(context: Any) -> None:
    """A client is not sent to another process, but inherited."""
    child = context.Process(target=print, args=(desk,))
    try:
        child.start()
    except TypeError as error:
        refused = str(error)
        assert context.get_start_method() != "fork"
        assert "connect again in the other process" in refused, refused
    else:
        assert context.get_start_method() == "fork"
        child.join()
        assert child.exitcode == 0


if __name__ == "__main__":
    scenario, method = sys.argv[1:]
    chosen = multiprocessing.get_context(method)
    if method == "forkserver":
        chosen.set_forkserver_preload(["workers"])
    {each.__name__: each for each in (process, pool, executor, ends, argument)}[scenario](chosen)
    ask(0)
    desk.close()
    print("done")
