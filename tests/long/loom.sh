#!/usr/bin/env bash
# How threads take turns to lead: every interleaving with up to four preemptions (`make test` has two).
set -euo pipefail
cd "$(dirname "$0")/../.."
export LOOM_MAX_PREEMPTIONS=${LOOM_MAX_PREEMPTIONS:-4}
cargo test --quiet --profile long -p hms-ffi-loom
