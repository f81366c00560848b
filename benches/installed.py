"""What users install: the packages with the libraries of the release profile."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

BENCHES = Path(__file__).resolve().parent
ROOT = BENCHES.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))


def build(packages: list[str]) -> None:
    command = ["cargo", "build", "--quiet", "--release"]
    for name in packages:
        command += ["-p", name]
    subprocess.run(command, cwd=ROOT, check=True, stdin=subprocess.DEVNULL)


def library(name: str) -> Path:
    return next(TARGET.glob(f"release/lib{name}.*[!d]"))


def python_package(into: Path) -> Path:
    """A folder for PYTHONPATH."""
    shutil.copytree(ROOT / "packages/python/src/hms_ffi", into / "hms_ffi", ignore=shutil.ignore_patterns("*.so"))
    shutil.copy(library("hms_ffi_py"), into / "hms_ffi" / "_native.abi3.so")
    return into


def node_package(into: Path) -> Path:
    """A folder to import from."""
    package = into / "node"
    package.mkdir()
    source = ROOT / "packages/node"
    for path in source.iterdir():
        if path.suffix in (".js", ".mjs", ".json"):
            shutil.copy(path, package)
        elif path.suffix == ".node":
            shutil.copy(library("hms_ffi_node"), package / path.name)
    shutil.copytree(source / "lib", package / "lib")
    return package
