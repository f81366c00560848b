#!/usr/bin/env bash
# The host matrix: real servers and programs that fork, start threads and processes, are killed and end. Each language's
# part prints its counts as its test runner does. Everything has to be built.
set -uo pipefail
cd "$(dirname "$0")/../.."

status=0
.venv/bin/python -m pytest -q -m 'hosts or not hosts' tests/host/python || status=1
for language in node go; do
  script=tests/host/$language/run.sh
  if [[ -f $script ]]; then bash "$script" || status=1; fi
done
exit "$status"
