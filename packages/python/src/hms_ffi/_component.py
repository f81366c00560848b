"""The provider's side: `Component`."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import inspect
import os
import signal
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload

from . import _native
from ._client import Arrays, given
from ._context import program
from ._errors import CLASSES, FailedPrecondition, HmsError, InvalidArgument
from ._explain import Meaning, explain
from ._source import contract_path
from ._values import Types

if TYPE_CHECKING:
    from types import FrameType, TracebackType

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
        self._running: _Running | None = None
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

    def serve(self, workers: int | None = None, *, grace: float = 10.0) -> None:
        """Serves with so many calls at once (8 unless the component says otherwise) until SIGINT, SIGTERM or `stop`,
        then ends calls that run after `grace` seconds at the latest. Blocks; handlers run on threads of Python."""
        # Signals are caught before callers can find the component; a second one has its usual effect while calls end.
        with contextlib.ExitStack() as caught:
            running = self._start(self._workers if workers is None else workers, caught)
            try:
                running.wait()
            finally:
                self._running = None
                caught.close()
                running.end(grace)

    def stop(self) -> None:
        """Ends `serve` from another thread or a handler."""
        if self._running is not None:
            self._running.wake()

    def __enter__(self) -> Component:
        """Serves on threads of Python until the block ends."""
        self._start(self._workers)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        running, self._running = self._running, None
        if running is not None and running.pid == os.getpid():
            running.end(10.0)

    def _start(self, workers: int, caught: contextlib.ExitStack | None = None) -> _Running:
        if self._running is not None and self._running.pid == os.getpid():
            raise FailedPrecondition(f"{self.interface} is being served already")
        if workers < 1:
            raise InvalidArgument("workers: expected at least 1")
        uncallable = self._interface.uncallable
        missing = [local for local, wit in self._names.items() if wit not in self._handlers and wit not in uncallable]
        if missing:
            raise FailedPrecondition(f"{self.interface}: nothing is exported for {', '.join(missing)}")
        # Callers may come, and `stop` may be called, before the server's constructor has returned.
        running = self._running = _Running()
        try:
            if caught is not None:
                caught.enter_context(running.signals())
            running.begin(self._serve_on(workers), workers, self.interface)
        except BaseException:
            self._running = None
            raise
        return running

    def _serve_on(self, workers: int) -> _native.Server:
        handlers = [self._handlers.get(wit_name) for _, wit_name in self._interface.functions]
        return _native.Server(
            self._interface,
            [None if handler is None else _synchronous(handler) for handler in handlers],
            functools.partial(explain, self._mapped),
            self._arrays,
            workers,
            self._queue,
            self._name,
            self._options,
        )

    def __repr__(self) -> str:
        return f"<component of {self.interface}>"


class _Running:
    """A server and its threads."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        self._stopped = False
        #: A forked child has neither the threads nor the instance.
        self.pid = os.getpid()

    def begin(self, server: _native.Server, workers: int, interface: str) -> None:
        """Starts the threads."""
        self._server = server
        lives = [server.read] + [server.work] * workers
        self._threads = [
            threading.Thread(target=life, name=f"{interface} {number}", daemon=True)
            for number, life in enumerate(lives)
        ]
        for thread in self._threads:
            thread.start()
        _RUNNING.add(self)

    def wake(self) -> None:
        """Ends `wait`. Safe in signal handlers."""
        self._stopped = True
        # Where the pipe is full it is awake already; where it is closed it has ended.
        with contextlib.suppress(OSError):
            os.write(self._write, b"\0")

    def signals(self) -> _Signals:
        """SIGINT and SIGTERM call `wake` within this block."""
        return _Signals(self.wake, self._write)

    def wait(self) -> None:
        """Blocks until `wake`; signals run their handlers meanwhile."""
        while not self._stopped:
            os.read(self._read, 64)

    def end(self, grace: float) -> None:
        """Drains, closes, and waits for the threads."""
        _RUNNING.discard(self)
        self._server.drain(grace)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()
        os.close(self._read)
        os.close(self._write)


#: So that no thread of ours is in native code when the interpreter goes away.
_RUNNING: weakref.WeakSet[_Running] = weakref.WeakSet()


@atexit.register
def _end_all() -> None:
    for running in list(_RUNNING):
        if running.pid == os.getpid():
            running.end(0.0)


class _Signals:
    """SIGINT and SIGTERM call `wake` while the block runs, where this is the main thread. Any signal writes to `fd`,
    so that one which comes just before a read ends it."""

    def __init__(self, wake: Callable[[], None], fd: int) -> None:
        self._wake = wake
        self._fd = fd
        self._before: dict[int, Any] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._caught)
            self._fd_before = signal.set_wakeup_fd(self._fd, warn_on_full_buffer=False)

    def _caught(self, number: int, frame: FrameType | None) -> None:
        self._wake()

    def __exit__(self, *args: object) -> None:
        if self._before:
            signal.set_wakeup_fd(self._fd_before)
        for number, handler in self._before.items():
            signal.signal(number, handler)


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


def _synchronous(handler: Callable[..., Any]) -> Callable[..., Any]:
    """A coroutine function runs in an event loop of its own."""
    if not inspect.iscoroutinefunction(handler):
        return handler

    @functools.wraps(handler)
    def run(*args: Any) -> Any:
        return asyncio.run(handler(*args))

    return run
