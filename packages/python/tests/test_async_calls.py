"""Awaited calls: how they go with tasks, scopes, loops and threads."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import hms_ffi as hms
import pytest

ECHO = "test:echo/echo"


class Echo:
    """`hold` waits until its caller is gone or `go` is set."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.held = threading.Semaphore(0)
        self.released = threading.Semaphore(0)
        self.calls = 0

    def echo(self, value: int) -> int:
        self.calls += 1
        return value

    def hold(self, value: int) -> int:
        self.held.release()
        call = hms.current_call()
        assert call is not None
        while not call.cancelled and not self.go.wait(0.001):
            pass
        self.released.release()
        return value

    def refuse(self, value: int) -> int:
        raise hms.NotFound(f"no {value}")

    def deny(self, value: int) -> int:
        raise hms.DeclaredError(f"denied {value}")


@pytest.fixture
def echo() -> Iterator[Echo]:
    handlers = Echo()
    with hms.Component(ECHO, wit="wit/echo.wit", exports=handlers, workers=4):
        yield handlers
        handlers.go.set()


Run = Callable[[Any], Any]


def _uvloop() -> Any:
    return pytest.importorskip("uvloop").new_event_loop()


@pytest.fixture(params=[asyncio.new_event_loop, _uvloop], ids=["asyncio", "uvloop"])
def run(request: Any) -> Run:
    """Runs a coroutine in a loop of asyncio, and in one of uvloop."""

    def run(main: Any) -> Any:
        with asyncio.Runner(loop_factory=request.param, debug=request.param is asyncio.new_event_loop) as runner:
            return runner.run(main)

    return run


async def ended(*calls: Any) -> None:
    """Waits until calls have ended without awaiting them themselves."""
    await asyncio.gather(*calls, return_exceptions=True)


def test_await_in_every_way(echo: Echo, run: Run) -> None:
    async def main() -> None:
        async with hms.aconnect(ECHO) as client:
            assert client.interface == "test:echo/echo@1.0.0"
            assert await client.echo(1) == 1
            assert await client.echo(value=2, timeout=5) == 2
            assert await client.call("echo", 3, timeout=None) == 3
            assert await client.echo.bind(4)() == 4
            assert await asyncio.gather(*(client.echo(n) for n in range(100))) == list(range(100))
            assert await asyncio.wait_for(client.echo(5), 5) == 5
            assert await asyncio.shield(client.echo(6)) == 6
            assert await asyncio.create_task(client.echo(7)) == 7
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(client.echo(n)) for n in range(3)]
            assert [task.result() for task in tasks] == [0, 1, 2]
            # As with coroutines, `wait` takes tasks.
            done, pending = await asyncio.wait({asyncio.create_task(client.echo(n)) for n in range(5)})
            assert (sorted(call.result() for call in done), pending) == ([0, 1, 2, 3, 4], set())
            found = [await call for call in asyncio.as_completed([client.echo(n) for n in range(5)])]
            assert sorted(found) == [0, 1, 2, 3, 4]
        plain = await hms.aconnect(ECHO)
        assert await plain.echo(8) == 8
        await plain.aclose()
        with pytest.raises(hms.FailedPrecondition, match="closed"):
            await plain.echo(9)

    run(main())


def test_errors_of_awaited_calls(echo: Echo, run: Run) -> None:
    async def main() -> None:
        async with hms.aconnect(ECHO) as client:
            with pytest.raises(hms.NotFound, match="no 1") as missing:
                await client.refuse(1)
            assert [frame.function.rpartition(".")[2] for frame in missing.value.trace] == ["main", "refuse"]
            assert any("Remote traceback" in note for note in missing.value.__notes__)
            with pytest.raises(hms.DeclaredError) as denied:
                await client.deny(2)
            assert denied.value.value == "denied 2"
            # What does not fit the parameters is a mistake of the code; a wrong value is the call's own error.
            with pytest.raises(hms.InvalidCall):
                client.echo()
            with pytest.raises(hms.InvalidArgument, match="timeout"):
                client.echo(1, timeout=-1)
            found: Any = await asyncio.gather(
                client.echo("x"), client.echo(1), client.refuse(2), return_exceptions=True
            )
            assert [type(value) for value in found] == [hms.InvalidArgument, int, hms.NotFound]
            assert found[0].sent == "not-sent"
            with pytest.raises(hms.DeadlineExceeded) as late:
                await client.echo(1, timeout=0)
            assert late.value.sent == "not-sent"
            with pytest.raises(hms.DeadlineExceeded) as late:
                await client.hold(1, timeout=0.05)
            assert late.value.sent == "maybe-executed"

    run(main())


def test_no_provider(run: Run) -> None:
    async def main() -> None:
        with pytest.raises(hms.Unavailable):
            await hms.aconnect(ECHO, timeout=0.2)

    run(main())


def test_a_call_is_awaited_once(echo: Echo, run: Run) -> None:
    async def main() -> None:
        async with hms.aconnect(ECHO) as client:
            call = client.echo(1)
            assert await call == 1
            with pytest.raises(hms.FailedPrecondition, match="awaited before"):
                await call
            call = client.hold(2)
            task = asyncio.create_task(call)
            await asyncio.sleep(0)
            with pytest.raises(hms.FailedPrecondition, match="awaited before"):
                await call
            with pytest.raises(hms.FailedPrecondition, match="awaited before"):
                await asyncio.create_task(call)
            echo.go.set()
            assert await task == 2
            failed = client.refuse(3)
            for error in (hms.NotFound, hms.FailedPrecondition):
                with pytest.raises(error):
                    await failed

    run(main())


def test_cancelling_scopes_cancel_the_call(echo: Echo, run: Run) -> None:
    async def main() -> None:
        async with hms.aconnect(ECHO) as client:

            async def held() -> Any:
                call = client.hold(1, timeout=None)
                assert await asyncio.to_thread(echo.held.acquire, timeout=10)
                return call

            async def released() -> None:
                assert await asyncio.to_thread(echo.released.acquire, timeout=10)

            call = await held()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await call
            await released()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(await held(), 0.01)
            await released()

            task = asyncio.create_task(await held())
            await asyncio.sleep(0)
            task.cancel("enough")
            with pytest.raises(asyncio.CancelledError):
                await task
            await released()

            async def fail() -> None:
                raise ZeroDivisionError

            async def group() -> None:
                async with asyncio.TaskGroup() as group:
                    group.create_task(client.hold(1))
                    group.create_task(fail())

            with pytest.raises(ExceptionGroup):
                await group()
            assert await client.echo(1) == 1

            call = client.hold(1)
            assert call.cancel()
            assert call.cancelled()
            assert not call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call

    run(main())


def test_cancelling_what_has_ended_changes_nothing(echo: Echo, run: Run) -> None:
    async def main() -> None:
        async with hms.aconnect(ECHO) as client:
            call = client.echo(1)
            await ended(call)
            assert not call.cancel()
            assert not call.cancelled()
            assert call.result() == 1
            assert await call == 1
            with pytest.raises(asyncio.InvalidStateError):
                client.echo(2).result()

    run(main())


def test_a_late_reply_is_discarded(echo: Echo, run: Run) -> None:
    async def main() -> None:
        async with hms.aconnect(ECHO) as client:
            for n in range(300):
                call = client.echo(-n)
                await asyncio.sleep(0)
                call.cancel()
                assert await client.echo(n) == n

    run(main())


def test_an_abandoned_coroutine_gives_its_call_up(echo: Echo, run: Run) -> None:
    async def main() -> None:
        async with hms.aconnect(ECHO) as client:

            async def wait() -> None:
                await client.hold(1, timeout=None)

            coroutine = wait()
            coroutine.send(None)
            assert await asyncio.to_thread(echo.held.acquire, timeout=10)
            coroutine.close()
            assert await asyncio.to_thread(echo.released.acquire, timeout=10)

    run(main())


def test_closing_the_client_ends_its_calls(echo: Echo, run: Run) -> None:
    async def main() -> None:
        client = await hms.aconnect(ECHO)
        call = client.hold(1)
        await asyncio.to_thread(echo.held.acquire, timeout=10)
        await client.aclose()
        with pytest.raises(hms.Cancelled, match="closed"):
            await call

    run(main())


def test_callbacks(echo: Echo, run: Run) -> None:
    async def main() -> None:
        seen: list[Any] = []
        reported: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, about: reported.append(about["exception"]))
        async with hms.aconnect(ECHO) as client:
            call = client.echo(1)
            call.add_done_callback(seen.append)
            call.add_done_callback(lambda call: 1 // 0)
            call.add_done_callback(seen.append)
            call.add_done_callback(print)
            assert call.remove_done_callback(print) == 1
            await ended(call)
            assert seen == [call, call]
            assert [type(error) for error in reported] == [ZeroDivisionError]
            call.add_done_callback(seen.append)
            await asyncio.sleep(0)
            assert seen == [call, call, call]

    run(main())


def test_batch(echo: Echo, run: Run) -> None:
    def check(results: list[Any]) -> None:
        assert results[0] == 1
        assert isinstance(results[1], hms.NotFound)
        assert isinstance(results[2], hms.DeclaredError)
        assert results[2].value == "denied 3"
        assert results[3:] == [4]

    def bound(client: Any) -> Iterator[Any]:
        return (f.bind(n) for n, f in enumerate([client.echo, client.refuse, client.deny, client.echo], 1))

    async def main(other: Any) -> None:
        async with hms.aconnect(ECHO, max_calls=100) as client:
            check(await client.batch(bound(client)))
            assert await client.batch([]) == []
            # More than fits on the link.
            assert await client.batch(client.echo.bind(n) for n in range(3000)) == list(range(3000))
            with pytest.raises(hms.InvalidArgument, match="item 1 is no call"):
                await client.batch([client.echo.bind(1), 5])  # type: ignore[list-item]
            with pytest.raises(hms.InvalidArgument, match="item 0 is a call of another client"):
                await client.batch([other.echo.bind(1)])
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await client.batch(client.hold.bind(n) for n in range(200))
            assert await client.echo(1) == 1

    with hms.connect(ECHO, max_calls=100) as client:
        check(client.batch(bound(client)))
        assert client.batch([]) == []
        assert client.batch(client.echo.bind(n) for n in range(3000)) == list(range(3000))
        assert [type(late) for late in client.batch([client.hold.bind(1, timeout=0.05)])] == [hms.DeadlineExceeded]
        with pytest.raises(hms.InvalidArgument, match="item 0 is no call"):
            client.batch([client.echo])
        assert client.metrics().calls > 3000
        run(main(client))


def test_a_million_pending_calls_are_bounded(echo: Echo, run: Run) -> None:
    count = 1_000_000 if "HMS_LONG_TESTS" in os.environ else 5_000

    async def main() -> None:
        async with hms.aconnect(ECHO) as client:
            calls = [client.hold(n, timeout=None) for n in range(count)]
            refused = calls[-1]
            with pytest.raises(hms.ResourceExhausted) as full:
                await refused
            assert full.value.sent == "not-sent"
            pending = [call for call in calls if not call.done()]
            assert len(pending) <= 1024
            echo.go.set()
            await ended(*pending)
            assert await client.echo(1) == 1

    run(main())


def test_ten_thousand_calls_in_flight(run: Run) -> None:
    """The provider's bounds are raised too: one gives the quota of its links, the other has room for the calls."""
    echo = Echo()

    async def main() -> None:
        before = threading.active_count()
        async with hms.aconnect(ECHO, max_calls=10_000) as client:
            calls = [client.hold(n, timeout=None) for n in range(10_000)]
            await asyncio.to_thread(echo.held.acquire, timeout=10)
            assert threading.active_count() <= before + 1
            echo.go.set()
            assert await asyncio.gather(*calls) == list(range(10_000))

    with hms.Component(ECHO, wit="wit/echo.wit", exports=echo, queue=10_000, max_calls=10_000):
        run(main())


def test_loops_of_several_threads(echo: Echo) -> None:
    failures: list[BaseException] = []

    async def main(first: int) -> None:
        async with hms.aconnect(ECHO) as client:
            for n in range(20):
                start = first + 100 * n
                assert await asyncio.gather(*(client.echo(start + i) for i in range(20))) == [*range(start, start + 20)]

    def life(first: int) -> None:
        try:
            asyncio.run(main(first))
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=life, args=(n * 10_000,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_client_belongs_to_its_loop(echo: Echo, run: Run) -> None:
    async def connect() -> Any:
        return await hms.aconnect(ECHO)

    async def use(client: Any) -> None:
        with pytest.raises(hms.FailedPrecondition, match="another event loop"):
            await client.echo(1)

    loop = asyncio.new_event_loop()
    client = loop.run_until_complete(connect())
    with pytest.raises(hms.FailedPrecondition, match="no event loop runs here"):
        client.echo(1)
    run(use(client))
    loop.close()
    with pytest.raises(hms.FailedPrecondition, match="was closed"):
        client.echo(1)
    with pytest.raises(RuntimeError):
        hms.aconnect(ECHO).__await__().send(None)


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_a_loop_closed_under_a_call(echo: Echo, run: Run) -> None:
    async def leave() -> Any:
        client = await hms.aconnect(ECHO)
        call = client.hold(1, timeout=None)
        await asyncio.to_thread(echo.held.acquire, timeout=10)
        return client, call

    async def come(call: Any) -> None:
        await call

    client, call = run(leave())
    # The provider is told, and whoever still has the call learns why it ended.
    assert echo.released.acquire(timeout=10)
    with pytest.raises(hms.FailedPrecondition, match="event loop was closed"):
        call.result()
    with pytest.raises(hms.FailedPrecondition, match="event loop was closed"):
        run(come(call))
    assert not call.cancel()
    assert client.interface


def test_closed_loops_leave_nothing_behind(echo: Echo, run: Run) -> None:
    async def main() -> Any:
        client = await hms.aconnect(ECHO)
        assert await client.echo(1) == 1
        return weakref.ref(asyncio.get_running_loop())

    run(main())
    gc.collect()
    before = descriptors()
    loops = [run(main()) for _ in range(20)]
    gc.collect()
    assert descriptors() <= before + 2
    assert [loop() for loop in loops] == [None] * 20


def test_calls_of_one_turn_are_sent_together(echo: Echo) -> None:
    flushes = 0

    class Counting(asyncio.SelectorEventLoop):
        def call_soon(self, callback: Any, *args: Any, context: Any = None) -> Any:  # type: ignore[override]
            nonlocal flushes
            flushes += getattr(callback, "__name__", "") == "flush"
            return super().call_soon(callback, *args, context=context)

    async def main() -> None:
        nonlocal flushes
        async with hms.aconnect(ECHO) as client:
            # The connect is over, and with it the turn in which it ended.
            await asyncio.sleep(0)
            flushes = 0
            calls = [client.echo(n) for n in range(50)]
            assert flushes == 1
            assert [await call for call in calls] == list(range(50))

    with asyncio.Runner(loop_factory=Counting) as runner:
        runner.run(main())


def test_interrupt_of_an_awaited_call(echo: Echo) -> None:
    import signal

    async def main() -> None:
        async with hms.aconnect(ECHO) as client:
            loop = asyncio.get_running_loop()

            def interrupt() -> None:
                echo.held.acquire(timeout=10)
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

            loop.run_in_executor(None, interrupt)
            await client.hold(1, timeout=None)

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(main())
    assert echo.released.acquire(timeout=10)


FORK = """
import asyncio, os, sys, hms_ffi as hms

async def child(inherited):
    try:
        await inherited.echo(1)
    except hms.FailedPrecondition as error:
        assert "parent process" in str(error), error
    else:
        raise AssertionError
    async with hms.aconnect("test:echo/echo") as client:
        assert await client.echo(2) == 2

async def main():
    async with hms.aconnect("test:echo/echo") as client:
        assert await client.echo(1) == 1
        pid = os.fork()
        if pid == 0:
            # As a server that forks its workers: the child has a loop of its own.
            asyncio.events._set_running_loop(None)
            asyncio.run(child(client))
            print("child called", flush=True)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert await client.echo(3) == 3
        print("parent called")

asyncio.run(main())
"""


def test_a_forked_child_has_no_client_of_its_parents_loop(echo: Echo, program: Any) -> None:
    assert program(FORK, options=()).communicate(timeout=30) == ("child called\nparent called\n", "")


def test_garbage(echo: Echo, run: Run) -> None:
    """Calls that nobody awaits, and cycles through them, are collected."""

    async def main() -> None:
        async with hms.aconnect(ECHO) as client:
            calls = [client.echo(n) for n in range(10)]
            await ended(*calls)
            watched = [weakref.ref(call) for call in calls]
            del calls
            # The future of `gather` goes with the turn in which it ended.
            await asyncio.sleep(0)
            gc.collect()
            assert [ref() for ref in watched] == [None] * 10

            class Cycle:
                pass

            cycle = Cycle()
            call = client.hold(1)
            cycle.call = call  # type: ignore[attr-defined]
            call.add_done_callback(lambda call, cycle=cycle: None)
            seen = weakref.ref(cycle)
            call.cancel()
            del call, cycle
            await asyncio.sleep(0)
            gc.collect()
            assert seen() is None

    run(main())
