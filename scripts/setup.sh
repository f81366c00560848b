#!/usr/bin/env bash
# Installs what is missing to build and test: system packages (as root), the tools in .venv, npm packages.
# LANGS='python go' limits it to these toolchains; Rust is always needed, since the bindings are built from it.
# Quick when there is nothing to do, so every make target may run it.
set -euo pipefail
cd "$(dirname "$0")/.."

LANGS=${LANGS:-rust python node go}
failed=0

note() { printf 'setup: %s\n' "$*"; }
missing() {
  printf 'setup: %s\n       cure: %s\n' "$1" "$2" >&2
  failed=1
}
wants() { [[ " $LANGS " == *" $1 "* ]]; }

# at_least 3.11 3.9 -> false
at_least() { [[ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -1)" == "$1" ]]; }

# Installs Debian packages as root (once more if it fails: apt is shared), otherwise says how.
apt_install() {
  if ! command -v apt-get >/dev/null; then
    missing "missing: $*" "install the equivalent of the Debian packages: $*"
  elif [[ $(id -u) -ne 0 ]]; then
    missing "missing: $*" "sudo apt-get install -y --no-install-recommends $*"
  else
    note "apt-get install $*"
    local try
    for try in 1 2; do
      if apt-get update -qq </dev/null >/dev/null &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null; then
        return
      fi
      note "apt-get failed (try $try)"
    done
    missing "apt-get could not install: $*" "apt-get install -y --no-install-recommends $*"
  fi
}

packages=()
command -v cc >/dev/null || packages+=(gcc libc6-dev)
command -v git >/dev/null || packages+=(git)
if [[ $(uname -s) == Linux ]]; then
  command -v setpriv >/dev/null && command -v unshare >/dev/null || packages+=(util-linux)
fi
((${#packages[@]} == 0)) || apt_install "${packages[@]}"

# Rust: the version in Cargo.toml, with rustfmt and clippy.
rust_wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
if ! command -v cargo >/dev/null; then
  missing "cargo is missing (Rust $rust_wanted or newer)" "curl -sSf https://sh.rustup.rs | sh -s -- -y"
else
  rust_found=$(cargo --version | cut -d' ' -f2)
  at_least "$rust_wanted" "$rust_found" || missing "Rust $rust_found is older than $rust_wanted" "rustup update stable"
  for tool in rustfmt clippy; do
    if ! cargo "${tool/rustfmt/fmt}" --version >/dev/null 2>&1; then
      if command -v rustup >/dev/null && rustup component add "$tool" </dev/null; then
        note "added $tool"
      else
        missing "$tool is missing" "rustup component add $tool"
      fi
    fi
  done
fi

# Python: .venv with the pinned tools; renewed when the list of tools changes.
find_python() {
  local name
  for name in "${PYTHON:-python3}" python3 python3.14 python3.13 python3.12 python3.11; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
      echo "$name"
      return
    fi
  done
  return 1
}
if wants python; then
  if ! python=$(find_python); then
    if [[ $(apt-cache policy python3 2>/dev/null) == *"Candidate: 3.1"[1-9]* ]]; then
      apt_install python3 python3-venv
    fi
    python=$(find_python) || missing "Python 3.11 or newer is missing" "apt-get install -y python3 python3-venv"
  fi
  if [[ -n ${python:-} ]]; then
    "$python" -c 'import ensurepip, venv' 2>/dev/null || apt_install python3-venv
    stamp=.venv/requirements.installed
    if ! cmp -s scripts/requirements.txt "$stamp" || ! .venv/bin/python -c '' 2>/dev/null; then
      note "Python tools into .venv"
      "$python" -m venv --clear .venv
      .venv/bin/python -m pip install --quiet --disable-pip-version-check -r scripts/requirements.txt </dev/null
      cp scripts/requirements.txt "$stamp"
    fi
  fi
fi

# Node: npm packages of every folder that locks some.
if wants node; then
  node_found=$(node --version 2>/dev/null || echo v0)
  if ! at_least 20 "${node_found#v}" || ! command -v npm >/dev/null; then
    missing "Node 20 or newer with npm is missing (found $node_found)" "install Node from https://nodejs.org/ or with your version manager"
  else
    while IFS= read -r lock; do
      folder=$(dirname "$lock")
      if ! cmp -s "$lock" "$folder/node_modules/.installed-lock"; then
        note "npm packages into $folder"
        (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error </dev/null)
        mkdir -p "$folder/node_modules"
        cp "$lock" "$folder/node_modules/.installed-lock"
      fi
    done < <(git ls-files --cached --others --exclude-standard '*package-lock.json' ':!benches')
  fi
fi

# Go: the toolchain only; modules come with the first build.
if wants go; then
  if ! command -v go >/dev/null; then
    missing "Go 1.23 or newer is missing" "install Go from https://go.dev/dl/"
  else
    go_found=$(go env GOVERSION)
    at_least 1.23 "${go_found#go}" || missing "Go ${go_found#go} is older than 1.23" "install Go from https://go.dev/dl/"
  fi
fi

if ((failed)); then
  note "something is missing; see above"
  exit 1
fi
