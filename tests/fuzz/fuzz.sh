#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every parser is given what has broken one before, then new inputs, under ASan and UBSan. All targets together have
# three minutes, and those whose sources changed since they passed begin and take four shares of it; --soak gives each
# a minute. An input that ends a target badly is kept: it belongs into tests/fuzz/crashes/TARGET, with the repair.
# FN_FUZZ_TARGETS="json tar" runs only these, FN_FUZZ_SECONDS=N gives each N seconds.
# cores
# limit 1800
# sanitized
. "$(dirname "$0")/../lib.sh"
need clang++ clang

fuzzers=${FN_SANITIZED:-$REPO/build-sanitize}/tests/fuzz
evidence=${FN_EVIDENCE:-$REPO/build/evidence}/fuzz
[ -e "$fuzzers/targets" ] || die "no fuzzers in $fuzzers: cmake --preset sanitize && ninja -C build-sanitize"
read -r -a targets <<<"${FN_FUZZ_TARGETS:-$(tr '\n' ' ' <"$fuzzers/targets")}"
seconds=${FN_FUZZ_SECONDS:-${FN_SOAK:+60}}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/fn-fuzz
mkdir -p "$cache" 2>/dev/null || cache=$WORK
# In memory, apply does five times as many.
export TMPDIR=$WORK
if [ -w /dev/shm ]; then
  TMPDIR=$(mktemp -d -p /dev/shm fn-fuzz.XXXXXX)
  at_exit "rm -rf '$TMPDIR'"
fi
rm -rf "$evidence"
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=0:handle_abort=0
limits=(-rss_limit_mb=2048 -timeout=10 -print_final_stats=1)

length_of() { # TARGET : of the longest input
  case $1 in
    tar | apply) echo 20000 ;;
    reference) echo 500 ;;
    whiteouts) echo 300 ;;
    *) echo 4096 ;;
  esac
}

# What a target is made of: its own source, and the folders whose parsers it calls.
sources_of() ( # TARGET
  local folder=common/layer
  case $1 in
    json) folder=common/base ;;
    reference | documents) folder=common/oci ;;
    elf) folder=common/elf ;;
    package) folder=common/package ;;
    ld_so_cache) folder=common/link ;;
    recipe) folder=tools/fnimg/recipe ;;
  esac
  cd "$REPO"
  cat "tests/fuzz/$1.cpp" tests/fuzz/*.hpp common/base/{json,text}.* "$folder"/*.[ch]pp | sha256sum | cut -c 1-32
)

# Changed targets first. Of the three minutes a changed one has four shares, another one.
changed=() known=()
for target in "${targets[@]}"; do
  if [ -e "$cache/$target-$(sources_of "$target")" ]; then known+=("$target"); else changed+=("$target"); fi
done
targets=("${changed[@]}" "${known[@]}")
share=$((180 / (4 * ${#changed[@]} + ${#known[@]})))
seconds_of() { # TARGET
  if [ -n "$seconds" ]; then
    echo "$seconds"
  elif [[ " ${changed[*]} " == *" $1 "* ]]; then
    echo $((4 * share))
  else
    echo $share
  fi
}

explain() { # TARGET LOG INPUT
  grep -E -m 3 '^broken: |ERROR: |SUMMARY: |runtime error|what\(\)' "$2" || tail -n 5 "$2"
  echo "$1: failed; again with: $fuzzers/fuzz_$1 $3"
}

replay() { # TARGET
  local input
  for input in "$REPO/tests/fuzz/seeds/$1"/* "$REPO/tests/fuzz/crashes/$1"/*; do
    [ -e "$input" ] || continue
    "$fuzzers/fuzz_$1" "${limits[@]}" "$input" >"$1.replay" 2>&1 || {
      explain "$1" "$1.replay" "$input"
      return 1
    }
  done
}

fuzz() { # TARGET
  local artifacts=$evidence/$1/ inputs=("$WORK/corpus/$1" "$REPO/tests/fuzz/seeds/$1") found
  mkdir -p "$artifacts" "$WORK/corpus/$1"
  [ ! -d "$REPO/tests/fuzz/crashes/$1" ] || inputs+=("$REPO/tests/fuzz/crashes/$1")
  "$fuzzers/fuzz_$1" "${limits[@]}" -max_total_time="$(seconds_of "$1")" -max_len="$(length_of "$1")" \
    -artifact_prefix="$artifacts" "${inputs[@]}" >"$1.log" 2>&1 || {
    cp "$1.log" "$artifacts/log"
    found=$(find "$artifacts" -type f ! -name log | sort | tail -n 1)
    explain "$1" "$1.log" "${found:-(no input was kept, see $artifacts/log)}"
    return 1
  }
  touch "$cache/$1-$(sources_of "$1")"
  printf '%s: %s executions, %s edges\n' "$1" \
    "$(sed -n 's/^stat::number_of_executed_units: *//p' "$1.log")" \
    "$(grep -o 'cov: [0-9]*' "$1.log" | tail -n 1 | cut -d ' ' -f 2)"
}

# What it prints stands together when two run at once.
in_one_piece() { # FUNCTION TARGET
  local code=0
  "$1" "$2" >"$2.$1.out" 2>&1 || code=$?
  cat "$2.$1.out"
  return $code
}

each() { # FUNCTION : for all targets, as many at once as there are processors
  local target running=0 failures=0
  for target in "${targets[@]}"; do
    if [ "$running" -ge "$(nproc)" ]; then
      wait -n || failures=$((failures + 1))
      running=$((running - 1))
    fi
    in_one_piece "$1" "$target" &
    running=$((running + 1))
  done
  while [ "$running" -gt 0 ]; do
    wait -n || failures=$((failures + 1))
    running=$((running - 1))
  done
  [ "$failures" = 0 ] || die "$failures targets failed"
}

t 'what is known'
each replay
t 'something new'
each fuzz
[ -n "${FN_SOAK:-}" ] || echo 'not run: a minute of each fuzzer (three minutes for all of them were)'
