"""A round: the same awaited call many times, 64 in flight. Driven by lines on standard input, so that peers can take
turns."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable

IN_FLIGHT = 64


async def run(call: Callable[[], Awaitable[object]], calls: int) -> float:
    """Microseconds a call."""
    left = calls

    async def one_of_many() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await call()

    start = time.perf_counter()
    await asyncio.gather(*(one_of_many() for _ in range(IN_FLIGHT)))
    return (time.perf_counter() - start) * 1e6 / calls


async def obey(call: Callable[[], Awaitable[object]]) -> None:
    """Answers each line, a number of calls, with the time of one of them."""
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(await run(call, int(line)), flush=True)


async def end_of_input() -> None:
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
