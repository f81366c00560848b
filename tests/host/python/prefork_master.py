"""gunicorn's configuration for a master that serves test:host/desk itself, before it forks workers that call it."""

from __future__ import annotations

from tests.host.python.provider import component

desk = component(workers=2)


def on_starting(server: object) -> None:
    """gunicorn's hook in the master before it does anything."""
    desk.__enter__()


def on_exit(server: object) -> None:
    """gunicorn's hook in the master when its workers have ended."""
    desk.__exit__(None, None, None)
