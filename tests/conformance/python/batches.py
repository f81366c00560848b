"""Cases about batches and retry."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from expect import equal, fails, is_declared, is_failure
from together import Holding, key

Case = Callable[[], None]


def batches(client: Any) -> dict[str, Case]:
    types = client.types

    def different() -> None:
        calls, expected = [], []
        for i in range(64):
            choice = None if i % 8 == 7 else i
            function, value = [
                (client.echo_u32, i),
                (client.echo_string, str(i)),
                (client.echo_list_u16, [i]),
                (client.echo_option, choice),
            ][i % 4]
            calls.append(function.bind(value))
            expected.append(value)
        equal(client.batch(calls), expected)

    def errors() -> None:
        problem = types.Problem("late", 255)
        seven, text, missing, record, bug, still = client.batch(
            [
                client.allow.bind(7),
                client.deny_text.bind("no"),
                client.fail_with.bind("not-found", "raised not-found"),
                client.deny_record.bind(problem),
                client.bug.bind(),
                client.echo_string.bind("still"),
            ]
        )
        equal([seven, still], [7, "still"])
        is_declared(text, "no")
        equal(is_failure(missing, "not-found", "raised not-found").sent, "maybe-executed")
        is_declared(record, problem)
        is_failure(bug, "internal")

    def large() -> None:
        given = bytes(i * 31 % 256 for i in range(3_000_000))
        results = client.batch(
            [
                client.echo_u32.bind(1),
                client.echo_bytes.bind(given),
                client.echo_u32.bind(2),
                client.make_bytes.bind(3_000_000),
                client.echo_u32.bind(3),
            ]
        )
        equal(results, [1, given, 2, (bytes(range(256)) * 12_000)[:3_000_000], 3])

    def late() -> None:
        first, held, last = client.batch(
            [
                client.echo_u32.bind(1),
                client.hold.bind(key("batch-late"), timeout=0.5),
                client.echo_u32.bind(2),
            ]
        )
        equal([first, last], [1, 2])
        is_failure(held, "deadline-exceeded")
        equal(client.released(key("batch-late")), True)

    return {
        "batch": different,
        "batch-errors": errors,
        "batch-large": large,
        "batch-over-quota": lambda: equal(
            client.batch(client.echo_u32.bind(i) for i in range(3000)), list(range(3000))
        ),
        "batch-empty": lambda: equal(client.batch([]), []),
        "batch-deadline": late,
    }


async def batch_cancel(client: Any) -> None:
    """A batch that is awaited ends with its task."""
    names = [key("batch-a"), key("batch-b")]
    holding = Holding(client.batch(client.hold.bind(name, timeout=None) for name in names))
    equal([await client.held(name) for name in names], [True, True])
    await holding.cancel()
    equal(await asyncio.gather(*(client.released(name) for name in names)), [True, True])


def retries(client: Any) -> dict[str, Case]:
    def idempotent() -> None:
        equal(client.flaky(key("retry"), 2), 3)
        equal(client.tally(key("retry")), 3)

    def gives_up() -> None:
        error = fails(lambda: client.flaky(key("hopeless"), 1000), "unavailable")
        equal([error.sent, client.tally(key("hopeless"))], ["maybe-executed", 5])

    def otherwise() -> None:
        error = fails(lambda: client.flaky_once(key("once"), 1), "unavailable")
        equal([error.sent, client.tally(key("once"))], ["maybe-executed", 1])
        equal(client.flaky_once(key("once"), 1), 2)

    def batch() -> None:
        names = [key("batch-retry"), key("batch-once")]
        again, once, plain = client.batch(
            [client.flaky.bind(names[0], 1), client.flaky_once.bind(names[1], 1), client.echo_u32.bind(3)]
        )
        equal([again, plain], [2, 3])
        is_failure(once, "unavailable")
        equal([client.tally(name) for name in names], [2, 1])

    return {
        "retry-idempotent": idempotent,
        "retry-gives-up": gives_up,
        "no-retry-otherwise": otherwise,
        "batch-retry": batch,
    }
