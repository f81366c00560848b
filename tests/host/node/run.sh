#!/usr/bin/env bash
# Node's part of the host matrix. Everything has to be built.
set -euo pipefail
cd "$(dirname "$0")"
exec node --test --test-concurrency=1 ./*.test.mjs
