#!/usr/bin/env bash
# Rust at length: a million calls from sixteen threads, with futures that are dropped, cancels and deadlines at random.
set -euo pipefail
cd "$(dirname "$0")/../.."
HMS_STORM_CALLS=${CALLS:-1000000} cargo test --profile long -p hms-ffi --test typed -- --nocapture storm
