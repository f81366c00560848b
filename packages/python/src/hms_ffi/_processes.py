"""Several processes that serve one component: a parent that only looks after its children."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from typing import NoReturn

from ._errors import Unavailable
from ._signals import ENDING, Signals

__all__ = ["serve"]

#: A child that ends sooner has failed, in seconds.
_SHORT_LIFE = 1.0
#: The pause before a child that failed is replaced; it doubles up to the limit as long as children fail.
_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
#: When so many children in a row have failed, nothing is tried any more.
_MOST_FAILURES = 10


def serve(count: int, child: Callable[[int], None], grace: float) -> None:
    """Keeps `count` children that run `child` until SIGINT or SIGTERM. A child gets a descriptor that is readable when
    this process is gone, and ends with SIGTERM. Children are forked before anything native runs here."""
    parent = _Parent(count, child)
    try:
        parent.watch()
    finally:
        parent.end(grace)


class _Parent:
    def __init__(self, count: int, child: Callable[[int], None]) -> None:
        self._child = child
        self._bell, self._ring = os.pipe()
        os.set_blocking(self._ring, False)
        os.set_blocking(self._bell, False)
        #: Nobody ever writes to it: its end is that of this process.
        self._alive, self._life = os.pipe()
        self._stopped = False
        #: When each child was started.
        self._children: dict[int, float] = {}
        #: When children are started.
        self._due = [0.0] * count
        self._failures = 0

    def watch(self) -> None:
        before = signal.signal(signal.SIGCHLD, lambda number, frame: None)
        try:
            with Signals(self._wake, self._ring):
                while not self._stopped:
                    self._reap()
                    self._start()
                    self._sleep(min(self._due, default=None))
        finally:
            signal.signal(signal.SIGCHLD, before or signal.SIG_DFL)

    def end(self, grace: float) -> None:
        for pid in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        # They end by themselves within their grace; a little more is for what follows it.
        until = time.monotonic() + grace + 5.0
        while self._children and time.monotonic() < until:
            self._reap()
            if self._children:
                time.sleep(0.005)
        for pid in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        for fd in (self._bell, self._ring, self._alive, self._life):
            os.close(fd)

    def _wake(self) -> None:
        self._stopped = True

    def _sleep(self, until: float | None) -> None:
        limit = None if until is None else max(0.0, until - time.monotonic())
        select.select([self._bell], [], [], limit)
        with contextlib.suppress(BlockingIOError):
            os.read(self._bell, 4096)

    def _reap(self) -> None:
        now = time.monotonic()
        for pid, since in list(self._children.items()):
            if os.waitpid(pid, os.WNOHANG)[0] == 0:
                continue
            del self._children[pid]
            if now - since >= _SHORT_LIFE:
                self._failures = 0
                self._due.append(now)
                continue
            self._failures += 1
            if self._failures >= _MOST_FAILURES and not self._stopped:
                raise Unavailable(f"{_MOST_FAILURES} processes in a row ended as soon as they were started")
            self._due.append(now + min(_PAUSE * 2 ** (self._failures - 1), _LONGEST_PAUSE))

    def _start(self) -> None:
        now = time.monotonic()
        due, self._due = [at for at in self._due if at <= now], [at for at in self._due if at > now]
        for _ in due:
            sys.stdout.flush()
            sys.stderr.flush()
            # A signal that a child gets before it has its own handlers waits until it has.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
            try:
                pid = os.fork()
                if pid == 0:
                    self._live(before)
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
            self._children[pid] = now

    def _live(self, mask: set[signal.Signals | int]) -> NoReturn:
        """The life of a child; does not return."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (*ENDING, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            for fd in (self._life, self._bell, self._ring):
                os.close(fd)
            self._child(self._alive)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            with contextlib.suppress(BaseException):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(status)
