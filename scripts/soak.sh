#!/usr/bin/env bash
# Calls without pause while providers are killed; DURATION is in seconds. Report in target/soak.json.
set -euo pipefail
source "$(dirname "$0")/environment.sh"
exec python tests/soak/run.py "$@"
