"""Processes that fork by themselves, with threads in native code, and become daemons or run other programs."""

from __future__ import annotations

import pytest

from tests.host.python.servers import Scenario


@pytest.mark.parametrize(
    "name",
    [
        "threads",
        *(
            pytest.param(name, marks=pytest.mark.hosts)
            for name in (
                "several_at_once",
                "killed",
                "closed",
                "generations",
                "many",
                "daemon",
                "in_a_signal_handler",
                "at_the_end",
                "nothing_inherited",
                "exec_",
            )
        ),
    ],
)
def test_a_caller_that_forks(scenario: Scenario, name: str) -> None:
    scenario("forks.py", name)


@pytest.mark.hosts
@pytest.mark.parametrize("program", ["provider_forks.py", "provider_forks_async.py"])
def test_a_provider_whose_handlers_fork(scenario: Scenario, program: str) -> None:
    scenario(program)
