"""multiprocessing and concurrent.futures: children that inherit a client, or make one, or import one."""

from __future__ import annotations

import pytest

from tests.host.python.servers import Scenario

METHODS = ["fork", "spawn", "forkserver"]


def quick(method: str) -> object:
    """A method's cases; those of `fork` are part of every test run."""
    return method if method == "fork" else pytest.param(method, marks=pytest.mark.hosts)


@pytest.mark.parametrize("method", [quick(method) for method in METHODS])
def test_processes(scenario: Scenario, method: str) -> None:
    scenario("workers.py", "process", method)


@pytest.mark.hosts
@pytest.mark.parametrize("method", METHODS)
def test_pools(scenario: Scenario, method: str) -> None:
    scenario("workers.py", "pool", method)


@pytest.mark.hosts
@pytest.mark.parametrize("method", METHODS)
def test_executors(scenario: Scenario, method: str) -> None:
    scenario("workers.py", "executor", method)


@pytest.mark.hosts
@pytest.mark.parametrize("method", METHODS)
def test_every_end_of_a_child(scenario: Scenario, method: str) -> None:
    scenario("workers.py", "ends", method)


@pytest.mark.hosts
@pytest.mark.parametrize("method", METHODS)
def test_a_client_as_an_argument(scenario: Scenario, method: str) -> None:
    scenario("workers.py", "argument", method)
