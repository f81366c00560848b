#!/usr/bin/env bash
# The link protocol at length: 10,000 schedules of two linked state machines, 10 million mutated inputs of the frame reader.
set -euo pipefail
cd "$(dirname "$0")/../.."
export HMS_SIM_SEEDS=${HMS_SIM_SEEDS:-10000} HMS_FUZZ_ITERATIONS=${HMS_FUZZ_ITERATIONS:-10000000}
cargo test --quiet --profile long -p hms-ffi-core --test simulation --test protocol_fuzz -- --nocapture
