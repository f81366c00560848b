"""A caller of the soak: Python threads. `caller.py NAME THREADS`."""

from __future__ import annotations

import os
import random
import sys
import threading
from collections.abc import Callable
from typing import Any

import hms_ffi as hms
import judge
from calls import choose, draw, draw_many
from tally import Tally, clock

stop = threading.Event()


def outcome(call: Callable[[], Any]) -> tuple[Any, float]:
    """What a call came back with, and the seconds that it took."""
    start = clock()
    try:
        return call(), clock() - start
    except hms.HmsError as error:
        return error, clock() - start


def once(tally: Tally, client: Any, dice: random.Random) -> None:
    """Makes one call of a kind that is drawn."""
    kind = choose(dice)
    if kind == "note":
        id = tally.next_note()
        tally.noted(id, outcome(lambda: client.note(id))[0])
    elif kind == "hurry":
        limit = dice.random() * 0.04
        judge.hurry(tally, *outcome(lambda: client.linger(20, timeout=limit)))
    elif kind == "batch":
        drawn = draw_many(dice, client.types)
        bound = [getattr(client, expected.function).bind(*expected.args) for expected in drawn]
        start = clock()
        judge.batch(tally, drawn, client.batch(bound), clock() - start)
    else:
        # Nothing but a signal cancels a thread's call: that is for the callers with event loops.
        kind = "linger" if kind == "cancel" else kind
        expected = draw(kind, dice, client.types)
        judge.right(tally, kind, expected, *outcome(lambda: getattr(client, expected.function)(*expected.args)))


def work(tally: Tally, client: Any, seed: int) -> None:
    dice = random.Random(seed)
    while not stop.is_set():
        once(tally, client, dice)


def main(name: str, threads: int) -> None:
    tally = Tally(name)
    callback = hms.Component("test:soak/callback", wit="../soak.wit", exports={"double": lambda n: 2 * n}, workers=4)
    with callback, hms.connect("test:soak/work") as client:
        seed = int(os.environ["SOAK_SEED"])
        workers = [
            threading.Thread(target=work, args=(tally, client, seed * 1000 + number), name=f"worker {number}")
            for number in range(threads)
        ]
        for worker in workers:
            worker.start()
        tally.run_until_stopped(stop, workers, client)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
