"""A provider whose handlers fork, and start processes and programs: the children call, the provider serves on."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import hms_ffi as hms

WIT = Path(__file__).with_name("forking.wit")
outer = hms.connect("test:host/desk")
forking = hms.Component("test:forking/desk", wit=WIT)
returned: list[int] = []


def status(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@forking.export
def fork(how: str) -> int:
    """Forks; the child calls another provider and this one, and ends as it is told."""
    child = os.fork()
    if child:
        if how == "return":
            returned.append(child)
            return child
        return status(child)
    assert outer.echo("child") == "child"
    with hms.connect("test:forking/desk") as parent:
        assert parent.process() == os.getppid()
    if how == "_exit":
        os._exit(7)
    # The child comes back into the native code of a worker of its parent, which says so on stderr.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    if how == "exit":
        sys.exit(7)
    if how == "raise":
        raise hms.NotFound("of the child")
    return -1


@forking.export
def process() -> int:
    return os.getpid()


@forking.export
def run(method: str) -> int:
    if method == "subprocess":
        listing = "import os, sys; sys.exit(len(os.listdir('/proc/self/fd')))"
        return subprocess.run([sys.executable, "-IS", "-c", listing], close_fds=False, check=False).returncode
    context: Any = multiprocessing.get_context(method)
    child = context.Process(target=ask)
    child.start()
    child.join()
    assert child.exitcode is not None
    return int(child.exitcode)


def ask() -> None:
    with hms.connect("test:host/desk") as desk:
        assert desk.echo("x") == "x"
    sys.exit(9)


def main() -> None:
    with forking, hms.connect("test:forking/desk") as local:
        caller = subprocess.Popen(
            [sys.executable, __file__, "call"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        # Meanwhile this process calls itself, too.
        while caller.poll() is None:
            assert local.process() == os.getpid()
        assert caller.stdout
        assert caller.stdout.read() == "called\n"
        assert caller.returncode == 0
        for child in returned:
            assert status(child) == 0
    print("done")


def call() -> None:
    """Another process calls every function, and sees no answer of a child."""
    with hms.connect("test:forking/desk") as desk:
        provider = desk.process()
        for _ in range(3):
            for how in ("_exit", "exit", "return", "raise"):
                answer = desk.fork(how, timeout=20)
                if how == "return":
                    assert answer > 0
                    assert answer != provider
                else:
                    # Whoever comes back ends with the thread that it is.
                    assert answer == (7 if how == "_exit" else 0)
                assert desk.process() == provider
        assert desk.run("fork") == 9
        assert desk.run("spawn") == 9
        assert desk.run("subprocess") == 4
        assert desk.process() == provider
    print("called")


if __name__ == "__main__":
    call() if "call" in sys.argv[1:] else main()
