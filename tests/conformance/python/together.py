"""Cases with many calls of one task at once: they run in an event loop, with a client that is awaited."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import hms_ffi as hms
from callback import Callback
from expect import adeclares, afails, equal, ok

Case = Callable[[], Coroutine[Any, Any, None]]


def key(name: str) -> str:
    return f"{name}-python-{os.getpid()}"


async def gather(count: int, start: Callable[[int], Awaitable[Any]]) -> list[Any]:
    """Starts `count` calls before it awaits the first."""
    return list(await asyncio.gather(*(start(i) for i in range(count))))


class Holding:
    """A call of `hold` or `nested_hold` on its way, without a deadline."""

    def __init__(self, call: Awaitable[None]) -> None:
        async def held() -> None:
            await call

        self.task = asyncio.create_task(held())

    async def cancel(self) -> None:
        """Cancels the task; it ends as a cancelled task does."""
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task
        ok(self.task.cancelled(), "the task was cancelled")


def many(client: Any) -> dict[str, Case]:
    async def one() -> None:
        equal(await client.echo_string("one"), "one")

    async def meet() -> None:
        equal(await gather(64, lambda _: client.meet(key("many"), 64)), [64] * 64)

    async def thousand() -> None:
        equal(await gather(1000, client.echo_u32), list(range(1000)))

    async def over_quota() -> None:
        answered = 0

        async def echo(i: int) -> None:
            nonlocal answered
            try:
                equal(await client.echo_u32(i), i)
                answered += 1
            except hms.ResourceExhausted as error:
                equal(error.sent, "not-sent")

        await gather(3000, echo)
        ok(answered >= 1000, f"{answered} calls were answered")
        equal(await client.echo_u8(1), 1)

    async def another_order() -> None:
        first = asyncio.ensure_future(client.meet(key("first"), 2))
        equal(await gather(8, lambda _: client.meet(key("second"), 8)), [8] * 8)
        ok(not first.done(), "the first call is waiting")
        equal([await client.meet(key("first"), 2), await first], [2, 2])

    async def errors() -> None:
        async def each(i: int) -> None:
            text = str(i)
            match i % 4:
                case 0:
                    equal(await client.echo_u32(i), i)
                case 1:
                    await adeclares(client.deny_text(text), text)
                case 2:
                    await afails(client.fail_with("aborted", text), "aborted", text)
                case _:
                    equal(await client.echo_string(text), text)

        await gather(64, each)

    async def nested() -> None:
        equal(await gather(32, lambda _: client.bounce(4)), [4] * 32)

    async def cancel_one() -> None:
        one = Holding(client.hold(key("one"), timeout=None))
        other = Holding(client.hold(key("other"), timeout=None))
        equal([await client.held(key("one")), await client.held(key("other"))], [True, True])
        await one.cancel()
        equal(await client.released(key("one")), True)
        ok(not other.task.done(), "the second call runs on")
        await other.cancel()
        equal(await client.released(key("other")), True)

    return {
        "await-one": one,
        "await-many": meet,
        "await-thousand": thousand,
        "await-over-quota": over_quota,
        "await-in-another-order": another_order,
        "await-errors": errors,
        "await-nested": nested,
        "cancel-one-of-many": cancel_one,
    }


def endings(client: Any, callback: Callback) -> dict[str, Case]:
    async def past() -> None:
        error = await afails(client.flaky_once(key("past"), 0, timeout=0), "deadline-exceeded")
        equal([error.sent, await client.tally(key("past"))], ["not-sent", 0])

    async def before_start() -> None:
        async def call() -> None:
            await client.flaky_once(key("early"), 0)

        task = asyncio.create_task(call())
        task.cancel()
        await asyncio.wait({task})
        ok(task.cancelled(), "the task was cancelled")
        equal(await client.tally(key("early")), 0)

    async def ended() -> None:
        async def call() -> int:
            number: int = await client.echo_u32(7)
            return number

        task = asyncio.create_task(call())
        equal(await task, 7)
        ok(not task.cancel(), "an ended task cannot be cancelled")
        equal(await task, 7)
        equal(await client.echo_u8(1), 1)

    async def nested() -> None:
        holding = Holding(client.nested_hold(key("nested"), timeout=None))
        ok(await asyncio.to_thread(callback.held.wait, key("nested")), "the callback runs")
        await holding.cancel()
        ok(await asyncio.to_thread(callback.released.wait, key("nested")), "the callback was told")
        equal(await client.released(key("nested")), True)

    async def nested_deadline() -> None:
        await afails(client.nested_hold(key("late"), timeout=1), "deadline-exceeded")
        ok(await asyncio.to_thread(callback.released.wait, key("late")), "the callback was told")
        equal(await client.released(key("late")), True)

    return {
        "deadline-in-the-past": past,
        "cancel-before-start": before_start,
        "cancel-ended": ended,
        "nested-cancel": nested,
        "nested-deadline-exceeded": nested_deadline,
    }
