"""`hms call` against every language's provider, with every value of the suite: JSON in, the same JSON out."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.matrix.programs import SUITE, TARGET, Language, Provider, environment, languages, runtime_directory

HMS = TARGET / "debug" / "hms"
VALUES = json.loads((SUITE / "values.json").read_text())

pytestmark = pytest.mark.skipif(not SUITE.parents[1].joinpath("crates/cli").exists(), reason="there is no CLI yet")


@pytest.fixture(scope="module", params=languages(), ids=lambda language: language.name)
def runtime(request: pytest.FixtureRequest) -> Iterator[Path]:
    language: Language = request.param
    language.prepare()
    with runtime_directory() as path:
        with Provider(language, path) as provider:
            yield path
        assert provider.problems == []


def call(runtime: Path, function: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    texts = [json.dumps(argument) for argument in arguments]
    return subprocess.run(
        [str(HMS), "call", "test:conformance/suite", function, *texts],
        env=environment(runtime),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def same(sent: object, back: object) -> bool:
    """Equal as values: 1 and 1.0 are the same JSON number, 0.0 and -0.0 are not, members come in any order."""
    if isinstance(sent, bool) or isinstance(back, bool):
        return sent is back
    if isinstance(sent, int | float) and isinstance(back, int | float):
        return sent == back and math.copysign(1, sent) == math.copysign(1, back)
    if isinstance(sent, list) and isinstance(back, list):
        return len(sent) == len(back) and all(map(same, sent, back))
    if isinstance(sent, dict) and isinstance(back, dict):
        return sent.keys() == back.keys() and all(same(value, back[name]) for name, value in sent.items())
    return sent == back


@pytest.mark.parametrize("function", [name for name in VALUES if name not in ("sample", "echo-many")])
def test_a_value_comes_back(runtime: Path, function: str) -> None:
    for value in VALUES[function]:
        answer = call(runtime, function, value)
        assert (answer.returncode, answer.stderr) == (0, ""), value
        assert same(value, json.loads(answer.stdout)), answer.stdout


def test_several_arguments(runtime: Path) -> None:
    for arguments in VALUES["echo-many"]:
        answer = call(runtime, "echo-many", *arguments)
        assert same(arguments, json.loads(answer.stdout)), answer.stderr


def test_the_sample(runtime: Path) -> None:
    assert json.loads(call(runtime, "is-sample", VALUES["sample"]).stdout) is True
    assert same(VALUES["sample"], json.loads(call(runtime, "make-sample").stdout))


def test_exit_status_tells_a_declared_error_from_a_system_error(runtime: Path) -> None:
    declared = call(runtime, "deny-variant", {"tag": "over-limit", "val": "10.50"})
    assert declared.returncode == 1
    assert "10.50" in declared.stderr
    system = call(runtime, "fail-with", "not-found", "raised not-found")
    assert system.returncode == 2
    assert "not-found" in system.stderr
    assert "raised not-found" in system.stderr
    wrong = call(runtime, "echo-record", {"id": "x", "lines": [{"code": "A", "units": "many", "charge": "1"}]})
    assert wrong.returncode == 2
    assert "value.lines[0].units" in wrong.stderr
