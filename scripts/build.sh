#!/usr/bin/env bash
# Builds one part in the dev profile and puts its artefact where its package looks for it:
# build.sh rust|python|node|go
set -euo pipefail
source "$(dirname "$0")/environment.sh"

# cdylib PACKAGE: builds it and prints the path of its shared library.
cdylib() {
  cargo build --quiet -p "$1" </dev/null
  local name=lib${1//-/_}
  ls "$TARGET/debug/$name".{so,dylib} 2>/dev/null | head -1
}

# place FROM TO: copies by rename, since a running program may have the old file mapped.
place() {
  cmp -s "$1" "$2" && return
  mkdir -p "$(dirname "$2")"
  cp "$1" "$2.new"
  mv "$2.new" "$2"
}

build_rust() {
  cargo build --quiet </dev/null
  if [[ -f crates/cli/Cargo.toml ]]; then cargo build --quiet -p hms-ffi-cli </dev/null; fi
}

build_python() {
  [[ -f crates/py/Cargo.toml ]] || return 0
  local package
  package=$(dirname "$(git ls-files --cached --others --exclude-standard 'packages/python/**hms_ffi/__init__.py' | head -1)")
  place "$(cdylib hms-ffi-py)" "$package/_native.abi3.so"
  .venv/bin/python - "$ROOT/$(dirname "$package")" <<'PY'
import pathlib, site, sys
pathlib.Path(site.getsitepackages()[0], "hms_ffi.pth").write_text(sys.argv[1] + "\n")
PY
}

build_node() {
  [[ -f crates/node/Cargo.toml ]] || return 0
  local platform
  platform=$(node -p '`${process.platform}-${process.arch}` + (process.platform === "linux" ? "-gnu" : "")')
  place "$(cdylib hms-ffi-node)" "packages/node/hms_ffi.$platform.node"
  (cd packages/node && npm run --silent --if-present build </dev/null)
}

build_go() {
  [[ -f crates/go/Cargo.toml ]] || return 0
  cargo build --quiet -p hms-ffi-c </dev/null
  local platform
  platform=$(go env GOOS)_$(go env GOARCH)
  if [[ -x crates/go/prelink.sh ]]; then
    crates/go/prelink.sh "$TARGET/debug/libhms_ffi_c.a" "$TARGET/debug/libhms_ffi_prelinked.a"
    place "$TARGET/debug/libhms_ffi_prelinked.a" "packages/go/lib/$platform/libhms_ffi.a"
  else
    place "$TARGET/debug/libhms_ffi_c.a" "packages/go/lib/$platform/libhms_ffi.a"
  fi
  fingerprint_go "packages/go/lib/$platform/libhms_ffi.a"
  (cd packages/go && go build ./... </dev/null)
}

# fingerprint_go LIBRARY: Go's build cache does not look at what cgo links, but at headers beside the Go files.
fingerprint_go() {
  printf '#define HMS_LIBRARY "%s"\n' "$(git hash-object --no-filters "$1")" >"$TARGET/library.h"
  place "$TARGET/library.h" packages/go/internal/native/library.h
}

for part in "$@"; do
  title "build $part"
  "build_$part"
done
