#!/usr/bin/env bash
# Builds the demo for the languages in LANGS and runs it: demo.sh, or demo.sh --up to keep it running.
set -euo pipefail
source "$(dirname "$0")/environment.sh"

if [[ ! -x examples/clinic/run.sh ]]; then
  echo 'examples/clinic does not exist yet' >&2
  exit 1
fi
exec examples/clinic/run.sh "$@"
