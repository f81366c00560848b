"""Other interpreters in one process."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
{first}
other = interpreters.create()
print(interpreters.run_string(other, '''
try:
    import hms_ffi
except ImportError as error:
    import os
    os.write(1, str(error).encode())
'''))
"""


@pytest.mark.parametrize("first", ["", "import hms_ffi"], ids=["alone", "beside"])
def test_a_subinterpreter_is_refused_by_name(first: str) -> None:
    """As under mod_wsgi with an application group of its own."""
    said = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(first=first)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert said.stdout.startswith("hms_ffi works in the main interpreter only"), said.stdout + said.stderr
    assert said.returncode == 0
