#!/usr/bin/env bash
# Runs the demo clinic: run.sh shows a journey and what calls cost, run.sh --up keeps the components running.
# Started by scripts/demo.sh, which builds everything; LANGS says which languages take part besides Rust.
set -euo pipefail
cd "$(dirname "$0")"
source ../../scripts/environment.sh
cd "$ROOT/examples/clinic"

export CLINIC_HOME=$PWD
PATIENT=example
CLAIMS=(MED-00050 100156 760152)
up=0
[[ ${1:-} == --up ]] && up=1

work=$(mktemp -d "${TMPDIR:-/tmp}/clinic-XXXXXX")
pids=()
# forget PID: it has ended already.
forget() {
  local pid others=()
  for pid in "${pids[@]}"; do [[ $pid == "$1" ]] || others+=("$pid"); done
  pids=("${others[@]}")
}
clean_up() {
  trap - EXIT INT TERM
  # The caller that outlasts its providers ends with it.
  exec 9>&-
  ((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null || true
  local try pid
  for ((try = 0; try < 100; try++)); do
    [[ -n $(jobs -rp) ]] || break
    sleep 0.1
  done
  for pid in $(jobs -rp); do
    echo "process $pid did not stop: $(ps -o args= -p "$pid")" >&2
    kill -KILL "$pid"
  done
  wait
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

export CLINIC_HTTP=$work/http
mkdir -p "$CLINIC_HTTP" "$work/log"
if ((!up)); then
  export HMS_RUNTIME_DIR=$work/run
  mkdir -m 700 "$HMS_RUNTIME_DIR"
fi

rust=$TARGET/debug/clinic
# command LANGUAGE: the program of a language, in the array `program`.
command_of() {
  case $1 in
    rust) program=("$rust") ;;
    python) program=("$ROOT/.venv/bin/python" python/clinic.py) ;;
    node) program=(node node/clinic.mjs) ;;
    go) program=("$TARGET/clinic-go") ;;
  esac
}

# start NAME COMMAND...: in the background, until the demo ends. (Descriptor 9 is nobody else's: see below.)
start() {
  local name=$1
  shift
  "$@" >"$work/log/$name" 2>&1 </dev/null 9>&- &
  pids+=($!)
}

# await INTERFACE LOG [COUNT]: until an instance serves it, or that many.
await() {
  local try
  for ((try = 0; try < 300; try++)); do
    if (($(hms list --json | grep -o "\"example:clinic/$1@" | wc -l) >= ${3:-1})); then return; fi
    if ! kill -0 "${pids[-1]}" 2>/dev/null; then break; fi
    sleep 0.1
  done
  echo "example:clinic/$1 did not start:" >&2
  cat "$work/log/$2" >&2
  exit 1
}

# component INTERFACE LANGUAGE: its own language, or Rust standing in.
component() {
  local program
  if wants "$2" || [[ $2 == rust ]]; then
    command_of "$2"
    start "$1" "${program[@]}" serve
  else
    echo "($2 is not in LANGS: Rust stands in for $1)"
    start "$1" "$rust" stand-in "$1"
  fi
  await "$1" "$1"
}

if ! wants go; then
  echo "The clinic's records are served by its Go component: add go to LANGS ('$LANGS')." >&2
  exit 64
fi
component records go
component policy rust
component risk-model python
component journeys node

if ((up)); then
  cat <<TEXT

The clinic is open. In another terminal:

  $TARGET/debug/hms list
  $TARGET/debug/hms describe example:clinic/records
  $TARGET/debug/hms call example:clinic/records find-patient '"$PATIENT"'
  $TARGET/debug/hms call example:clinic/journeys walk '"$PATIENT"' '["${CLAIMS[0]}"]'
  $TARGET/debug/hms call example:clinic/journeys verify-card '"9876B1"'    # fails in the third hop

Ctrl-C closes it.
TEXT
  wait
  exit
fi

"$rust" tell "$PATIENT" "${CLAIMS[@]}"

# A hundred patients, by every language that has a program for it.
scorer=rust
! wants python || scorer=python
printf '\nA hundred patients scored by risk-model (%s), in milliseconds\n\n' "$scorer"
printf '%14s%20s%12s%12s\n' '' 'one after another' 'at once' 'one batch'
for language in python node go; do
  if wants "$language"; then
    command_of "$language"
    # shellcheck disable=SC2046  # three numbers
    printf '%14s%20s%12s%12s\n' "$language" $("${program[@]}" hundred </dev/null)
  fi
done

# A caller goes on calling while its two providers are killed, one after the other, and replaced.
printf '\nProviders of risk-model (%s) are killed and replaced while four threads score patients\n' "$scorer"
outage() {
  local -x HMS_RUNTIME_DIR=$work/outage
  local program round victim
  mkdir -m 700 "$HMS_RUNTIME_DIR"
  if [[ $scorer == rust ]]; then program=("$rust" stand-in risk-model); else command_of python && program+=(serve); fi
  local instances=()
  for round in 1 2; do
    start "scorer-$round" "${program[@]}"
    instances+=("${pids[-1]}")
    await risk-model "scorer-$round" "$round"
  done
  # It calls until descriptor 9 is closed.
  exec 9> >(exec "$rust" outlast >"$work/outlast" 2>&1)
  local caller=$!
  for round in 3 4; do
    sleep 0.5
    victim=${instances[0]}
    instances=("${instances[@]:1}")
    kill -KILL "$victim"
    wait "$victim" 2>/dev/null || true
    forget "$victim"
    start "scorer-$round" "${program[@]}"
    instances+=("${pids[-1]}")
    await risk-model "scorer-$round" 2
    printf '      killed process %s, started %s in its place\n' "$victim" "${instances[-1]}"
  done
  sleep 0.5
  exec 9>&-
  local status=0
  wait "$caller" || status=$?
  cat "$work/outlast"
  return "$status"
}
outage

# Each language's probe has a runtime directory of its own, so that its callers find no other.
languages=(rust)
for language in python node go; do
  ! wants "$language" || languages+=("$language")
done
for provider in "${languages[@]}"; do
  export HMS_RUNTIME_DIR=$work/probe-$provider
  mkdir -m 700 "$HMS_RUNTIME_DIR"
  command_of "$provider"
  start "probe-$provider" "${program[@]}" probe
  await probe "probe-$provider"
done

printf '\nMedian time of one call with one observation, in microseconds (caller down, provider across);\n'
printf 'this build is not optimised, `make bench` measures one that is\n\n        '
printf '%9s' "${languages[@]}"
printf '\n'
for caller in "${languages[@]}"; do
  command_of "$caller"
  printf '%8s' "$caller"
  for provider in "${languages[@]}"; do
    printf '%9s' "$(HMS_RUNTIME_DIR=$work/probe-$provider "${program[@]}" measure </dev/null)"
  done
  printf '\n'
done
