#!/usr/bin/env bash
# Values at length: 10 million damaged messages for the value reader.
set -euo pipefail
cd "$(dirname "$0")/../.."
export HMS_FUZZ_ITERATIONS=${HMS_FUZZ_ITERATIONS:-10000000}
cargo test --quiet --profile long -p hms-ffi-core --test fuzz_values -- --ignored --nocapture
