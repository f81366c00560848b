#!/usr/bin/env bash
# Python at length: a million calls through one client, with resident memory measured; a million that are interrupted at
# random; a million that are pending at once.
set -euo pipefail
cd "$(dirname "$0")/../.."
HMS_LONG_TESTS=1 .venv/bin/python -m pytest -q -s packages/python/tests/test_processes.py -k million
HMS_LONG_TESTS=1 .venv/bin/python -m pytest -q -s packages/python/tests/test_interrupts.py packages/python/tests/test_async_calls.py -k "random or million"
