#!/usr/bin/env bash
# prelink.sh IN.a OUT.a: makes one object of a static library and keeps only its `hms_*` symbols global, so that a
# program may hold another static library that was written in Rust.
set -euo pipefail
in=$(realpath "$1")
out=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$(dirname "$out")"
if [[ $(uname -s) == Darwin ]]; then
  # There a symbol that is hidden stays so; nothing has to be localised for Rust's own names to be.
  nm -gjU "$in" 2>/dev/null | grep '^_hms_' | sort -u >"$work/keep"
  ld -r -exported_symbols_list "$work/keep" -force_load "$in" -o "$work/hms_ffi.o"
else
  # Groups of sections that stand for one are resolved here: the other library keeps its own.
  ld -r --force-group-allocation --whole-archive "$in" -o "$work/hms_ffi.o"
  objcopy --wildcard --keep-global-symbol 'hms_*' --strip-debug --remove-section .llvmbc --remove-section .llvmcmd "$work/hms_ffi.o"
fi
ar rcs "$work/out.a" "$work/hms_ffi.o"
mv "$work/out.a" "$out"
