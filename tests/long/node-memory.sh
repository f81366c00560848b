#!/usr/bin/env bash
# A million calls through one Node client leave nothing behind.
set -euo pipefail
exec node "$(dirname "$0")/../../packages/node/test/programs/memory-check.mjs" "${1:-1000000}"
