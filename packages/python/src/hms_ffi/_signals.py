"""Signals that end what serves."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["ENDING", "Signals"]

ENDING = (signal.SIGINT, signal.SIGTERM)


class Signals:
    """These signals call `wake` while the block runs, where this is the main thread. Any signal writes to `fd`,
    so that one which comes just before a read ends it."""

    def __init__(self, wake: Callable[[], None], fd: int, numbers: tuple[signal.Signals, ...] = ENDING) -> None:
        self._wake = wake
        self._fd = fd
        self._numbers = numbers
        self._before: dict[int, Any] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in self._numbers:
                self._before[number] = signal.signal(number, self._caught)
            self._fd_before = signal.set_wakeup_fd(self._fd, warn_on_full_buffer=False)

    def _caught(self, number: int, frame: FrameType | None) -> None:
        self._wake()

    def __exit__(self, *args: object) -> None:
        if self._before:
            signal.set_wakeup_fd(self._fd_before)
        for number, handler in self._before.items():
            signal.signal(number, handler)
