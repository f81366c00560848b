"""Holds the shape of the tree: which crate may use which, how long a file may be, where unsafe code may live."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# ARCHITECTURE.md, "Crates": a crate uses only crates above it, and bindings never use one another.
ALLOWED = {
    "hms-ffi-core": set(),
    "hms-ffi-transport": {"hms-ffi-core"},
    "hms-ffi-macros": set(),
    "hms-ffi": {"hms-ffi-core", "hms-ffi-transport", "hms-ffi-macros"},
    "hms-ffi-py": {"hms-ffi-core", "hms-ffi-transport", "hms-ffi"},
    "hms-ffi-node": {"hms-ffi-core", "hms-ffi-transport", "hms-ffi"},
    "hms-ffi-c": {"hms-ffi-core", "hms-ffi-transport", "hms-ffi"},
    "hms-ffi-cli": {"hms-ffi-core", "hms-ffi-transport", "hms-ffi"},
}
# What makes a crate do I/O, start threads or hold a runtime: not for the core.
NOT_IN_CORE = {"libc", "rustix", "nix", "mio", "tokio", "async-std", "smol", "rayon", "crossbeam", "polling"}
SOURCES = {".rs", ".py", ".pyi", ".ts", ".js", ".mjs", ".cjs", ".go", ".sh", ".h", ".c", ".wit"}
LONGEST = 600


def packages():
    command = ["cargo", "metadata", "--no-deps", "--offline", "--format-version", "1"]
    found = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return {package["name"]: package for package in json.loads(found.stdout)["packages"]}


def tracked():
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return [Path(line) for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def dependencies(package):
    return {dependency["name"] for dependency in package["dependencies"] if dependency["kind"] is None}


def test_a_library_crate_uses_only_crates_above_it():
    crates = {name: package for name, package in packages().items() if name.startswith("hms-ffi")}
    assert "hms-ffi-core" in crates
    for name, package in crates.items():
        used = {other for other in dependencies(package) if other.startswith("hms-ffi")}
        if name in ALLOWED:
            assert used <= ALLOWED[name], f"{name} may not use {sorted(used - ALLOWED[name])}"
        else:
            # Programs for tests, benches and examples are users: they see the crate that users see, and the core.
            folder = Path(package["manifest_path"]).relative_to(ROOT).parts[0]
            assert folder in {"tests", "benches", "examples"}, f"{name} is in no list of ARCHITECTURE.md"


def test_the_core_does_no_io_and_forbids_unsafe():
    assert not dependencies(packages()["hms-ffi-core"]) & NOT_IN_CORE
    assert "#![forbid(unsafe_code)]" in (ROOT / "crates/core/src/lib.rs").read_text()
    io = re.compile(r"\bstd::(net|os|thread|process)\b|\bInstant::now\b|\bSystemTime::now\b")
    for path in (ROOT / "crates/core/src").rglob("*.rs"):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            assert not io.search(line), f"{path.relative_to(ROOT)}:{number}: {line.strip()}"


def test_no_source_file_is_too_long():
    long = {}
    for path in tracked():
        if path.suffix in SOURCES:
            lines = (ROOT / path).read_text().count("\n")
            if lines > LONGEST:
                long[str(path)] = lines
    assert not long, f"longer than {LONGEST} lines: {long}"


@pytest.mark.parametrize("script", ["scripts/setup.sh", ".ci/run"])
def test_scripts_are_executable(script):
    assert os.access(ROOT / script, os.X_OK)
