#!/usr/bin/env bash
# Call times beside those of peers, interleaved; results in benches/results/latest.json.
set -euo pipefail
source "$(dirname "$0")/environment.sh"

# The peers are installed for this alone.
if ! cmp -s benches/requirements.txt .venv/benches.installed; then
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -r benches/requirements.txt </dev/null
  cp benches/requirements.txt .venv/benches.installed
fi
if ! cmp -s benches/node/package-lock.json benches/node/node_modules/.installed-lock; then
  (cd benches/node && npm ci --no-audit --no-fund --loglevel=error </dev/null)
  cp benches/node/package-lock.json benches/node/node_modules/.installed-lock
fi
exec .venv/bin/python benches/run.py "$@"
