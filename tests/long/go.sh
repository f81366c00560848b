#!/usr/bin/env bash
# Go at length: a million calls of which many are cancelled at random, and a million beyond the quota.
set -euo pipefail
cd "$(dirname "$0")/../../packages/go"
HMS_TEST_CALLS=1000000 go test -count=1 -timeout 30m -v -run 'TestRandomCancels|TestQuotaOfCallsInFlight' .
