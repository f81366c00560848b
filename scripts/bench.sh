#!/usr/bin/env bash
# Call times beside those of peers, interleaved; results in benches/results/latest.json.
set -euo pipefail
source "$(dirname "$0")/environment.sh"

if [[ ! -f benches/run.py ]]; then
  echo 'benches/run.py does not exist yet' >&2
  exit 1
fi
if ! cmp -s benches/requirements.txt .venv/benches.installed; then
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -r benches/requirements.txt </dev/null
  cp benches/requirements.txt .venv/benches.installed
fi
exec .venv/bin/python benches/run.py "$@"
