"""The generated types under each language's own checker: the right caller passes, the mistyped one fails in its place.

A language is skipped only while its package has no client to call.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CALLERS = HERE / "mistyped"
PYTHON = ROOT / "packages/python/src"
NODE = ROOT / "packages/node"
GO = ROOT / "packages/go"


def run(*command: str, cwd: Path, **environment: str) -> str:
    """What a checker says, empty if it is content."""
    result = subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300, check=False
    )
    return "" if result.returncode == 0 else result.stdout + result.stderr


def mypy(name: str, tmp_path: Path) -> str:
    config = tmp_path / "mypy.ini"
    config.write_text(
        "[mypy]\nstrict = True\n[mypy-hms_ffi.*]\nfollow_imports = silent\n[mypy-hms_ffi]\nfollow_imports = silent\n"
    )
    return run(
        *(sys.executable, "-m", "mypy", "--config-file", str(config), str(CALLERS / name)),
        cwd=tmp_path,
        MYPYPATH=f"{HERE / 'python'}:{PYTHON}",
    )


@pytest.mark.skipif(not (PYTHON / "hms_ffi/_client.py").exists(), reason="the Python package has no client")
def test_mypy_finds_the_mistyped_caller(tmp_path: Path) -> None:
    assert mypy("right.py", tmp_path) == ""
    found = mypy("wrong.py", tmp_path)
    assert 'incompatible type "str"; expected "Claim"' in found
    assert 'has no attribute "adjudicat"' in found
    assert len(re.findall(r"wrong\.py:\d+: error", found)) == 2


def tsc(name: str, tmp_path: Path) -> str:
    options = {
        "strict": True,
        "noEmit": True,
        "target": "es2022",
        "module": "nodenext",
        "moduleResolution": "nodenext",
        "types": ["node"],
        "typeRoots": [f"{NODE}/node_modules/@types"],
    }
    config = {"compilerOptions": options, "include": [f"callers/{name}", "typescript"]}
    (tmp_path / "tsconfig.json").write_text(json.dumps(config))
    return run(str(NODE / "node_modules/.bin/tsc"), "-p", ".", cwd=tmp_path)


@pytest.mark.skipif(not (NODE / "index.d.ts").exists(), reason="the Node package has no types yet")
def test_tsc_finds_the_mistyped_caller(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"type": "module"}')
    shutil.copytree(HERE / "typescript", tmp_path / "typescript")
    (tmp_path / "callers").mkdir()
    for caller in CALLERS.glob("*.ts"):
        shutil.copy(caller, tmp_path / "callers")
    (tmp_path / "node_modules/@hms").mkdir(parents=True)
    (tmp_path / "node_modules/@hms/ffi").symlink_to(NODE)
    assert tsc("right.ts", tmp_path) == ""
    found = tsc("wrong.ts", tmp_path)
    assert "Type 'number' is not assignable to type 'string'" in found
    assert "Property 'adjudicat' does not exist" in found
    assert "wrong.ts(6," in found, "a wrong argument in a batch"
    assert "wrong.ts(7," in found, "what is no call of the batch"


def vet(name: str, folder: Path) -> str:
    shutil.copy(CALLERS / "go" / f"{name}.go.txt", folder / "main.go")
    return run("go", "vet", "./...", cwd=folder, GOFLAGS="-mod=mod")


def go_has_a_client() -> bool:
    return any("func Connect(" in file.read_text() for file in GO.glob("*.go"))


@pytest.mark.skipif(not go_has_a_client(), reason="the Go package has no client")
def test_go_vet_finds_the_mistyped_caller(tmp_path: Path) -> None:
    for package in (HERE / "go").iterdir():
        shutil.copytree(package, tmp_path / package.name)
    module = "github.com/hms-ffi/hms-ffi/packages/go"
    (tmp_path / "go.mod").write_text(
        f"module caller\n\ngo 1.23\n\nrequire {module} v0.0.0\n\nreplace {module} => {GO}\n"
    )
    assert vet("right", tmp_path) == ""
    found = vet("wrong", tmp_path)
    assert "cannot use" in found
    assert "Adjudicat" in found
