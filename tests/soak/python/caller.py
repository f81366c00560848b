"""A caller of the soak: Python threads. `caller.py NAME THREADS`."""

from __future__ import annotations

import os
import random
import sys
import threading
from typing import Any

import hms_ffi as hms
from calls import KINDS, Expected, choose, draw, is_right_error
from tally import Tally, clock

stop = threading.Event()


def right(tally: Tally, client: Any, kind: str, expected: Expected) -> None:
    """An idempotent call, which must be answered rightly."""
    start = clock()
    try:
        answer = client.call(expected.function.replace("_", "-"), *expected.args)
    except hms.HmsError as error:
        if is_right_error(expected, error):
            tally.ended(kind, "declared", clock() - start)
        else:
            tally.lost(kind, error, clock() - start)
        return
    if expected.is_right(answer):
        tally.ended(kind, "ok", clock() - start)
    else:
        tally.lost(kind, f"wrong answer to {expected.function}", clock() - start)


def note(tally: Tally, client: Any) -> None:
    id = tally.next_note()
    try:
        client.note(id)
        tally.noted(id, None)
    except hms.HmsError as error:
        tally.noted(id, error)


def hurry(tally: Tally, client: Any, dice: random.Random) -> None:
    """A deadline that is often too short."""
    start = clock()
    try:
        answer = client.linger(20, timeout=dice.random() * 0.04)
    except hms.DeadlineExceeded:
        tally.ended("hurry", "late")
    except hms.HmsError as error:
        # A provider that dies may leave too little time for another.
        tally.ended("hurry", f"{error.code}")
    else:
        if answer == 20:
            tally.ended("hurry", "ok")
        else:
            tally.lost("hurry", f"wrong answer {answer}", clock() - start)


def batch(tally: Tally, client: Any, dice: random.Random) -> None:
    """Calls of several functions in one, among them some with declared errors."""
    drawn = [draw(dice.choice(["add", "price", "ask-back"]), dice, client.types) for _ in range(dice.randrange(1, 20))]
    start = clock()
    answers = client.batch(getattr(client, expected.function).bind(*expected.args) for expected in drawn)
    seconds = clock() - start
    if len(answers) != len(drawn):
        tally.lost("batch", f"{len(answers)} answers to {len(drawn)} calls", seconds)
    for expected, answer in zip(drawn, answers, strict=False):
        if isinstance(answer, hms.HmsError):
            if is_right_error(expected, answer):
                tally.ended("batch", "declared", seconds)
            else:
                tally.lost("batch", answer, seconds)
        elif expected.is_right(answer):
            tally.ended("batch", "ok", seconds)
        else:
            tally.lost("batch", f"wrong answer to {expected.function}", seconds)


def work(tally: Tally, client: Any, seed: int) -> None:
    dice = random.Random(seed)
    batches = hasattr(client, "batch")
    while not stop.is_set():
        kind = choose(dice)
        if kind == "note":
            note(tally, client)
        elif kind == "hurry":
            hurry(tally, client, dice)
        elif kind == "batch" and batches:
            batch(tally, client, dice)
        elif kind in ("cancel", "batch"):
            # Nothing but a signal cancels a thread's call: that is for the callers with event loops.
            right(tally, client, "linger", draw("linger", dice, client.types))
        else:
            right(tally, client, kind, draw(kind, dice, client.types))


def main(name: str, threads: int) -> None:
    assert set(KINDS) >= {"note", "hurry", "batch"}
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
        tally.run_until_stopped(stop, workers)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
