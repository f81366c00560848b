"""The caller of the conformance suite: runs all cases and prints one line for each."""

from __future__ import annotations

import asyncio
import pathlib
import sys
from collections.abc import Callable
from typing import Any

import hms_ffi as hms
from batches import batch_cancel, batches, retries
from callback import Callback
from cases import cases
from mistakes import mistakes
from together import Case, endings, many
from versions import versions

NAMES = [
    line
    for line in (pathlib.Path(__file__).parent.parent / "cases.txt").read_text().splitlines()
    if line and not line.startswith("#")
]

client = hms.connect("test:conformance/suite", timeout=10)
serving = Callback(client)
component = hms.Component("test:conformance/callback", wit="../conformance.wit", exports=serving)
serving.denial = component.types.Denial.Duplicate()
early = hms.connect("test:versions/early", wit="../versions/new.wit", timeout=10)
late = hms.connect("test:versions/late", wit="../versions/old.wit", timeout=10)


async def connected() -> Any:
    return await hms.aconnect("test:conformance/suite", timeout=10)


def in_loop(case: Case) -> Callable[[], None]:
    """A case that runs in the event loop."""
    return lambda: runner.run(case())


failed = 0
with component, client, early, late, asyncio.Runner() as runner:
    awaited = runner.run(connected())
    every = cases(client) | mistakes(client) | versions(early, late) | batches(client) | retries(client)
    in_task = many(awaited) | endings(awaited, serving) | {"batch-cancel": lambda: batch_cancel(awaited)}
    every |= {name: in_loop(case) for name, case in in_task.items()}
    for name in NAMES:
        run = every.get(name)
        if run is None:
            print(f"absent {name}")
            continue
        try:
            run()
            print(f"ok {name}", flush=True)
        except (Exception, KeyboardInterrupt) as error:
            failed += 1
            said = f"{type(error).__name__}: {error}".replace("\n", " ")
            print(f"not ok {name}: {said}", flush=True)
    runner.run(awaited.aclose())
sys.exit(1 if failed else 0)
