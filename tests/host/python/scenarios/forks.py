"""A process with a client that forks by itself: forks.py SCENARIO"""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import hms_ffi as hms

sys.path.insert(0, str(Path(__file__).parents[4]))
from tests.host.python.machine import descriptors, resident

desk = hms.connect("test:host/desk")


def ask(text: str) -> None:
    assert desk.echo(text) == text


def fork(work: Callable[[], object], leave: Callable[[int], object] = os._exit) -> int:
    """A forked child that does `work` and ends with status 7."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:
            print(f"child: {error!r}", file=sys.stderr, flush=True)
            os._exit(1)
        leave(7)
    return child


def ended(child: int, status: int = 7, within: float = 20.0) -> None:
    """The child ends with this status, soon."""
    pidfd = os.pidfd_open(child)
    try:
        import select

        assert select.select([pidfd], [], [], within)[0], "the child hangs"
    finally:
        os.close(pidfd)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == status


@contextmanager
def threads_in_calls(number: int) -> Iterator[None]:
    """So many threads are in a call that does not end, and as many call without pause."""
    stop = threading.Event()
    wrong: list[object] = []
    calls = [0] * number

    def hold() -> None:
        try:
            desk.hold(timeout=None)
        except hms.Cancelled:
            pass
        except hms.HmsError as error:
            wrong.append(error)

    def call(name: int) -> None:
        while not stop.is_set():
            calls[name] += 1
            text = f"{name} {calls[name]}"
            try:
                if (answer := desk.echo(text)) != text:
                    wrong.append((text, answer))
            except hms.HmsError as error:
                wrong.append(error)

    holding = [threading.Thread(target=hold) for _ in range(number)]
    calling = [threading.Thread(target=call, args=(name,)) for name in range(number)]
    for thread in holding + calling:
        thread.start()
    while desk.holding() < number:
        pass
    yield
    before = list(calls)
    end = time.monotonic() + 20
    while any(now == then for now, then in zip(calls, before, strict=True)):
        assert time.monotonic() < end, "the parent's threads do not go on"
    stop.set()
    for thread in calling:
        thread.join()
    assert desk.holding() == number
    desk.close()
    for thread in holding:
        thread.join()
    assert not wrong, wrong


def threads() -> None:
    """Forks while threads are in native code; the child calls, from threads of its own too, and ends in every way."""

    def work() -> None:
        ask("the inherited client")
        with hms.connect("test:host/desk") as own:
            assert own.echo("mine") == "mine"
        several = [threading.Thread(target=ask, args=(f"thread {number}",)) for number in range(3)]
        for thread in several:
            thread.start()
        for thread in several:
            thread.join()

    with threads_in_calls(3):
        for leave in (os._exit, sys.exit) * 3:
            ended(fork(work, leave))


def several_at_once() -> None:
    """Many children live and call at once, and so does the parent."""

    def work() -> None:
        for number in range(50):
            ask(f"{os.getpid()} {number}")

    with threads_in_calls(2):
        children = [fork(work) for _ in range(12)]
        for child in children:
            ended(child)


def killed() -> None:
    """Children that are killed in mid-call: the provider's handlers are told, the parent goes on."""
    children = [fork(lambda: desk.hold(timeout=None)) for _ in range(3)]
    while desk.holding() < 3:
        pass
    for child in children:
        os.kill(child, signal.SIGKILL)
        ended(child, -signal.SIGKILL)
    end = time.monotonic() + 10
    while desk.holding():
        assert time.monotonic() < end, "the calls of killed children still run"


def closed() -> None:
    """What a child does with what it inherited does not reach the parent."""

    def close() -> None:
        desk.close()

    def leave_block() -> None:
        with desk:
            ask("within")

    def drop() -> None:
        del globals()["desk"]
        gc.collect()

    def close_all_descriptors() -> None:
        os.closerange(3, 4096)
        ask("anew")

    with threads_in_calls(2):
        for work in (close, leave_block, drop, close_all_descriptors):
            for leave in (os._exit, sys.exit):
                ended(fork(work, leave))


def generations() -> None:
    """A child of a child of a child: each calls, none has more descriptors than its parent."""

    def descend(left: int, most: int) -> None:
        ask(f"generation {left}")
        open_ = len(descriptors(os.getpid()))
        assert open_ <= most, descriptors(os.getpid())
        if left:
            ended(fork(lambda: descend(left - 1, most)))
        ask(f"generation {left} again")

    ask("first")
    descend(12, len(descriptors(os.getpid())))


def many() -> None:
    """Three hundred forks leave nothing behind in the parent."""

    def round_of(number: int) -> None:
        for count in range(number):
            ended(fork(lambda count=count: ask(f"child {count}")))  # type: ignore[misc]
            ask(f"parent {count}")

    round_of(50)
    open_, memory = descriptors(os.getpid()), resident()
    round_of(250)
    assert descriptors(os.getpid()) == open_
    grown = resident() - memory
    assert grown < 2_000_000, f"{grown} bytes more after 250 forks"


def daemon() -> None:
    """A process that becomes a daemon: two forks, a new session, all descriptors closed."""
    read, write = os.pipe()

    def first() -> None:
        os.setsid()
        if os.fork():
            os._exit(7)
        os.chdir("/")
        os.dup2(write, 0)
        os.closerange(3, 4096)
        try:
            ask("daemon")
            with hms.connect("test:host/desk") as own:
                os.write(0, own.echo(f"{os.getppid() != parent}").encode())
        finally:
            os._exit(0)

    parent = os.getpid()
    ended(fork(first))
    os.close(write)
    with os.fdopen(read) as answer:
        assert answer.read() == "True"
    ask("parent")


def in_a_signal_handler() -> None:
    """A signal handler forks while its thread waits for a call: the call is the parent's."""
    parent = os.getpid()
    children: list[int] = []

    def handler(*_: object) -> None:
        children.append(os.fork())

    signal.signal(signal.SIGUSR1, handler)

    def interrupt() -> None:
        own = hms.connect("test:host/desk")
        while own.holding() == 0:
            pass
        os.kill(parent, signal.SIGUSR1)

    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        desk.hold(timeout=3)
    except hms.FailedPrecondition as error:
        # The child: it goes on after the call that it never had.
        why = error.message
        assert os.getpid() != parent
        assert "forked" in why, why
        ask("child")
        os._exit(7)
    except hms.DeadlineExceeded:
        assert os.getpid() == parent
    thread.join()
    ended(children[0])
    ask("parent")


def at_the_end() -> None:
    """The interpreter ends while daemon threads are in calls, also in a child."""

    def start() -> None:
        for _ in range(3):
            threading.Thread(target=desk.hold, kwargs={"timeout": None}, daemon=True).start()
        while desk.holding() < 3:
            pass

    for _ in range(5):
        end = time.monotonic() + 10
        while desk.holding():
            assert time.monotonic() < end
        ended(fork(start, sys.exit))
    while desk.holding():
        pass
    start()
    print("done", flush=True)
    sys.exit(0)


def nothing_inherited() -> None:
    """A child has none of our descriptors, also where threads were just opening and closing some."""
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            with hms.connect("test:host/desk") as own:
                assert own.echo("x") == "x"

    def nothing() -> None:
        found = {fd: what for fd, what in descriptors(os.getpid()).items() if fd > 2 and "/proc" not in what}
        assert not found, found

    threads = [threading.Thread(target=churn) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(150):
            ended(fork(nothing))
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def exec_() -> None:
    """Programs that are started from here get no descriptor of ours, while links come and go."""
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            with hms.connect("test:host/desk") as own:
                assert own.echo("x") == "x"

    expected = "0\n1\n2\n3"  # 3 is that of the listing itself
    listing = [
        sys.executable,
        "-IS",
        "-c",
        "import os; print(*sorted(map(int, os.listdir('/proc/self/fd'))), sep='\\n')",
    ]
    thread = threading.Thread(target=churn)
    thread.start()
    try:
        ways: list[dict[str, object]] = [{}, {"preexec_fn": os.setpgrp}, {"start_new_session": True}]
        for way in ways * 10:
            found = subprocess.run(
                listing,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=True,
                close_fds=False,
                **way,  # type: ignore[call-overload]
            )
            assert found.stdout.strip() == expected, f"{way}: {found.stdout}"
            ask("after")
        ended(
            os.posix_spawn(
                sys.executable, [*listing[:-1], "import os; os._exit(len(os.listdir('/proc/self/fd')))"], os.environ
            ),
            4,
        )
    finally:
        stop.set()
        thread.join()


if __name__ == "__main__":
    globals()[sys.argv[1]]()
    print("done")
