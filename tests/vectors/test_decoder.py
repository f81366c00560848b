"""The independent decoder agrees with every vector."""

from __future__ import annotations

import json

import pytest

from tests.vectors.decoder import run, wire

TYPES = wire.Types(json.loads((run.VECTORS / "schema.json").read_text("utf-8")))


@pytest.mark.parametrize(("kind", "check", "least"), [("good", run.check_good, 300), ("bad", run.check_bad, 150)])
def test_vectors(kind, check, least):
    entries = run.entries(kind)
    assert len(entries) >= least
    assert [(entry, why) for entry in entries if (why := check(TYPES, entry))] == []
