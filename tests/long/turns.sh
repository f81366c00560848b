#!/usr/bin/env bash
# A million calls of sixteen threads that are interrupted at random, while one of two providers is killed: no reply goes astray.
set -euo pipefail
cd "$(dirname "$0")/../.."
HMS_TURNS_CALLS=${CALLS:-1000000} cargo test --quiet --profile long -p hms-ffi --test runtime -- turns::
