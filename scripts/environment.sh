# Sourced by the scripts beside it: one set of variables for every build, so that no step rebuilds what another built.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
ROOT=$PWD
export TARGET=${CARGO_TARGET_DIR:-$ROOT/target}
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-auto}
# The Python extension is never linked with libpython; without this, pyo3 would be built twice.
export PYO3_BUILD_EXTENSION_MODULE=1
if [[ -x $ROOT/.venv/bin/python ]]; then
  export PYO3_PYTHON=$ROOT/.venv/bin/python
  export PATH=$ROOT/.venv/bin:$PATH
fi
export PATH=$TARGET/debug:$PATH

wants() { [[ " ${LANGS:-rust python node go} " == *" $1 "* ]]; }
title() { printf '\n=== %s\n' "$*"; }
