#!/usr/bin/env bash
# Licences, bans and sources of all Rust dependencies. Advisories need a database that not every machine can fetch:
# the workflow in .github/workflows runs them.
set -euo pipefail
source "$(dirname "$0")/environment.sh"

version=0.20.2
if ! cargo deny --version >/dev/null 2>&1; then
  echo "installing cargo-deny $version (once, some minutes)"
  cargo install --locked --quiet cargo-deny --version "$version" </dev/null
fi
cargo deny --workspace check --hide-inclusion-graph licenses bans sources
echo 'deny: 1 passed, 0 failed'
