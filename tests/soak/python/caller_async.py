"""A caller of the soak: asyncio, two event loops in two threads, each with TASKS: `caller_async.py NAME TASKS`."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import threading
from collections.abc import Awaitable
from typing import Any

import hms_ffi as hms
import judge
from calls import choose, draw, draw_many
from tally import Tally, clock

LOOPS = 2
stop = threading.Event()


async def outcome(call: Awaitable[Any]) -> tuple[Any, float]:
    """What a call came back with, and the seconds that it took."""
    start = clock()
    try:
        return await call, clock() - start
    except hms.HmsError as error:
        return error, clock() - start


async def cancel(tally: Tally, client: Any, dice: random.Random) -> None:
    start = clock()
    task = asyncio.ensure_future(outcome(client.linger(2000)))
    asyncio.get_running_loop().call_later(dice.random() * 0.01, task.cancel)
    try:
        came_back, _ = await task
    except asyncio.CancelledError:
        tally.ended("cancel", "cancelled")
    else:
        tally.lost("cancel", came_back, clock() - start)


async def once(tally: Tally, client: Any, dice: random.Random) -> None:
    """Makes one call of a kind that is drawn."""
    kind = choose(dice)
    if kind == "note":
        id = tally.next_note()
        tally.noted(id, (await outcome(client.note(id)))[0])
    elif kind == "hurry":
        judge.hurry(tally, *await outcome(client.linger(20, timeout=dice.random() * 0.04)))
    elif kind == "cancel":
        await cancel(tally, client, dice)
    elif kind == "batch":
        drawn = draw_many(dice, client.types)
        bound = [getattr(client, expected.function).bind(*expected.args) for expected in drawn]
        start = clock()
        judge.batch(tally, drawn, await client.batch(bound), clock() - start)
    else:
        expected = draw(kind, dice, client.types)
        judge.right(tally, kind, expected, *await outcome(getattr(client, expected.function)(*expected.args)))


async def work(tally: Tally, client: Any, seed: int) -> None:
    dice = random.Random(seed)
    while not stop.is_set():
        await once(tally, client, dice)


async def calls(tally: Tally, seed: int, tasks: int) -> None:
    """One loop's client and tasks."""
    async with hms.aconnect("test:soak/work") as client:
        await asyncio.gather(*(work(tally, client, seed * 1000 + number) for number in range(tasks)))
        tally.attempted(client)


def run_loop(tally: Tally, seed: int, tasks: int) -> None:
    # Without the loop's own debugging, which reports turns that take long on a busy machine.
    asyncio.run(calls(tally, seed, tasks), debug=False)


def main(name: str, tasks: int) -> None:
    tally = Tally(name)
    seed = int(os.environ["SOAK_SEED"])
    with hms.Component("test:soak/callback", wit="../soak.wit", exports={"double": lambda n: 2 * n}, workers=4):
        loops = [threading.Thread(target=run_loop, args=(tally, seed * 10 + number, tasks)) for number in range(LOOPS)]
        for loop in loops:
            loop.start()
        tally.run_until_stopped(stop, loops)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
