#!/usr/bin/env bash
# All tests, in steps; the last line counts the tests of all steps. --all adds the long ones.
# One step: scripts/test.sh --only matrix
set -uo pipefail
source "$(dirname "$0")/environment.sh"

all=0
only=
while (($#)); do
  case $1 in
    --all) all=1 ;;
    --only) only=$2 && shift ;;
    *) echo "usage: test.sh [--all] [--only STEP]" >&2 && exit 64 ;;
  esac
  shift
done

logs=$ROOT/target/test-logs
rm -rf "$logs"
mkdir -p "$logs"
failed=()

step() {
  local name=$1 started=$SECONDS
  shift
  [[ -z $only || $only == "$name" || $name == build-* ]] || return 0
  title "$name"
  if ! "$@" </dev/null 2>&1 | tee "$logs/$name.log"; then failed+=("$name"); fi
  echo "--- $name: $((SECONDS - started)) s"
}
in_folder() { (cd "$1" && shift && "$@"); }
# A step whose folder does not exist is a part that was not written; nothing else is ever skipped.
exists() { compgen -G "$1" >/dev/null; }

step build-rust scripts/build.sh rust
exists crates/py/Cargo.toml && step build-python scripts/build.sh python
exists crates/node/Cargo.toml && step build-node scripts/build.sh node
exists crates/go/Cargo.toml && step build-go scripts/build.sh go

rust_packages=(-p hms-ffi-loom)
exists crates/cli/Cargo.toml && rust_packages+=(-p hms-ffi-cli)
exists crates/go/Cargo.toml && rust_packages+=(-p hms-ffi-c)
step rust cargo test --quiet
((${#rust_packages[@]} == 0)) || step rust-more cargo test --quiet "${rust_packages[@]}"
step pytest pytest -q
exists packages/node/package.json && step node in_folder packages/node npm test --silent
exists packages/go/go.mod && step go in_folder packages/go go test ./...
exists tests/matrix/run.py && step matrix .venv/bin/python tests/matrix/run.py

if ((all)); then
  step hosts bash tests/host/run.sh
  for script in tests/long/*.sh; do step "$(basename "$script" .sh)" bash "$script"; done
  step deny scripts/deny.sh
fi

# What each test runner says in its closing lines, added up.
count() {
  cat "$logs"/*.log | sed 's/\x1b\[[0-9;]*m//g' | awk -v kind="$1" '
    /^test result:/ { for (i = 2; i <= NF; i++) if ($i ~ "^" kind) total += $(i - 1) }
    /^[0-9]+ (passed|failed|error).* in [0-9.]+s/ || /^=+ .*(passed|failed|error).* in / || /^[a-z]+: [0-9]+ passed, [0-9]+ failed/ {
      for (i = 2; i <= NF; i++) if ($i ~ "^" kind) total += $(i - 1) }
    /^(# |ℹ )(pass|fail) [0-9]+$/ { if (index(kind, $2) == 1) total += $3 }
    /^ok  *\t/ && kind == "passed" && !/no test files/ { total += 1 }
    /^FAIL\t/ && kind == "failed" { total += 1 }
    END { print total + 0 }'
}
echo
for name in "${failed[@]}"; do echo "failed: $name (log in $logs/$name.log)"; done
failures=$(count failed)
# A step may fail without a failing test, as when it does not build.
((${#failed[@]} == 0 || failures > 0)) || failures=${#failed[@]}
echo "total: $(count passed) passed, $failures failed"
((${#failed[@]} == 0 && failures == 0))
