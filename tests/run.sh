#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds everything and runs every test; sets a fresh Debian or Ubuntu machine up by itself when it runs as root.
#
#   tests/run.sh [--no-build] [--list] [SUBSTRING..]     only tests whose name has one of the substrings
#
# A test is a program that exits 0 (pass), 77 (skip, its last line says why) or with anything else (fail):
# the unit test and property programs, and each *.sh in tests/{cli,hostile,crash,race,peers,style,fuzz} and examples/. Unit, property and hostile
# tests run a second time under ASan and UBSan, as asan/... . A missing peer is a skip, and a failure when CI=true.
# A test with a line '# alone' runs with no other beside it; '# limit SECONDS' gives it more time than the others have. The last line is: N passed, N failed, N skipped.
set -u

repo=$(cd "$(dirname "$0")/.." && pwd -P)
build=$repo/build
asan=$repo/build-asan
fuzz=$repo/build-fuzz
jobs=${FN_JOBS:-$(nproc)}
limit=${FN_TEST_TIMEOUT:-900}
groups=(unit property style cli examples hostile race peers crash fuzz)

usage() { sed -n '3,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; }

with_build=yes
list_only=no
patterns=()
for word; do
  case $word in
    --no-build) with_build=no ;;
    --list) list_only=yes ;;
    -h | --help) usage && exit 0 ;;
    -*) echo "run.sh: error: unknown flag '$word'" >&2 && usage >&2 && exit 2 ;;
    *) patterns+=("$word") ;;
  esac
done

selected() { # NAME
  local pattern
  [ ${#patterns[@]} -gt 0 ] || return 0
  for pattern in "${patterns[@]}"; do
    [[ $1 != *"$pattern"* ]] || return 0
  done
  return 1
}

unit_programs() { sed -n 's/^foreach(module \(.*\))$/\1/p' "$repo/tests/unit/CMakeLists.txt" | tr ' ' '\n'; }

# One line a test: NAME, then the command that runs it.
all_tests() {
  local group script module
  for group in "${groups[@]}"; do
    case $group in
      unit)
        for module in $(unit_programs); do
          compgen -G "$repo/tests/unit/${module}_*.cpp" >/dev/null || continue
          echo "unit/$module $build/tests/unit/unit_$module"
          echo "asan/unit/$module $asan/tests/unit/unit_$module"
        done
        ;;
      property)
        for script in "$repo"/tests/property/*.cpp; do
          module=$(basename "$script" .cpp)
          echo "property/$module $build/tests/property/property_$module"
          echo "asan/property/$module $asan/tests/property/property_$module"
        done
        ;;
      examples)
        for script in "$repo"/examples/*.sh; do
          [ "${script##*/}" = packages.sh ] || echo "examples/${script##*/} $script"
        done
        ;;
      *)
        for script in "$repo/tests/$group"/*.sh; do
          [ -x "$script" ] || continue
          echo "$group/${script##*/} $script"
          [ "$group" != hostile ] || echo "asan/$group/${script##*/} $script"
        done
        ;;
    esac
  done
}

mapfile -t tests < <(all_tests | while read -r name command; do
  # shellcheck disable=SC2015
  selected "$name" && echo "$name $command" || true
done)
if [ "$list_only" = yes ]; then
  printf '%s\n' "${tests[@]}" | cut -d ' ' -f 1
  exit 0
fi
[ ${#tests[@]} -gt 0 ] || {
  echo "run.sh: error: no test matches '${patterns[*]}'" >&2
  exit 2
}

# --- what is missing, then the build ---------------------------------------------------------------------------------

started=$SECONDS
configure_and_build() { # PRESET DIRECTORY
  local log=$2.log launcher=()
  ! command -v ccache >/dev/null || launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  local from=$SECONDS
  (cd "$repo" && cmake --preset "$1" -DFN_WERROR=ON -DFN_TESTS=ON "${launcher[@]}" && ninja -C "$2") >"$log" 2>&1 || {
    grep -E -A 12 'error|FAILED' "$log" | head -n 80
    echo "run.sh: error: the build of $1 failed, all of it is in $log" >&2
    return 1
  }
  echo "built $1 in $((SECONDS - from)) s"
}

if [ "$with_build" = yes ]; then
  if ! "$repo/examples/packages.sh" build; then
    echo "run.sh: error: cannot build without these packages" >&2
    exit 2
  fi
  "$repo/examples/packages.sh" test peers || echo "run.sh: going on; tests that need what is missing say so" >&2
  configure_and_build release "$build" || exit 1
  if printf '%s\n' "${tests[@]}" | grep -q '^asan/'; then
    configure_and_build asan "$asan" || exit 1
  fi
  if printf '%s\n' "${tests[@]}" | grep -q '^fuzz/' && command -v clang++ >/dev/null; then
    configure_and_build fuzz "$fuzz" || exit 1
  fi
fi

# --- the tests -------------------------------------------------------------------------------------------------------

evidence=$build/evidence
rm -rf "$evidence"
mkdir -p "$evidence"

log_of() { echo "$evidence/${1//\//__}.log"; }

# A script may ask for more time than the others have: '# limit SECONDS'.
limit_of() { # COMMAND
  local own=
  [[ $1 != *.sh ]] || own=$(sed -n 's/^# limit \([0-9]*\)$/\1/p' "$1")
  echo "${own:-$limit}"
}

run_one() { # NAME COMMAND
  local name=$1 command=$2 log code=0 from to verdict note='' of=$build pid seconds
  seconds=$(limit_of "$command")
  log=$(log_of "$name")
  [[ $name != asan/* ]] || of=$asan
  from=$(date +%s%N)
  # A shell starts what runs beside it with SIGINT ignored; a test of Ctrl-C needs it as a terminal gives it.
  FN_BUILD=$of FN_EVIDENCE=$evidence env --default-signal=INT,QUIT timeout --kill-after=10 "$seconds" "$command" >"$log" 2>&1 </dev/null &
  pid=$!
  trap 'kill "$pid" 2>/dev/null; wait "$pid"; exit 143' TERM
  wait "$pid" || code=$?
  to=$(date +%s%N)
  case $code in
    0) verdict=pass ;;
    77) verdict=skip note="  $(tail -n 1 "$log" | sed 's/^skipped: //')" ;;
    124) verdict=FAIL note="  no end after $seconds s" ;;
    *) verdict=FAIL note="  exit $code" ;;
  esac
  echo "$verdict" >"$log.verdict"
  printf '%s  %7d ms  %s%s\n' "$verdict" $(((to - from) / 1000000)) "$name" "$note"
}

# The marker stands in scripts only; a unit test program is none.
wants_to_be_alone() { [[ $1 == *.sh ]] && grep -q '^# alone$' "$1"; }

running=0
beside_others=()
alone=()
for test in "${tests[@]}"; do
  if wants_to_be_alone "${test#* }"; then alone+=("$test"); else beside_others+=("$test"); fi
done
# shellcheck disable=SC2046 # one word for each process
trap 'trap - INT TERM; kill $(jobs -p) 2>/dev/null; wait; exit 130' INT TERM
for test in "${beside_others[@]}"; do
  if [ "$running" -ge "$jobs" ]; then
    wait -n
    running=$((running - 1))
  fi
  run_one "${test%% *}" "${test#* }" &
  running=$((running + 1))
done
wait
for test in "${alone[@]}"; do
  run_one "${test%% *}" "${test#* }" &
  wait
done

# --- what came of it -------------------------------------------------------------------------------------------------

passed=0 failed=0 skipped=0
for test in "${tests[@]}"; do
  name=${test%% *}
  log=$(log_of "$name")
  case $(cat "$log.verdict" 2>/dev/null) in
    pass) passed=$((passed + 1)) ;;
    skip) skipped=$((skipped + 1)) ;;
    *)
      failed=$((failed + 1))
      printf '\n----- %s: last lines of %s\n' "$name" "${log#"$repo"/}"
      tail -n 60 "$log"
      ;;
  esac
done
[ $failed -eq 0 ] || echo
echo "all of it in $((SECONDS - started)) s, output of each test in ${evidence#"$repo"/}"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
