"""Components with coroutine functions: one event loop for all of them, threads for the others."""

from __future__ import annotations

import asyncio
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import hms_ffi as hms
import pytest

ECHO = "test:echo/echo"


class Handlers:
    """Coroutine functions, and a function that blocks: `refuse`."""

    def __init__(self) -> None:
        self.loops: set[Any] = set()
        self.threads: set[Any] = set()
        self.held = threading.Semaphore(0)
        self.released: list[Any] = []
        self.ended = threading.Semaphore(0)
        self.go = threading.Event()
        self.at_once = self.most = 0

    async def echo(self, value: int) -> int:
        self.loops.add(asyncio.get_running_loop())
        self.threads.add(threading.current_thread())
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        call = hms.current_call()
        assert call is not None
        assert call.function == "echo"
        return value

    async def hold(self, value: int) -> int:
        self.held.release()
        call = hms.current_call()
        assert call is not None
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            self.released.append((value, call.cancelled, call.late))
            raise
        finally:
            self.ended.release()
        return value

    def refuse(self, value: int) -> int:
        self.held.release()
        self.go.wait(30)
        call = hms.current_call()
        assert call is not None
        raise hms.NotFound(f"{call.function} {value}")

    async def deny(self, value: int) -> int:
        await asyncio.sleep(0)
        raise hms.DeclaredError("declared") if value else KeyError("a mistake")


def component(handlers: Handlers, **options: Any) -> hms.Component:
    return hms.Component(ECHO, wit="wit/echo.wit", exports=handlers, **options)


def use(client: Any, handlers: Handlers) -> None:
    """What any client sees, however the component is served."""
    handlers.go.set()
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(client.echo, range(200))) == list(range(200))
    assert client.batch(client.echo.bind(n) for n in range(200)) == list(range(200))
    assert len(handlers.loops) == 1
    assert handlers.most > 1
    with pytest.raises(hms.NotFound, match="refuse 7"):
        client.refuse(7)
    with pytest.raises(hms.DeclaredError):
        client.deny(1)
    with pytest.raises(hms.Internal, match="KeyError") as mistake:
        client.deny(0)
    assert mistake.value.trace[-1].function == "Handlers.deny"
    with pytest.raises(hms.DeadlineExceeded):
        client.hold(1, timeout=0.1)
    assert handlers.ended.acquire(timeout=10)
    assert handlers.released == [(1, True, True)]


def test_with_serves_coroutine_functions_on_a_loop_of_their_own() -> None:
    handlers = Handlers()
    before = threading.active_count()
    with component(handlers), hms.connect(ECHO) as client:
        use(client, handlers)
        assert threading.main_thread() not in handlers.threads
    assert threading.active_count() <= before + 1


def test_async_with_serves_on_the_running_loop() -> None:
    handlers = Handlers()

    async def main() -> None:
        async with component(handlers):
            with await asyncio.to_thread(hms.connect, ECHO) as client:
                await asyncio.to_thread(use, client, handlers)
            assert handlers.loops == {asyncio.get_running_loop()}
            async with hms.aconnect(ECHO) as near:
                assert await asyncio.gather(*(near.echo(n) for n in range(100))) == list(range(100))
        with pytest.raises(hms.Unavailable):
            await hms.aconnect(ECHO, timeout=0.1)

    asyncio.run(main(), debug=True)


def test_cancelling_reaches_the_task() -> None:
    handlers = Handlers()

    async def main() -> None:
        async with component(handlers), hms.aconnect(ECHO) as client:
            call = client.hold(5, timeout=None)
            assert await asyncio.to_thread(handlers.held.acquire, timeout=10)
            call.cancel()
            assert await asyncio.to_thread(handlers.ended.acquire, timeout=10)
            assert handlers.released == [(5, True, False)]
            assert await client.echo(1) == 1

    asyncio.run(main())


def test_a_queued_call_that_is_late_never_starts() -> None:
    handlers = Handlers()
    with component(handlers, workers=1), hms.connect(ECHO) as client, ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.refuse, 1)
        assert handlers.held.acquire(timeout=10)
        with pytest.raises(hms.DeadlineExceeded):
            client.refuse(2, timeout=0.05)
        handlers.go.set()
        assert isinstance(first.exception(10), hms.NotFound)
        with pytest.raises(hms.NotFound):
            client.refuse(3)
        # The first and the third.
        assert handlers.held.acquire(timeout=10)
        assert not handlers.held.acquire(blocking=False)


def test_calls_beyond_the_bounds_are_refused() -> None:
    handlers = Handlers()

    async def main() -> None:
        async with component(handlers, max_concurrent=3, queue=2), hms.aconnect(ECHO, retries=0) as client:
            held = [client.hold(n) for n in range(3)]
            for _ in held:
                assert await asyncio.to_thread(handlers.held.acquire, timeout=10)
            queued = [client.echo(n) for n in range(2)]
            with pytest.raises(hms.ResourceExhausted, match="5 calls running and queued"):
                await client.echo(9)
            for call in held:
                call.cancel()
            assert [await call for call in queued] == [0, 1]

    asyncio.run(main())


def test_grace_and_what_follows_it() -> None:
    handlers = Handlers()

    async def main() -> None:
        serving = component(handlers)
        task = asyncio.create_task(serving.aserve(grace=0.05))
        client = await eventually()
        call = client.hold(1)
        assert await asyncio.to_thread(handlers.held.acquire, timeout=10)
        serving.stop()
        await task
        assert handlers.released == [(1, True, False)]
        with pytest.raises(hms.Unavailable):
            await call

    async def eventually() -> Any:
        while True:
            try:
                return await hms.aconnect(ECHO)
            except hms.Unavailable:
                await asyncio.sleep(0)

    asyncio.run(main())


def test_a_blocking_call_to_ones_own_loop_is_refused() -> None:
    handlers = Handlers()

    async def main() -> None:
        async with component(handlers):
            with pytest.raises(hms.FailedPrecondition, match="await the call instead"):
                hms.connect(ECHO)

    asyncio.run(main())


def test_served_once() -> None:
    async def main() -> None:
        serving = component(Handlers())
        async with serving:
            with pytest.raises(hms.FailedPrecondition, match="being served already"):
                await serving.aserve()
            with pytest.raises(hms.FailedPrecondition, match="being served already"):
                serving.serve()

    asyncio.run(main())


CHAIN = """
import asyncio, os, sys, threading, hms_ffi as hms

class Back:
    async def echo(self, value):
        return value if value == 0 else 1 + await there.echo(value - 1)
    async def hold(self, value):
        left = hms.current_call().remaining
        return -1 if left is None else int(left)
    def refuse(self, value): pass
    def deny(self, value): pass

async def main():
    global there
    async with hms.Component("test:echo/back", wit="wit/echo.wit", exports=Back()):
        async with hms.aconnect("test:echo/echo") as there:
            await asyncio.to_thread(sys.stdin.readline)
            print(await there.echo(6))
            print(await there.refuse(4))
            print(await there.hold(0, timeout=5), await there.hold(0, timeout=None))

asyncio.run(main())
"""


def test_calls_of_one_chain_in_two_loops(program: Any) -> None:
    """Calls back and forth, by coroutines and by blocking functions; nested calls inherit what is left."""
    back: Any = None
    again: Any = None

    class There:
        async def echo(self, value: int) -> Any:
            return value if value == 0 else 1 + await back.echo(value - 1)

        async def hold(self, value: int) -> Any:
            return await back.hold(value)

        # Blocks a thread for each call of the chain.
        def refuse(self, value: int) -> Any:
            return value if value == 0 else 1 + again.echo(value - 1)

        def deny(self, value: int) -> None: ...

    async def main() -> None:
        nonlocal back, again
        async with hms.Component(ECHO, wit="wit/echo.wit", exports=There(), workers=1):
            other = program(CHAIN, options=())
            while back is None:
                try:
                    back = await hms.aconnect("test:echo/back")
                except hms.Unavailable:
                    await asyncio.sleep(0)
            again = await asyncio.to_thread(hms.connect, "test:echo/back")
            out, err = await asyncio.to_thread(other.communicate, "go\n")
            assert err == ""
            assert out.split() == ["6", "4", "4", "-1"]
            await back.aclose()
            again.close()

    asyncio.run(main())


SIGNALLED = """
import asyncio, sys, hms_ffi as hms
component = hms.Component("test:echo/echo", wit="wit/echo.wit")

@component.export
async def echo(value):
    return value

@component.export
async def hold(value):
    print("held", flush=True)
    try:
        await asyncio.sleep(value / 1000)
    except asyncio.CancelledError:
        print("cancelled", flush=True)
        raise
    return value

@component.export
def refuse(value): ...

@component.export
async def deny(value): ...

if sys.argv[1] == "aserve":
    asyncio.run(component.aserve(grace=float(sys.argv[2])))
else:
    component.serve(grace=float(sys.argv[2]))
print("ended")
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("way", ["aserve", "serve"])
def test_a_signal_drains(program: Any, connect_soon: Any, way: str, number: int) -> None:
    provider = program(SIGNALLED, way, "30", options=())
    with connect_soon(ECHO) as client, ThreadPoolExecutor(1) as pool:
        call = pool.submit(client.hold, 300)
        assert provider.stdout.readline() == "held\n"
        provider.send_signal(number)
        assert call.result(30) == 300
        assert provider.communicate(timeout=30) == ("ended\n", "")
        assert provider.returncode == 0


def test_what_runs_after_the_grace_is_cancelled(program: Any, connect_soon: Any) -> None:
    provider = program(SIGNALLED, "serve", "0.05", options=())
    with connect_soon(ECHO) as client, ThreadPoolExecutor(1) as pool:
        call = pool.submit(client.hold, 60_000)
        assert provider.stdout.readline() == "held\n"
        provider.send_signal(signal.SIGTERM)
        assert isinstance(call.exception(30), hms.Unavailable)
        assert provider.communicate(timeout=30) == ("cancelled\nended\n", "")
