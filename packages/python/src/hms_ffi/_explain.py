"""What an exception of a handler means to the caller."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import sys
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ._errors import (
    CLASSES,
    Cancelled,
    DeadlineExceeded,
    DeclaredError,
    HmsError,
    Internal,
    InvalidArgument,
    Unimplemented,
)

if TYPE_CHECKING:
    from ._native import CallContext

__all__ = ["Meaning", "explain"]

#: What a mapped exception becomes: a code, one of our classes, or a function that makes the error.
Meaning = str | type[HmsError] | Callable[[Any], HmsError]
_Frames = list[tuple[str, str, str, str, int]]

_LOG = logging.getLogger("hms_ffi")


def explain(
    mapped: dict[type[BaseException], Meaning],
    exception: BaseException,
    call: CallContext,
    declares: bool,
) -> tuple[HmsError, _Frames]:
    """The error that the caller gets, and the handler's frames, outermost first."""
    frames = _frames(exception, call.interface)
    error = _mapped(mapped, exception)
    if error is None:
        error = exception if isinstance(exception, HmsError) else _foreign(exception, call)
    if isinstance(error, DeclaredError) and not declares:
        error = Internal(f"{call.function} declares no error, but ended with {type(error.value).__name__}")
    if type(error) is Internal and error is not exception:
        # What nobody expected is told here too: its caller may be unable to do anything about it. No values: only
        # what kind of exception it was, and where.
        where = "".join(traceback.format_tb(exception.__traceback__))
        _LOG.error("%s %s failed: %s\n%s", call.interface, call.function, type(exception).__qualname__, where)
    if isinstance(exception, KeyboardInterrupt):
        # It was meant for the program, which waits in a call of its own.
        signal_main()
    return error, frames


def _mapped(mapped: dict[type[BaseException], Meaning], exception: BaseException) -> HmsError | None:
    meaning = next((mapped[cls] for cls in type(exception).__mro__ if cls in mapped), None)
    if meaning is None:
        return None
    if isinstance(meaning, str):
        meaning = CLASSES[meaning]
    if isinstance(meaning, type):
        return meaning(str(exception))
    return meaning(exception)


def _foreign(exception: BaseException, call: CallContext) -> HmsError:
    text = str(exception)
    if type(exception) is ValueError:
        return InvalidArgument(text)
    if isinstance(exception, NotImplementedError):
        return Unimplemented(text or f"{call.function} is not implemented")
    if isinstance(exception, TimeoutError) and call.late:
        return DeadlineExceeded(text or "the deadline passed in the handler")
    if isinstance(exception, asyncio.CancelledError | concurrent.futures.CancelledError) and call.cancelled:
        return Cancelled(text or "the call was cancelled")
    name = type(exception).__qualname__
    return Internal(f"{name}: {text}" if text else name)


def _frames(exception: BaseException, component: str) -> _Frames:
    frames = []
    for frame, line in traceback.walk_tb(exception.__traceback__):
        code = frame.f_code
        if code.co_filename.startswith("<frozen"):
            continue
        frames.append(("python", component, code.co_qualname, code.co_filename, line))
    return frames


def signal_main() -> None:
    """Has the main thread raise KeyboardInterrupt again."""
    import _thread

    if sys.is_finalizing():
        return
    _thread.interrupt_main()
