"""Cases about values, errors, deadlines, size and calls back."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

from expect import declares, equal, fails, ok
from hms_ffi import Code
from values import MANY, sample, values

Case = Callable[[], None]


def echoes(client: Any) -> dict[str, Case]:
    def all_of(name: str, given: list[Any]) -> Case:
        def run() -> None:
            for value in given:
                equal(client.call(name, value), value)

        return run

    return {name: all_of(name, given) for name, given in values(client.types).items()}


def plain(client: Any) -> dict[str, Case]:
    types = client.types

    def echo_many() -> None:
        for args in MANY:
            equal(client.echo_many(*args), args)

    def is_sample() -> None:
        equal(client.is_sample(sample(types)), True)
        other = sample(types)
        other.price = Decimal("1.1")
        equal(client.is_sample(other), False)

    return {
        "echo-many": echo_many,
        "nothing": lambda: equal(client.nothing(), None),
        "make-sample": lambda: equal(client.make_sample(), sample(types)),
        "is-sample": is_sample,
        "still-usable": lambda: equal(client.echo_string("still"), "still"),
    }


def errors(client: Any) -> dict[str, Case]:
    types = client.types

    def fail_with(code: str) -> Case:
        def run() -> None:
            error = fails(lambda: client.fail_with(code, f"raised {code}"), code, f"raised {code}")
            equal(error.sent, "maybe-executed")

        return run

    def details() -> None:
        given = {"hint": "retry", "n": 3}
        equal(fails(lambda: client.fail_with_details(given), "failed-precondition").details, given)

    def bug() -> None:
        fails(client.bug, "internal")
        equal(client.echo_u8(1), 1)

    def deny(name: str, *given: Any) -> Case:
        def run() -> None:
            for value in given:
                declares(lambda: client.call(name, value), value)  # noqa: B023

        return run

    denial = types.Denial
    denials = [denial.Duplicate(), denial.NotCovered("no lines"), denial.OverLimit(Decimal("10.50"))]
    return {f"fail-with-{code}": fail_with(code.value) for code in Code} | {
        "fail-with-details": details,
        "bug": bug,
        "deny-text": deny("deny-text", "no", ""),
        "deny-record": deny("deny-record", types.Problem("late", 255)),
        "deny-enum": deny("deny-enum", types.Color.BLUE),
        "deny-variant": deny("deny-variant", *denials),
        "deny-option": deny("deny-option", None, 5),
        "deny-bare": lambda: declares(client.deny_bare, None),
        "allow": lambda: equal(client.allow(7), 7),
        "allow-bare": lambda: equal(client.allow_bare(), None),
    }


def deadlines(client: Any) -> dict[str, Case]:
    def key(name: str) -> str:
        return f"{name}-python-{os.getpid()}"

    def default_deadline() -> None:
        # The client of this program has another default.
        left = client.time_left(timeout=30)
        ok(20_000 < left <= 30_000, f"{left} ms")

    def own_deadline() -> None:
        left = client.time_left(timeout=5)
        ok(0 < left <= 5000, f"{left} ms")

    def cancel() -> None:
        main = threading.get_ident()

        def interrupt() -> None:
            if client.held(key("cancel")):
                signal.pthread_kill(main, signal.SIGINT)

        # A call that blocks is cancelled by an interrupt, as anything else in Python.
        other = threading.Thread(target=interrupt)
        other.start()
        try:
            client.hold(key("cancel"), timeout=None)
        except KeyboardInterrupt:
            return
        finally:
            other.join()
        raise AssertionError("the call was not interrupted")

    return {
        "default-deadline": default_deadline,
        "own-deadline": own_deadline,
        "no-deadline": lambda: equal(client.time_left(timeout=None), None),
        "deadline-exceeded": lambda: fails(lambda: client.hold(key("deadline"), timeout=0.05), "deadline-exceeded"),
        "deadline-releases-provider": lambda: equal(client.released(key("deadline")), True),
        "cancel": cancel,
        "cancel-releases-provider": lambda: equal(client.released(key("cancel")), True),
    }


def sizes(client: Any) -> dict[str, Case]:
    def string() -> None:
        text = "é" * 524_288
        ok(client.echo_string(text) == text, "the same text")

    def bytes_there_and_back() -> None:
        given = bytes(i * 31 % 256 for i in range(3_000_000))
        ok(client.echo_bytes(given) == given, "the same bytes")

    def bytes_from_provider() -> None:
        expected = (bytes(range(256)) * 12_000)[:3_000_000]
        ok(client.make_bytes(3_000_000) == expected, "the bytes that were asked for")

    def argument_over_limit() -> None:
        fails(lambda: client.echo_bytes(bytes(9_000_000)), "resource-exhausted")
        equal(client.echo_u8(1), 1)

    def result_over_limit() -> None:
        fails(lambda: client.make_bytes(9_000_000), "resource-exhausted")
        equal(client.echo_u8(1), 1)

    def nest(depth: int) -> list[Any]:
        value: list[Any] = []
        for _ in range(depth - 1):
            value = [value]
        return value

    def too_deep() -> None:
        fails(lambda: client.echo_document(nest(80)), "resource-exhausted")
        equal(client.echo_document(nest(20)), nest(20))

    def meet() -> None:
        room = f"room-python-{os.getpid()}"
        with ThreadPoolExecutor(8) as pool:
            equal(list(pool.map(lambda _: client.meet(room, 8), range(8))), [8] * 8)

    def parallel() -> None:
        def work(i: int) -> None:
            equal(client.echo_u32(i), i)
            equal(client.echo_string(str(i)), str(i))

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(400)))

    return {
        "string-of-1-mib": string,
        "bytes-of-3-mb": bytes_there_and_back,
        "bytes-from-provider": bytes_from_provider,
        "argument-over-message-limit": argument_over_limit,
        "result-over-message-limit": result_over_limit,
        "document-too-deep": too_deep,
        "too-many-elements": lambda: fails(lambda: client.echo_list_string([""] * 100_001), "resource-exhausted"),
        "calls-meet": meet,
        "calls-in-parallel": parallel,
        "caller-identity": lambda: equal(client.who_calls(), (os.getuid(), os.getpid())),
    }


def nested(client: Any) -> dict[str, Case]:
    def nested_deadline() -> None:
        left = client.nested_time_left(timeout=5)
        ok(0 < left <= 5000, f"{left} ms")

    def code_kept() -> None:
        equal(fails(lambda: client.fail(1, "aborted"), "aborted").sent, "maybe-executed")

    def code_internal() -> None:
        cause = fails(lambda: client.fail(1, "not-found"), "internal").cause
        ok(cause is not None and cause.code == "not-found", f"{cause!r} is the cause")

    def trace() -> None:
        error = fails(lambda: client.fail(2, "aborted"), "aborted")
        handlers = [frame for frame in error.trace if frame.component.startswith("test:conformance/")]
        hops = [frame.component.partition("@")[0].rpartition("/")[2] for frame in handlers]
        order = [hop for at, hop in enumerate(hops) if at == 0 or hop != hops[at - 1]]
        equal(order, ["suite", "callback", "suite"])
        for frame in handlers:
            ok(bool(frame.language and frame.file) and frame.line > 0, f"{frame} names its place")
        own = next(frame for frame in handlers if "/callback" in frame.component)
        equal((own.language, os.path.basename(own.file)), ("python", "callback.py"))
        ok("callback.py" in "".join(error.__notes__), "the traceback shows the callback")

    return {
        "re-entrancy": lambda: equal(client.bounce(1), 1),
        "deep-re-entrancy": lambda: equal(client.bounce(6), 6),
        "nested-deadline": nested_deadline,
        "nested-no-deadline": lambda: equal(client.nested_time_left(timeout=None), None),
        "nested-code-kept": code_kept,
        "nested-code-internal": code_internal,
        "nested-declared-error": lambda: fails(client.nested_denial, "internal"),
        "three-hop-trace": trace,
    }


def cases(client: Any) -> dict[str, Case]:
    """All cases of this file by name."""
    return echoes(client) | plain(client) | errors(client) | deadlines(client) | sizes(client) | nested(client)
