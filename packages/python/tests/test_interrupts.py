"""Calls that are interrupted at random: no reply ever reaches another call."""

from __future__ import annotations

import asyncio
import ctypes
import os
import random
import signal
import threading
import time
from typing import Any

import hms_ffi as hms
import pytest

ECHO = "test:echo/echo"
LONG = "HMS_LONG_TESTS" in os.environ
THREADS = 16
CALLS = 1_000_000 if LONG else 8_000

PROVIDER = """
import sys, time, hms_ffi as hms

class Echo:
    def echo(self, value):
        return value
    def hold(self, value):
        call = hms.current_call()
        while not call.cancelled:
            time.sleep(0.001)
    def refuse(self, value):
        time.sleep(0.001)
        return value
    def deny(self, value): ...

with hms.Component("test:echo/echo", wit="wit/echo.wit", exports=Echo(), workers=4):
    print("ready")
    sys.stdin.readline()
"""


@pytest.fixture
def provider(program: Any) -> None:
    assert program(PROVIDER, options=()).stdout.readline() == "ready\n"


class Stop(Exception):
    """Raised in a thread by another one."""


def interrupt(thread: threading.Thread) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(Stop))


def test_a_thread_is_interrupted_in_mid_call(provider: None) -> None:
    caught: list[BaseException] = []

    def life() -> None:
        try:
            client.hold(1, timeout=None)
        except Stop as stop:
            caught.append(stop)
        assert client.echo(2) == 2

    with hms.connect(ECHO) as client:
        thread = threading.Thread(target=life)
        thread.start()
        while client.metrics().calls < 1:
            pass
        interrupt(thread)
        thread.join(10)
        assert len(caught) == 1


class Storm:
    """Threads that make calls and count what they got."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lock = threading.Lock()
        self.live: list[threading.Thread] = []
        self.wrong: list[Any] = []
        self.made = self.interrupted = 0

    def run(self) -> None:
        threads = [threading.Thread(target=self._life, args=(number,)) for number in range(THREADS)]
        self.live = list(threads)
        for thread in threads:
            thread.start()
        chance = random.Random(1)
        while self.live:
            with self._lock:
                if self.live:
                    interrupt(chance.choice(self.live))
            if chance.random() < 0.1:
                os.kill(os.getpid(), signal.SIGUSR1)
            time.sleep(0.001)
        for thread in threads:
            thread.join()

    def _life(self, number: int) -> None:
        made = interrupted = 0
        while made < CALLS // THREADS:
            try:
                while made < CALLS // THREADS:
                    value = number << 32 | made
                    made += 1
                    call = self._client.refuse if made % 50 == 0 else self._client.echo
                    got = call(value, timeout=None)
                    if got != value:
                        self.wrong.append((value, got))
            except Stop:
                interrupted += 1
        self._leave(made, interrupted)

    def _leave(self, made: int, interrupted: int) -> None:
        # The last interrupt may come at any time until the thread is no longer among the live.
        left = False
        while not left:
            try:
                with self._lock:
                    if threading.current_thread() in self.live:
                        self.live.remove(threading.current_thread())
                        self.made += made
                        self.interrupted += interrupted
                for _ in range(10):
                    time.sleep(0)
                left = True
            except Stop:
                pass


def test_threads_that_are_interrupted_at_random(provider: None) -> None:
    handled: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, frame: handled.append(number))
    try:
        with hms.connect(ECHO) as client:
            storm = Storm(client)
            storm.run()
            assert client.echo(1) == 1
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert storm.wrong == []
    assert storm.made == CALLS // THREADS * THREADS
    assert storm.interrupted > THREADS
    assert handled


def test_tasks_that_are_cancelled_at_random(provider: None) -> None:
    chance = random.Random(1)
    wrong: list[Any] = []
    cancelled = 0

    async def life(client: Any, number: int) -> None:
        nonlocal cancelled
        for made in range(CALLS // THREADS):
            value = number << 32 | made
            call = client.echo(value)
            if chance.random() < 0.3:
                for _ in range(chance.randrange(3)):
                    await asyncio.sleep(0)
                call.cancel()
            try:
                got = await call
            except asyncio.CancelledError:
                cancelled += 1
            else:
                if got != value:
                    wrong.append((value, got))

    async def main() -> None:
        async with hms.aconnect(ECHO) as client:
            async with asyncio.TaskGroup() as group:
                for number in range(THREADS):
                    group.create_task(life(client, number))
            assert await client.echo(1) == 1

    asyncio.run(main())
    assert wrong == []
    assert cancelled > THREADS
