#!/usr/bin/env bash
# Contracts at length: 100,000 mutated contracts, 100,000 mutated schemas of peers.
set -euo pipefail
cd "$(dirname "$0")/../.."
export HMS_FUZZ_ITERATIONS=${HMS_FUZZ_ITERATIONS:-100000}
cargo test --quiet --profile long -p hms-ffi-core --test fuzz_contract -- --nocapture
