"""A provider on an event loop whose coroutines fork and start processes: the children call, the provider serves on."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
from pathlib import Path
from typing import Any

import hms_ffi as hms

WIT = Path(__file__).with_name("forking.wit")
outer = hms.connect("test:host/desk")
forking = hms.Component("test:forking/desk", wit=WIT)


@forking.export
async def fork(how: str) -> int:
    """Forks; the child calls another provider and this one, from a loop of its own, and ends."""
    child = os.fork()
    if child == 0:
        try:
            assert outer.echo("child") == "child"
            asyncio.run(in_child())
        except BaseException as error:
            print(f"child: {error!r}", file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(7)
    return os.waitstatus_to_exitcode((await asyncio.to_thread(os.waitpid, child, 0))[1])


async def in_child() -> None:
    async with hms.aconnect("test:forking/desk") as parent:
        assert await parent.process() == os.getppid()
    # What the parent serves is not served here; it may be served anew, here where callers of the parent do not look.
    own_directory = Path(os.environ["HMS_RUNTIME_DIR"], f"child-{os.getpid()}")
    own_directory.mkdir(mode=0o700)
    os.environ["HMS_RUNTIME_DIR"] = str(own_directory)
    async with forking, hms.aconnect("test:forking/desk") as own:
        assert await own.process() == os.getpid()


@forking.export
async def process() -> int:
    return os.getpid()


@forking.export
async def run(method: str) -> int:
    context: Any = multiprocessing.get_context(method)
    child = context.Process(target=ask)
    child.start()
    await asyncio.to_thread(child.join)
    return int(child.exitcode or 0)


def ask() -> None:
    with hms.connect("test:host/desk") as desk:
        assert desk.echo("x") == "x"
    sys.exit(9)


async def main() -> None:
    async with forking:
        caller = await asyncio.create_subprocess_exec(
            *(sys.executable, __file__, "call"), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await caller.communicate()
        assert said == b"called\n", said
        assert caller.returncode == 0


async def call() -> None:
    async with hms.aconnect("test:forking/desk") as desk:
        provider = await desk.process()
        for _ in range(3):
            forked = [desk.fork("", timeout=20) for _ in range(3)]
            assert await asyncio.gather(*forked) == [7, 7, 7]
            assert await desk.process() == provider
        assert await desk.run("fork") == 9
        assert await desk.run("spawn") == 9
        assert await desk.process() == provider


if __name__ == "__main__":
    if "call" in sys.argv[1:]:
        asyncio.run(call())
        print("called")
    else:
        asyncio.run(main())
        print("done")
