"""Event loops in processes that fork and start processes."""

from __future__ import annotations

import pytest

from tests.host.python.servers import Scenario

pytestmark = pytest.mark.hosts


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("name", ["fork", "processes"])
def test_a_loop_beside_processes(scenario: Scenario, name: str, loop: str) -> None:
    scenario("loops.py", name, loop)
