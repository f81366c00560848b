"""What runs while a component is served: threads, or an event loop."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import os
import select
import signal
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from . import _event_loop
from ._signals import ENDING, Signals
from ._workers import Workers

if TYPE_CHECKING:
    from . import _native

__all__ = ["LoopServing", "LoopThread", "Serving", "Start", "Threads", "until_signalled"]


class Start(Protocol):
    """Makes the native server: on threads, or on an event loop with threads for handlers that block."""

    def __call__(
        self, event_loop: _native.EventLoop | None = None, blocking: Workers | None = None
    ) -> _native.Server: ...


class Serving:
    """Something that serves until it is woken."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        self._stopped = False
        #: A forked child has neither the threads nor the instance.
        self.pid = os.getpid()

    def wake(self) -> None:
        """Ends `wait`. Safe in signal handlers."""
        self._stopped = True
        # Where the pipe is full it is awake already; where it is closed it has ended.
        with contextlib.suppress(OSError):
            os.write(self._write, b"\0")

    def signals(self, only_terminate: bool = False) -> Signals:
        """SIGINT and SIGTERM (or the latter alone) call `wake` within this block."""
        return Signals(self.wake, self._write, ENDING[1:] if only_terminate else ENDING)

    def wait(self, also: int | None = None) -> None:
        """Blocks until `wake`, or until the descriptor `also` is readable; signals run their handlers meanwhile."""
        watched = [self._read] if also is None else [self._read, also]
        while not self._stopped:
            if also in select.select(watched, [], [])[0]:
                return
            os.read(self._read, 64)

    def begin(self) -> None:
        """Returns when callers can find it."""
        raise NotImplementedError

    def end(self, grace: float) -> None:
        """Drains, closes, and waits for what it has started."""
        _RUNNING.discard(self)
        os.close(self._read)
        os.close(self._write)


#: So that no thread of ours is in native code when the interpreter goes away.
_RUNNING: weakref.WeakSet[Serving] = weakref.WeakSet()


@atexit.register
def _end_all() -> None:
    for running in list(_RUNNING):
        if running.pid == os.getpid():
            running.end(0.0)


class Threads(Serving):
    """Worker threads that take turns at reading calls and run them themselves."""

    def __init__(self, start: Start, workers: int, name: str) -> None:
        super().__init__()
        self._start = start
        self._workers = workers
        self._name = name

    def begin(self) -> None:
        self._server = self._start()
        lives = [self._server.read] + [self._server.work] * self._workers
        self._threads = [
            threading.Thread(target=life, name=f"{self._name} {number}", daemon=True)
            for number, life in enumerate(lives)
        ]
        for thread in self._threads:
            thread.start()
        _RUNNING.add(self)

    def end(self, grace: float) -> None:
        self._server.drain(grace)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()
        super().end(grace)


#: How often it is looked whether the last call has ended, while a loop drains.
_LOOK = 0.005
#: How long tasks that were cancelled may take to end, in seconds.
_LAST = 1.0


class LoopServing:
    """Serves on the running event loop: coroutine functions as its tasks, others on threads."""

    def __init__(self, start: Start, workers: int, name: str) -> None:
        self._blocking = Workers(workers, name)
        self._server = start(_event_loop.current(), self._blocking)

    async def end(self, grace: float) -> None:
        """Drains for at most `grace` seconds, then cancels what still runs."""
        loop = asyncio.get_running_loop()
        until = loop.time() + grace
        try:
            self._server.stop_accepting()
            while self._server.in_flight and loop.time() < until:
                await asyncio.sleep(_LOOK)
        finally:
            self._server.close()
            self._blocking.end()
        # Handlers see that they were cancelled before the loop goes on.
        until = loop.time() + _LAST
        while self._server.in_flight and loop.time() < until:
            await asyncio.sleep(_LOOK)


class LoopThread(Serving):
    """A thread with an event loop that serves."""

    def __init__(self, start: Start, workers: int, name: str) -> None:
        super().__init__()
        self._serving = functools.partial(LoopServing, start, workers, name)
        self._name = name
        self._begun = threading.Event()
        self._failure: BaseException | None = None
        self._grace = 0.0

    def begin(self) -> None:
        self._thread = threading.Thread(target=self._live, name=self._name, daemon=True)
        self._thread.start()
        self._begun.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        _RUNNING.add(self)

    def end(self, grace: float) -> None:
        self._grace = grace
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._over.set)
        if self._thread is not threading.current_thread():
            self._thread.join()
        super().end(grace)

    def _live(self) -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(self._main())
        finally:
            asyncio.set_event_loop(None)
            loop.close()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        try:
            serving = self._serving()
        except BaseException as failure:
            self._failure = failure
            return
        finally:
            self._begun.set()
        await self._over.wait()
        await serving.end(self._grace)
        await _end_tasks()


async def _end_tasks() -> None:
    """Cancels what else the handlers have started; what does not end is left behind with the loop."""
    tasks: set[asyncio.Task[Any]] = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_LAST)
    await asyncio.get_running_loop().shutdown_asyncgens()


@contextlib.contextmanager
def until_signalled(loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> Iterator[None]:
    """Within this block SIGINT and SIGTERM call `wake` in the loop; a second one has its usual effect."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in ENDING}

    def restore() -> None:
        for number in list(before):
            loop.remove_signal_handler(number)
            signal.signal(number, before.pop(number))

    def caught() -> None:
        restore()
        wake()

    for number in ENDING:
        loop.add_signal_handler(number, caught)
    try:
        yield
    finally:
        restore()
