#!/usr/bin/env bash
# Python at length: a million calls through one client, with resident memory measured.
set -euo pipefail
cd "$(dirname "$0")/../.."
HMS_LONG_TESTS=1 .venv/bin/python -m pytest -q -s packages/python/tests/test_processes.py -k million
