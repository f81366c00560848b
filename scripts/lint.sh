#!/usr/bin/env bash
# Formatting and static checks of every language; --fix formats instead of complaining.
set -uo pipefail
source "$(dirname "$0")/environment.sh"

fix=0
[[ ${1:-} == --fix ]] && fix=1
failed=()
passed=0
check() {
  title "$1"
  shift
  if "$@" </dev/null; then passed=$((passed + 1)); else failed+=("$*"); fi
}
in_folder() { (cd "$1" && shift && "$@"); }
choose() { if ((fix)); then echo "$1"; else echo "$2"; fi; }

# shellcheck disable=SC2046  # an empty choice is no argument
rust() {
  check 'rustfmt' cargo fmt --all $(choose '' --check)
  check 'clippy' cargo clippy --workspace --all-targets --quiet -- -D warnings
}

python() {
  check 'ruff' ruff check $(choose --fix '') .
  check 'ruff format' ruff format $(choose '' --check) .
  # The generated stubs in tests/types are checked by the tests there, as their users would.
  # Programs made of modules that lie beside one another are checked from their folder, everything else from here.
  local folder typed programs=(tests/system tests/conformance/python tests/soak/python examples/clinic/python benches/python)
  typed=$(git ls-files --cached --others --exclude-standard '*.py' '*.pyi' | grep -v -e mistyped -e '^tests/types/python/')
  for folder in "${programs[@]}"; do
    typed=$(grep -v "^$folder/" <<<"$typed")
    [[ ! -d $folder ]] || check "mypy in $folder" in_folder "$folder" mypy --config-file "$ROOT/mypy.ini" .
  done
  # shellcheck disable=SC2086  # one word a file
  check 'mypy' mypy $typed
}

node() {
  [[ -f packages/node/package.json ]] || return 0
  check 'prettier' in_folder packages/node npx --no-install prettier $(choose --write --check) --log-level warn .
  check 'tsc' in_folder packages/node npx --no-install tsc --noEmit
}

gofmt_clean() {
  local files
  files=$(git ls-files --cached --others --exclude-standard '*.go')
  [[ -z $files ]] && return
  if ((fix)); then
    xargs gofmt -w <<<"$files"
  else
    local unformatted
    unformatted=$(xargs gofmt -l <<<"$files")
    [[ -z $unformatted ]] || {
      echo "$unformatted"
      return 1
    }
  fi
}

go() {
  [[ -f packages/go/go.mod ]] || return 0
  check 'gofmt' gofmt_clean
  local module
  while IFS= read -r module; do
    check "go vet in $(dirname "$module")" in_folder "$(dirname "$module")" command go vet ./...
  done < <(git ls-files --cached --others --exclude-standard '*go.mod')
}

wants python && python
wants rust && rust
for part in node go; do
  # Type checks need what a build puts in place.
  if wants "$part" && [[ -d packages/$part ]]; then
    scripts/build.sh "$part" && "$part"
  fi
done

echo
((${#failed[@]} == 0)) || printf 'failed: %s\n' "${failed[@]}"
echo "lint: $passed passed, ${#failed[@]} failed"
((${#failed[@]} == 0))
