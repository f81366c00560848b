"""A process with an event loop and a client on it, that forks and starts processes: loops.py SCENARIO [uvloop]"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Coroutine
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import hms_ffi as hms


async def ask(desk: hms.AsyncClient, text: str) -> None:
    texts = [f"{text} {number}" for number in range(20)]
    assert await asyncio.gather(*(desk.echo(each) for each in texts)) == texts


async def ask_anew(text: str) -> None:
    async with hms.aconnect("test:host/desk") as own:
        await ask(own, text)


def ended(child: int) -> None:
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


async def fork() -> None:
    """A coroutine forks: its client is the parent's; the child has a loop and a client of its own."""
    with hms.connect("test:host/desk") as blocking:
        async with hms.aconnect("test:host/desk") as desk:
            await ask(desk, "before")
            held = asyncio.ensure_future(desk.hold(timeout=None))
            for _ in range(6):
                while await desk.holding() == 0:
                    pass
                child = os.fork()
                if child == 0:
                    try:
                        in_child(desk, blocking)
                    except BaseException as error:
                        print(f"child: {error!r}", file=sys.stderr, flush=True)
                        os._exit(1)
                    # Not sys.exit: that would go on with the parent's loop, and close what it shares with it.
                    os._exit(7)
                await ask(desk, "while the child lives")
                await asyncio.to_thread(ended, child)
                await ask(desk, "after")
            assert not held.done()
            held.cancel()
            while await desk.holding():
                pass


def in_child(desk: hms.AsyncClient, blocking: hms.Client) -> None:
    try:
        desk.echo("inherited")
        raise AssertionError("the client is of the parent's loop")
    except hms.FailedPrecondition as error:
        why = error.message
    assert "parent process" in why, why
    assert blocking.echo("the blocking one") == "the blocking one"

    async def inherited() -> None:
        try:
            await desk.echo("inherited")
            raise AssertionError("the client is of the parent's loop")
        except hms.FailedPrecondition:
            await ask_anew("child")

    asyncio.run(inherited())


def call(number: int) -> int:
    asyncio.run(ask_anew(f"child {number}"))
    return os.getpid()


async def processes() -> None:
    """Processes of every kind beside the loop, which goes on."""
    async with hms.aconnect("test:host/desk") as desk:
        for method in ("fork", "spawn", "forkserver"):
            context: Any = multiprocessing.get_context(method)
            with ProcessPoolExecutor(2, mp_context=context) as workers:
                loop = asyncio.get_running_loop()
                running = [loop.run_in_executor(workers, call, number) for number in range(8)]
                while not all(each.done() for each in running):
                    await ask(desk, "meanwhile")
                assert os.getpid() not in await asyncio.gather(*running)


def run(main: Coroutine[Any, Any, None]) -> None:
    if "uvloop" in sys.argv:
        import uvloop

        uvloop.run(main)
    else:
        asyncio.run(main)


if __name__ == "__main__":
    run({"fork": fork, "processes": processes}[sys.argv[1]]())
    print("done")
