"""Two users of one machine, who share a group and a runtime directory, call each other if each trusts the other."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from processes import Desk, ask

pytestmark = pytest.mark.usefixtures("as_root")

ALICE, BOB, GROUP = 64_001, 64_002, 64_100


@pytest.fixture
def shared(runtime: Path) -> Path:
    """As an administrator makes it: root's, for the group, setgid and sticky."""
    os.chown(runtime, 0, GROUP)
    os.chmod(runtime, 0o3770)
    return runtime


def user(uid: int) -> tuple[str, ...]:
    return ("--user", str(uid), str(GROUP))


@pytest.mark.parametrize(("provider", "caller"), [(ALICE, BOB), (BOB, ALICE)])
def test_users_who_trust_each_other_call_each_other(shared: Path, provider: int, caller: int) -> None:
    with Desk(shared, *user(provider), HMS_TRUSTED_USERS=str(caller)):
        answer = ask(shared, *user(caller), "caller-user", HMS_TRUSTED_USERS=str(provider))
        assert (answer.returncode, answer.stdout) == (0, f"{caller}\n"), answer.stderr


def test_a_caller_does_not_see_providers_of_users_whom_it_does_not_trust(shared: Path) -> None:
    with Desk(shared, *user(ALICE), HMS_TRUSTED_USERS=str(BOB)):
        answer = ask(shared, *user(BOB), "--timeout", "0.5", "echo", "x")
        assert answer.returncode == 2
        assert answer.stdout.startswith("unavailable"), answer.stdout


def test_a_provider_refuses_users_whom_it_does_not_trust(shared: Path) -> None:
    with Desk(shared, *user(ALICE)):
        answer = ask(shared, *user(BOB), "--timeout", "2", "echo", "x", HMS_TRUSTED_USERS=str(ALICE))
        assert answer.returncode == 2, answer.stdout
        # The provider lives on for those whom it does trust.
        assert ask(shared, *user(ALICE), "echo", "mine").stdout == "mine\n"


def test_what_a_user_registers_is_readable_for_the_group_only(shared: Path) -> None:
    with Desk(shared, *user(ALICE)):
        folder = shared / str(ALICE)
        status = folder.stat()
        assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (ALICE, GROUP, 0o2750)
        sockets = [path for path in folder.rglob("*") if path.is_socket()]
        assert sockets
        assert {path.stat().st_mode & 0o7777 for path in sockets} == {0o660}
    assert [path for path in shared.rglob("*") if not path.is_dir()] == []
