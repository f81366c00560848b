#!/usr/bin/env bash
# A short soak: no idempotent call is lost, no other runs twice, descriptors stay flat. `make soak` is the long one.
set -euo pipefail
DURATION=20 exec "$(dirname "$0")/../../scripts/soak.sh"
