"""The provider's side: `Component`."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import os
import signal
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload

from . import _native, _processes
from ._client import Arrays, given
from ._context import program
from ._errors import CLASSES, FailedPrecondition, HmsError, InvalidArgument
from ._explain import Meaning, explain
from ._serving import LoopServing, LoopThread, Serving, Threads, until_signalled
from ._source import contract_path
from ._values import Types

if TYPE_CHECKING:
    from types import TracebackType

    from ._workers import Workers

__all__ = ["Component"]

F = TypeVar("F", bound=Callable[..., Any])


class Component:
    """A provider of one interface.

        component = Component("hms:claims/adjudication", wit="wit/")

        @component.export
        def adjudicate(claim):
            ...

        component.serve(workers=8)

    `wit` is the contract, relative to the calling source file. `exports` is an object whose public methods are the
    functions, or a mapping from names to callables; the decorator `export` adds single functions. A handler returns
    the function's result, raises `DeclaredError(value)` for an error that the contract declares and one of the
    sixteen errors for others. What it raises otherwise is told as `Internal`, unless `map_error` says more.

    A handler may be a coroutine function: all of a component run on one event loop, that of `aserve` or `async with`,
    else one on a thread of its own; when the caller gives up they see CancelledError. Other handlers block: they run
    on at most `workers` threads. `max_concurrent` bounds the calls that run at once (without coroutine functions it is
    `workers`, else 1024), `queue` those that wait beyond it; what comes then is refused with ResourceExhausted.
    """

    #: The interface's full name.
    interface: str
    #: The classes of the interface's types.
    types: Types

    def __init__(
        self,
        interface: str,
        *,
        wit: str | os.PathLike[str],
        exports: object | None = None,
        arrays: Arrays | None = None,
        workers: int = 8,
        max_concurrent: int | None = None,
        queue: int = 1024,
        name: str | None = None,
        runtime_dir: str | os.PathLike[str] | None = None,
        trusted_users: Iterable[int] | None = None,
        max_message: int | None = None,
        max_depth: int | None = None,
        max_elements: int | None = None,
        max_calls: int | None = None,
    ) -> None:
        self._interface = _native.Contract(contract_path(wit, 1)).interface(interface)
        self.interface = self._interface.name
        self.types = Types(self.interface, self._interface.classes)
        #: Python's names and names in the contract of the functions, resources' members aside.
        self._names = {local: wit_name for local, wit_name in self._interface.functions if not wit_name.startswith("[")}
        self._handlers: dict[str, Callable[..., Any]] = {}
        self._mapped: dict[type[BaseException], Meaning] = {}
        self._arrays = arrays
        self._workers = workers
        self._max_concurrent = max_concurrent
        self._queue = queue
        self._name = name or program()
        self._options = given(
            runtime_dir=runtime_dir,
            trusted_users=None if trusted_users is None else list(trusted_users),
            max_message=max_message,
            max_depth=max_depth,
            max_elements=max_elements,
            max_calls=max_calls,
        )
        self._running: Serving | _LoopRunning | None = None
        if exports is not None:
            for local, wit_name in self._names.items():
                handler = _provided(exports, local, wit_name)
                if handler is not None:
                    self._handlers[wit_name] = handler

    @overload
    def export(self, function: F, /) -> F: ...
    @overload
    def export(self, name: str, /) -> Callable[[F], F]: ...

    def export(self, function: Any, /) -> Any:
        """Decorator: this function serves the contract's function of its name, or of the name that is given."""
        if isinstance(function, str):
            return functools.partial(self._export, function)
        return self._export(function.__name__, function)

    def _export(self, name: str, function: F) -> F:
        wit_name = self._names.get(name, name)
        if wit_name not in self._names.values():
            known = ", ".join(self._names) or "none"
            raise InvalidArgument(f"{self.interface} has no function {name!r}; there are: {known}")
        self._handlers[wit_name] = function
        return function

    def map_error(
        self, exception: type[BaseException] | Mapping[type[BaseException], Meaning], to: Meaning | None = None
    ) -> None:
        """What an exception class of the handlers (and its subclasses) means: a code such as "not-found", one of the
        sixteen classes, or a function from the exception to an error. A mapping maps several."""
        pairs = exception if isinstance(exception, Mapping) else {exception: to}
        for cls, meaning in pairs.items():
            is_code = isinstance(meaning, str) and meaning in CLASSES
            is_class = isinstance(meaning, type) and issubclass(meaning, HmsError) and meaning.code is not None
            if not (is_code or is_class or (callable(meaning) and not isinstance(meaning, type))):
                raise InvalidArgument(
                    f"map_error: {meaning!r} is neither a code, nor one of the sixteen classes, nor a function"
                )
            self._mapped[cls] = meaning  # type: ignore[assignment]

    def serve(self, workers: int | None = None, *, processes: int = 1, grace: float = 10.0) -> None:
        """Serves until SIGINT, SIGTERM or `stop`, then ends calls that run after `grace` seconds at the latest. Blocks;
        handlers that block run on `workers` threads (8 unless the component says otherwise).

        With `processes` this process forks so many, each of which serves as an instance of its own; it replaces those
        that end, and ends them when it is told to, or gone.
        """
        workers = self._check(workers)
        if processes < 1:
            raise InvalidArgument("processes: expected at least 1")
        if processes == 1:
            self._serve_here(workers, grace)
        elif threading.current_thread() is not threading.main_thread():
            raise FailedPrecondition("processes: only the main thread can look after other processes")
        else:
            _processes.serve(processes, functools.partial(self._serve_as_child, workers, grace), grace)

    def _serve_as_child(self, workers: int, grace: float, parent: int) -> None:
        # A terminal interrupts all processes; what follows from that is the parent's decision.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._running = None
        self._serve_here(workers, grace, parent)

    def _serve_here(self, workers: int, grace: float, parent: int | None = None) -> None:
        # Signals are caught before callers can find the component; a second one has its usual effect while calls end.
        with contextlib.ExitStack() as caught:
            running = self._start(workers, lambda running: caught.enter_context(running.signals(parent is not None)))
            try:
                running.wait(parent)
            finally:
                self._running = None
                caught.close()
                running.end(grace)

    async def aserve(self, workers: int | None = None, *, grace: float = 10.0) -> None:
        """Serves on the running event loop until SIGINT, SIGTERM, `stop` or the task's cancellation, then ends calls
        that run after `grace` seconds at the latest."""
        workers = self._check(workers)
        running = _LoopRunning()
        with until_signalled(running.loop, running.wake):
            self._begin(running, lambda: running.begin(self._serve_on, workers, self.interface))
            try:
                await running.over.wait()
            finally:
                self._running = None
                await running.end(grace)

    def stop(self) -> None:
        """Ends `serve` and `aserve`, from another thread or a handler."""
        if self._running is not None:
            self._running.wake()

    def __enter__(self) -> Component:
        """Serves on threads of Python until the block ends."""
        self._start(self._check(None))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        running, self._running = self._running, None
        if isinstance(running, Serving) and running.pid == os.getpid():
            running.end(10.0)

    async def __aenter__(self) -> Component:
        """Serves on the running event loop until the block ends."""
        workers, running = self._check(None), _LoopRunning()
        self._begin(running, lambda: running.begin(self._serve_on, workers, self.interface))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        running, self._running = self._running, None
        if isinstance(running, _LoopRunning) and running.pid == os.getpid():
            await running.end(10.0)

    def _check(self, workers: int | None) -> int:
        """The number of workers, if this can be served."""
        workers = self._workers if workers is None else workers
        if workers < 1:
            raise InvalidArgument("workers: expected at least 1")
        uncallable = self._interface.uncallable
        missing = [local for local, wit in self._names.items() if wit not in self._handlers and wit not in uncallable]
        if missing:
            raise FailedPrecondition(f"{self.interface}: nothing is exported for {', '.join(missing)}")
        return workers

    def _start(self, workers: int, before: Callable[[Serving], object] = lambda running: None) -> Serving:
        """Serves on threads; `before` is called before callers can find it."""
        has_coroutines = any(map(_is_coroutine, self._handlers.values()))
        start = functools.partial(self._serve_on, workers)
        running = (LoopThread if has_coroutines else Threads)(start, workers, self.interface)

        def begin() -> None:
            before(running)
            running.begin()

        self._begin(running, begin)
        return running

    def _begin(self, running: Serving | _LoopRunning, begin: Callable[[], None]) -> None:
        if self._running is not None and self._running.pid == os.getpid():
            raise FailedPrecondition(f"{self.interface} is being served already")
        # Callers may come, and `stop` may be called, before the server's constructor has returned.
        self._running = running
        try:
            begin()
        except BaseException:
            self._running = None
            raise

    def _serve_on(
        self,
        workers: int,
        event_loop: _native.EventLoop | None = None,
        blocking: Workers | None = None,
    ) -> _native.Server:
        handlers = [self._handlers.get(wit_name) for _, wit_name in self._interface.functions]
        default = workers if event_loop is None else _CONCURRENT_TASKS
        return _native.Server(
            self._interface,
            handlers,
            functools.partial(explain, self._mapped),
            self._arrays,
            self._max_concurrent or default,
            self._queue,
            self._name,
            self._options,
            event_loop,
            [_is_coroutine(handler) for handler in handlers],
            blocking,
        )

    def __repr__(self) -> str:
        return f"<component of {self.interface}>"


#: How many calls run at once on an event loop.
_CONCURRENT_TASKS = 1024


class _LoopRunning:
    """What serves on the running event loop."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.loop = asyncio.get_running_loop()
        self.over = asyncio.Event()

    def begin(self, start: Callable[..., _native.Server], workers: int, name: str) -> None:
        self._serving = LoopServing(functools.partial(start, workers), workers, name)

    def wake(self) -> None:
        """Ends `aserve`, from any thread."""
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self.over.set)

    async def end(self, grace: float) -> None:
        await self._serving.end(grace)


def _provided(exports: object, local: str, wit_name: str) -> Callable[..., Any] | None:
    """The callable of an exporting object for a function: an entry of a mapping, or a public method that the object's
    own classes define."""
    if isinstance(exports, Mapping):
        handler = exports.get(local, exports.get(wit_name))
    elif local in getattr(exports, "__dict__", {}) or any(local in cls.__dict__ for cls in type(exports).__mro__[:-1]):
        handler = getattr(exports, local)
    else:
        return None
    if handler is not None and not callable(handler):
        raise InvalidArgument(f"exports: {local} is not callable")
    return handler


def _is_coroutine(handler: Callable[..., Any] | None) -> bool:
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(type(handler).__call__)
