"""The caller of the conformance suite: runs all cases and prints one line for each."""

from __future__ import annotations

import pathlib
import sys

import hms_ffi as hms
from callback import Callback
from cases import cases
from mistakes import mistakes
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

failed = 0
with component, client, early, late:
    every = cases(client) | mistakes(client) | versions(early, late)
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
sys.exit(1 if failed else 0)
