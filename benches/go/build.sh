#!/usr/bin/env bash
# Builds the benchmark with the library of the release profile, which users install, and prints the program's path.
set -euo pipefail
source "$(dirname "$0")/../../scripts/environment.sh"
cargo build --quiet --release -p hms-ffi-c </dev/null
library=$TARGET/release/libhms_ffi_prelinked.a
crates/go/prelink.sh "$TARGET/release/libhms_ffi_c.a" "$library"
# Go's build cache sees flags, not what they name: the name tells libraries apart. The first archive wins.
named=$TARGET/release/libhms_ffi_$(git hash-object --no-filters "$library").a
rm -f "$TARGET"/release/libhms_ffi_????????????????????????????????????????.a
mv "$library" "$named"
cd benches/go
CGO_LDFLAGS="-O2 -g $named" go build -o "$TARGET/release/hms-ffi-bench-go" . </dev/null
echo "$TARGET/release/hms-ffi-bench-go"
