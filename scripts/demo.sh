#!/usr/bin/env bash
# Builds the demo for the languages in LANGS and runs it: demo.sh, or demo.sh --up to keep it running.
set -euo pipefail
source "$(dirname "$0")/environment.sh"

clinic=$ROOT/examples/clinic
parts=(rust)
for part in python node go; do
  ! wants "$part" || parts+=("$part")
done
scripts/build.sh "${parts[@]}"
title "build examples/clinic"
cargo build --quiet -p hms-ffi-clinic </dev/null
if wants go; then (cd "$clinic/go" && go build -o "$TARGET/clinic-go" . </dev/null); fi
if wants node; then
  mkdir -p "$clinic/node/node_modules/@hms"
  ln -sfn "$ROOT/packages/node" "$clinic/node/node_modules/@hms/ffi"
fi

title 'the demo clinic'
exec "$clinic/run.sh" "$@"
