"""A provider that is killed in the middle of a call: the caller knows at once, the next call finds its successor."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path

import hms_ffi as hms
import pytest
from processes import PROMPT, Desk


def wait_until_held(desk: hms.Client) -> None:
    while not desk.held():
        time.sleep(0.001)


@pytest.mark.parametrize("child", [None, "fork", "clone"])
def test_a_killed_provider_is_noticed_within_a_second(
    runtime: Path, monkeypatch: pytest.MonkeyPatch, child: str | None
) -> None:
    monkeypatch.setenv("HMS_RUNTIME_DIR", str(runtime))
    arguments = ("--child", child) if child else ()
    with Desk(runtime, *arguments) as provider, hms.connect("test:system/desk") as desk:
        ended: list[tuple[float, BaseException]] = []

        def hold() -> None:
            try:
                desk.hold(timeout=None)
            except hms.HmsError as error:
                ended.append((time.monotonic(), error))

        waiting = threading.Thread(target=hold)
        waiting.start()
        wait_until_held(desk)
        killed = time.monotonic()
        provider.process.kill()
        waiting.join(30)
        assert not waiting.is_alive()
        (noticed, error), *_ = ended
        assert isinstance(error, hms.Unavailable)
        assert error.sent == "maybe-executed"
        assert noticed - killed < PROMPT
        if provider.child:
            os.kill(provider.child, 0)  # it still lives, and that made no difference

        with Desk(runtime):
            assert desk.echo("back") == "back"


def test_a_call_to_nobody_says_where_it_looked(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HMS_RUNTIME_DIR", str(runtime))
    with pytest.raises(hms.Unavailable, match=str(runtime)):
        hms.connect("test:system/desk", timeout=0.1)


def test_the_others_answer_when_one_of_several_dies(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HMS_RUNTIME_DIR", str(runtime))
    with Desk(runtime) as first, Desk(runtime), hms.connect("test:system/desk") as desk:
        desk.echo("x")
        first.process.kill()
        first.process.wait()
        # Whoever was on its link may learn of the death by a call that fails; nobody does twice.
        with contextlib.suppress(hms.Unavailable):
            desk.echo("x")
        for number in range(20):
            assert desk.echo(str(number)) == str(number)
