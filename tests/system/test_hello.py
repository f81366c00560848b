"""The examples of the README do what it says: every caller with every provider."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import environment

ROOT = Path(__file__).resolve().parents[2]
HELLO = ROOT / "examples" / "hello"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
# The commands of a provider, a caller and a caller of many.
Programs = tuple[list[str], list[str], list[str]]
LANGUAGES = {"rust": "Rust", "python": "Python", "node": "Node", "go": "Go"}


def test_the_readme_shows_what_is_there() -> None:
    readme = (ROOT / "README.md").read_text()
    shown = re.findall(r"<!-- (\S+) -->\n```\w+\n(.*?)\n```", readme, re.DOTALL)
    assert len(shown) >= 8
    for path, code in shown:
        assert code in (ROOT / path).read_text(), f"README shows something else than {path}"


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Programs]:
    """Provider and callers of each language: one that calls once, one that calls many times at once."""
    examples = ["--example", "greeter", "--example", "crowd"]
    subprocess.run(["cargo", "build", "--quiet", "-p", "hms-ffi", *examples], cwd=ROOT, check=True)
    go = tmp_path_factory.mktemp("go")
    subprocess.run(["go", "build", "-o", f"{go}/", "./provider", "./caller", "./crowd"], cwd=HELLO / "go", check=True)
    installed = HELLO / "node" / "node_modules" / "@hms" / "ffi"
    if not installed.exists():
        installed.parent.mkdir(parents=True, exist_ok=True)
        installed.symlink_to(ROOT / "packages" / "node")
    greeter, crowd = (str(TARGET / "debug" / "examples" / name) for name in ("greeter", "crowd"))
    python, node = [sys.executable], ["node"]
    return {
        "rust": ([greeter, "serve"], [greeter], [crowd]),
        "python": ([*python, "python/provider.py"], [*python, "python/caller.py"], [*python, "python/crowd.py"]),
        "node": ([*node, "node/provider.mjs"], [*node, "node/caller.mjs"], [*node, "node/crowd.mjs"]),
        "go": ([str(go / "provider")], [str(go / "caller")], [str(go / "crowd")]),
    }


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Path]:
    path = Path(f"/tmp/hms-hello-{os.getpid()}")
    path.mkdir(mode=0o700)
    yield path
    shutil.rmtree(path)


def said(command: list[str], variables: dict[str, str]) -> list[str]:
    """What a caller prints."""
    answer = subprocess.run(
        command, cwd=HELLO, env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    )
    assert answer.returncode == 0, f"{command}: {answer.stderr}"
    return answer.stdout.splitlines()


@pytest.mark.parametrize("provider", LANGUAGES)
def test_every_caller_is_greeted(runtime: Path, programs: dict[str, Programs], provider: str) -> None:
    variables = environment(runtime)
    serving = subprocess.Popen(programs[provider][0], cwd=HELLO, env=variables, stdin=subprocess.DEVNULL)
    try:
        # An instance can be found once its description is there, which comes after its socket.
        while not any(runtime.rglob("*.json")):
            assert serving.poll() is None
            time.sleep(0.01)
        name = LANGUAGES[provider]
        for language, (_, caller, crowd) in programs.items():
            greeting, refused = said(caller, variables)
            assert greeting == f"Hello Countess Ada, this is {name}", language
            assert refused.startswith("refused: "), language
            both = [f"Hello Dr Ada, this is {name}", f"Hello Dr Alan, this is {name}"]
            assert said(crowd, variables) == [*both, *both, "refused"], language
    finally:
        serving.terminate()
        assert serving.wait(20) == 0
