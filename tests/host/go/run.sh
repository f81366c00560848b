#!/usr/bin/env bash
# Go's part of the host matrix: programs, then the package's own tests on one thread and on more, with the race detector,
# and with Go's checks of every pointer that crosses into C. Everything has to be built.
set -uo pipefail
cd "$(dirname "$0")"

status=0
check() {
  echo "--- $*"
  "$@" || status=1
}
for threads in 1 2 8; do
  GOMAXPROCS=$threads check go test -count=1 .
done
check go test -count=1 -race .
cd ../../../packages/go || exit 1
for threads in 1 8; do
  GOMAXPROCS=$threads check go test -count=1 .
done
check go test -count=1 -race .
GOEXPERIMENT=cgocheck2 check go test -count=1 .
exit "$status"
