"""Clients and components: how they look, what they check, what handlers know."""

from __future__ import annotations

import asyncio
import inspect
import pickle
import queue
import sys
import threading
import time
from decimal import Decimal
from typing import Any

import hms_ffi as hms
import pytest


def adjudicator(**options: Any) -> hms.Component:
    component = hms.Component("hms:claims/adjudication", wit="wit/claims.wit", **options)
    types = component.types

    @component.export
    def adjudicate(claim: Any) -> Any:
        if not claim.lines:
            raise hms.DeclaredError(types.Denial.NotCovered("no lines"))
        return types.Decision(
            claim=claim.id, status=types.Status.APPROVED, paid=sum(line.charge for line in claim.lines)
        )

    return component


def test_call_in_every_way(claim: dict[str, Any]) -> None:
    with adjudicator(), hms.connect("hms:claims/adjudication") as claims:
        expected = claims.types.Decision(claim="c1", status=claims.types.Status.APPROVED, paid=Decimal("5.50"))
        assert claims.adjudicate(claim) == expected
        assert claims.adjudicate(claim=claim) == expected
        assert claims.adjudicate(claim, timeout=5) == expected
        assert claims.adjudicate(claim, timeout=None) == expected
        assert claims.call("adjudicate", claim) == expected
        bound = claims.adjudicate.bind(claim, timeout=5)
        assert bound() == bound() == expected


def test_clients_have_real_methods() -> None:
    with adjudicator(), hms.connect("hms:claims/adjudication@1.2") as claims:
        assert claims.interface == "hms:claims/adjudication@1.2.0"
        assert "adjudicate" in dir(claims)
        assert not any(name.startswith("[") for name in dir(claims))
        assert claims.adjudicate.__name__ == "adjudicate"
        assert claims.adjudicate.__doc__ == "Decide one claim."
        signature = inspect.signature(claims.adjudicate)
        assert str(signature) == "(claim: 'Claim', *, timeout: 'float | None' = <default>) -> 'Decision'"
        assert "record claim" in claims.wit
        assert dir(claims.types) == ["Claim", "Decision", "Denial", "Line", "Status"]
        with pytest.raises(AttributeError):
            claims.nothing  # noqa: B018
        with pytest.raises(AttributeError, match="there are: "):
            claims.types.Nothing  # noqa: B018
        with pytest.raises(TypeError):
            pickle.dumps(claims)


def test_functions_do_not_hide_what_clients_have(tmp_path: Any) -> None:
    members = {name for cls in (hms.Client, hms.AsyncClient) for name in dir(cls) if not name.startswith("_")}
    members |= {"interface", "types"}
    names = sorted(members)
    functions = "\n".join(f"  %{name}: func();" for name in names)
    (tmp_path / "all.wit").write_text(f"package a:b;\ninterface c {{\n{functions}\n}}\n")
    component = hms.Component("a:b/c", wit=tmp_path / "all.wit", exports=dict.fromkeys(names, lambda: None))
    with component, hms.connect("a:b/c") as client:
        assert client.metrics().calls == 0
        for name in names:
            assert getattr(client, f"{name}_")() is None
            assert client.call(name) is None


def test_calls_that_do_not_fit(claim: dict[str, Any]) -> None:
    with adjudicator(), hms.connect("hms:claims/adjudication") as claims:
        wrong: list[tuple[tuple[Any, ...], dict[str, Any], str]] = [
            ((), {}, "misses the argument 'claim'"),
            ((claim, claim), {}, "takes 1 arguments, but 2 were given"),
            ((claim,), {"claim": claim}, "got two values for the argument 'claim'"),
            ((claim,), {"other": 1}, "got an unexpected keyword argument 'other'"),
        ]
        for args, named, message in wrong:
            with pytest.raises(hms.InvalidCall, match=message) as caught:
                claims.adjudicate(*args, **named)
            assert isinstance(caught.value, TypeError)
            assert caught.value.code == "invalid-argument"
            assert caught.value.sent == "not-sent"
        for timeout in ("1", True, [1]):
            with pytest.raises(TypeError, match="timeout"):
                claims.adjudicate(claim, timeout=timeout)
        for seconds in (-1, float("nan")):
            with pytest.raises(ValueError, match="timeout"):
                claims.adjudicate(claim, timeout=seconds)


def test_what_cannot_be_called_yet_says_so(claim: dict[str, Any]) -> None:
    with adjudicator(), hms.connect("hms:claims/adjudication") as claims:
        with pytest.raises(hms.Unimplemented, match="watch: result: streams"):
            claims.watch("p1")
        with pytest.raises(hms.Unimplemented, match="worklist"):
            claims.call("[constructor]worklist", "monday")
        with pytest.raises(hms.Unimplemented, match="no function 'nothing'") as caught:
            claims.call("nothing")
        assert caught.value.sent == "not-sent"


def test_no_provider(runtime: Any) -> None:
    with pytest.raises(hms.Unavailable) as caught:
        hms.connect("hms:claims/adjudication", timeout=0.2)
    assert str(runtime) in str(caught.value)
    assert caught.value.errno is None


def test_mistakes_in_contracts_name_their_place(tmp_path: Any) -> None:
    wit = tmp_path / "bad.wit"
    wit.write_text("package a:b;\ninterface c {\n  f: func(x: nothing);\n}\n")
    with pytest.raises(hms.InvalidArgument, match=r"bad\.wit:3:14: "):
        hms.Component("a:b/c", wit=wit)
    with pytest.raises(hms.InvalidArgument, match="nowhere"):
        hms.connect("a:b/c", wit="nowhere/")
    with pytest.raises(hms.NotFound, match="hms:claims/adjudication"):
        hms.Component("hms:claims/other", wit="wit/claims.wit")


def test_missing_and_unknown_handlers() -> None:
    component = hms.Component("hms:claims/adjudication", wit="wit/claims.wit")
    with pytest.raises(hms.FailedPrecondition, match="nothing is exported for adjudicate"):
        component.serve()
    with pytest.raises(hms.InvalidArgument, match="no function 'other'"):

        @component.export
        def other() -> None: ...


class Exporting:
    def adjudicate(self, claim: Any) -> Any:
        raise hms.DeclaredError(self.denial)

    denial: Any = None
    watch = None


def test_exports_of_an_object(claim: dict[str, Any]) -> None:
    exporting = Exporting()
    component = hms.Component("hms:claims/adjudication", wit="wit/claims.wit", exports=exporting)
    exporting.denial = component.types.Denial.Duplicate()
    with component, hms.connect("hms:claims/adjudication") as claims:
        with pytest.raises(hms.DeclaredError) as caught:
            claims.adjudicate(claim)
        assert caught.value.value == claims.types.Denial.Duplicate()


def test_an_object_answers_only_with_what_its_classes_define() -> None:
    class Sly:
        def __getattr__(self, name: str) -> Any:
            return lambda *args: None

    component = hms.Component("hms:claims/adjudication", wit="wit/claims.wit", exports=Sly())
    with pytest.raises(hms.FailedPrecondition, match="adjudicate"):
        component.serve()


def test_coroutine_functions(claim: dict[str, Any]) -> None:
    component = hms.Component("hms:claims/adjudication", wit="wit/claims.wit")

    @component.export
    async def adjudicate(claim: Any) -> Any:
        await asyncio.sleep(0)
        call = hms.current_call()
        assert call is not None
        return component.types.Decision(claim=call.function, status="denied", paid=0)

    with component, hms.connect("hms:claims/adjudication") as claims:
        assert claims.adjudicate(claim).claim == "adjudicate"


def test_current_call(claim: dict[str, Any]) -> None:
    seen: list[Any] = []
    component = adjudicator()

    @component.export
    def adjudicate(claim: Any) -> Any:
        call = hms.current_call()
        assert call is not None
        seen.append((call.interface, call.function, call.caller, call.idempotency_key, call.trace, call.cancelled))
        seen.append((call.deadline, call.remaining, time.monotonic()))
        return component.types.Decision(claim="", status="denied", paid=0)

    assert hms.current_call() is None
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    with component, hms.connect("hms:claims/adjudication") as claims:
        claims.adjudicate(claim, timeout=5, idempotency_key="k", traceparent=trace)
        claims.adjudicate(claim, timeout=None)
    import os

    caller = hms.Caller(os.getuid(), os.getgid(), os.getpid())
    assert seen[0] == ("hms:claims/adjudication@1.2.0", "adjudicate", caller, "k", trace, False)
    deadline, remaining, now = seen[1]
    assert 0 < remaining <= 5
    assert now < deadline <= now + 5
    assert seen[3][:2] == (None, None)
    assert hms.current_call() is None


def test_deadline(claim: dict[str, Any]) -> None:
    component, noticed = adjudicator(), threading.Event()

    @component.export
    def adjudicate(claim: Any) -> Any:
        call = hms.current_call()
        assert call is not None
        while not call.cancelled:
            time.sleep(0.001)
        noticed.set()

    with component, hms.connect("hms:claims/adjudication") as claims:
        with pytest.raises(hms.DeadlineExceeded) as caught:
            claims.adjudicate(claim, timeout=0.05)
        assert isinstance(caught.value, TimeoutError)
        assert caught.value.sent == "maybe-executed"
        assert noticed.wait(5)


def test_handlers_wait_for_their_cancellation(claim: dict[str, Any]) -> None:
    component, found = adjudicator(), queue.SimpleQueue[Any]()

    @component.export
    def adjudicate(claim: Any) -> Any:
        call = hms.current_call()
        assert call is not None
        found.put(call.wait_cancelled(0))
        found.put(call.wait_cancelled(0.01))
        found.put(call.wait_cancelled())

    with component, hms.connect("hms:claims/adjudication") as claims:
        with pytest.raises(hms.DeadlineExceeded):
            claims.adjudicate(claim, timeout=0.3)
        assert [found.get(timeout=10) for _ in range(3)] == [False, False, True]


def test_handlers_run_on_threads_of_python(claim: dict[str, Any]) -> None:
    component, names = adjudicator(workers=2), set()

    @component.export
    def adjudicate(claim: Any) -> Any:
        names.add(threading.current_thread().name)
        return component.types.Decision(claim="", status="denied", paid=0)

    before = threading.active_count()
    with component, hms.connect("hms:claims/adjudication") as claims:
        # Two workers and the one that reads.
        assert threading.active_count() == before + 3
        claims.adjudicate(claim)
    assert threading.active_count() == before
    assert all(name.startswith("hms:claims/adjudication") for name in names)


BUSY = """
import sys, threading, hms_ffi as hms
component = hms.Component("hms:claims/adjudication", wit="wit/claims.wit", workers=3, queue=2)
lock, go, running, most = threading.Lock(), threading.Event(), 0, 0

@component.export
def adjudicate(claim):
    global running, most
    with lock:
        running += 1
        most = max(most, running)
        if running == 3 and not go.is_set():
            print("three")
    go.wait(30)
    with lock:
        running -= 1
    return component.types.Decision(claim="", status="denied", paid=0)

with component:
    print("ready")
    sys.stdin.readline()
    go.set()
    sys.stdin.readline()
print(most)
"""


def test_workers_bound_what_runs_at_once(claim: dict[str, Any], program: Any) -> None:
    provider = program(BUSY)
    assert provider.stdout.readline() == "ready\n"
    outcomes: list[str] = []

    def call(claims: Any) -> None:
        try:
            claims.adjudicate(claim)
            outcomes.append("ok")
        except hms.ResourceExhausted:
            outcomes.append("full")
            assert provider.stdout.readline() == "three\n"
            provider.stdin.write("go\n")
            provider.stdin.flush()

    with hms.connect("hms:claims/adjudication") as claims:
        threads = [threading.Thread(target=call, args=(claims,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    # Three run, two wait, and one is refused.
    assert sorted(outcomes) == ["full", "ok", "ok", "ok", "ok", "ok"]
    assert provider.communicate("end\n", 10) == ("3\n", "")


def test_stop_from_a_handler(claim: dict[str, Any], connect_soon: Any) -> None:
    component = adjudicator()

    @component.export
    def adjudicate(claim: Any) -> Any:
        component.stop()
        return component.types.Decision(claim="last", status="denied", paid=0)

    serving = threading.Thread(target=component.serve)
    serving.start()
    with connect_soon("hms:claims/adjudication") as claims:
        assert claims.adjudicate(claim).claim == "last"
        serving.join(10)
        assert not serving.is_alive()
        with pytest.raises(hms.Unavailable):
            claims.adjudicate(claim, timeout=5)


def test_serving_twice() -> None:
    with adjudicator() as component, pytest.raises(hms.FailedPrecondition, match="already"):
        component.serve()


def test_a_closed_client(claim: dict[str, Any]) -> None:
    with adjudicator():
        claims = hms.connect("hms:claims/adjudication")
        claims.close()
        claims.close()
        with pytest.raises(hms.FailedPrecondition):
            claims.adjudicate(claim)


def test_classes_are_the_same_on_both_sides_and_of_all_clients() -> None:
    with adjudicator() as component, hms.connect("hms:claims/adjudication") as a:
        b = hms.connect("hms:claims/adjudication", wit="wit/claims.wit")
        assert a.types.Claim is b.types.Claim is component.types.Claim
        b.close()
        from hms_ffi.contracts.hms.claims.v1_2 import Claim  # type: ignore[import-not-found]

        assert Claim is a.types.Claim


def test_arrays(tmp_path: Any) -> None:
    import numpy as np

    (tmp_path / "n.wit").write_text("package a:b;\ninterface c {\n  sum: func(x: list<f64>) -> list<f64>;\n}\n")
    component = hms.Component("a:b/c", wit=tmp_path / "n.wit", arrays="numpy")

    @component.export
    def sum(x: Any) -> Any:
        assert isinstance(x, np.ndarray)
        return np.array([x.sum()])

    with component:
        with hms.connect("a:b/c") as plain:
            assert plain.sum([0.5, 1.5]) == [2.0]
            assert plain.sum(np.arange(4.0)) == [6.0]
        with hms.connect("a:b/c", arrays="memoryview") as views:
            assert views.sum([0.5]).tolist() == [0.5]
        with hms.connect("a:b/c", arrays="numpy") as arrays:
            assert isinstance(arrays.sum([0.5]), np.ndarray)


def test_options_win_over_the_environment(claim: dict[str, Any], tmp_path: Any) -> None:
    with adjudicator(runtime_dir=tmp_path):
        with pytest.raises(hms.Unavailable):
            hms.connect("hms:claims/adjudication", timeout=0.1)
        claims = hms.connect("hms:claims/adjudication", runtime_dir=tmp_path, max_message=100)
        with claims, pytest.raises(hms.ResourceExhausted):
            claims.adjudicate(claim | {"patient": "p" * 100})


def test_memory_of_many_errors(claim: dict[str, Any]) -> None:
    """Exceptions keep nothing alive: no reference leaks in the error path."""
    with adjudicator(), hms.connect("hms:claims/adjudication") as claims:
        denial = claims.types.Denial.NotCovered
        wrong = claim | {"lines": []}

        def fail() -> None:
            with pytest.raises(denial.Error):
                claims.adjudicate(wrong)

        fail()
        before = sys.getrefcount(denial), sys.getrefcount(None)
        for _ in range(100):
            fail()
        assert sys.getrefcount(denial) <= before[0] + 5
        assert sys.getrefcount(None) <= before[1] + 50
