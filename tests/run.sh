#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds everything and runs every test; sets a fresh Debian or Ubuntu machine up by itself when it runs as root.
#
#   tests/run.sh [--soak] [--no-build] [--list] [SUBSTRING..]
#
#   SUBSTRING    only tests whose name has one of them
#   --soak       the long versions too: each fuzzer a minute, thousands of runs, every point of the sweeps
#   --no-build   with the builds as they are
#   --list       only the names
#
# The list of tests is that of CMake (tests/CMakeLists.txt): `ctest -j2` in build/ runs the same. Two builds: build/
# is what users run, build-sanitize/ is made by clang with ASan and UBSan and has the fuzzers. A missing peer is a
# skip, and a failure when CI=true. The last line is: N passed, N failed, N skipped.
set -u

repo=$(cd "$(dirname "$0")/.." && pwd -P)
build=$repo/build
sanitize=$repo/build-sanitize
jobs=${FN_JOBS:-$(nproc)}
. "$repo/tests/steps.sh"

usage() { sed -n '3,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; }

with_build=yes
list_only=no
patterns=()
for word; do
  case $word in
    --soak) export FN_SOAK=1 ;;
    --no-build) with_build=no ;;
    --list) list_only=yes ;;
    -h | --help) usage && exit 0 ;;
    -*) echo "run.sh: error: unknown flag '$word'" >&2 && usage >&2 && exit 2 ;;
    *) patterns+=("$word") ;;
  esac
done

# What ctest is to select: one regular expression of all words, taken literally.
selection=()
if [ ${#patterns[@]} -gt 0 ]; then
  literal=$(printf '%s\n' "${patterns[@]}" | sed 's/[][\.*^$+?(){}|]/\\&/g' | paste -sd '|')
  selection=(-R "$literal")
fi

# Another clone finds what this one compiled: paths within the repository are relative to ccache.
launcher=()
use_ccache() {
  command -v ccache >/dev/null || return 0
  export CCACHE_BASEDIR=$repo CCACHE_NOHASHDIR=1
  launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_C_COMPILER_LAUNCHER=ccache)
}
configure() { (cd "$repo" && cmake --preset "$1" -DFN_WERROR=ON -DFN_TESTS=ON "${launcher[@]}" "${@:2}"); }
compile() { # PRESET [CMAKE FLAG..]
  configure "$@" && exec ninja -C "$repo/build$([ "$1" = release ] || echo "-$1")" -j "$jobs"
}
built() { # PRESET [CMAKE FLAG..]
  local log=$repo/build-$1.log
  timed "build $1" compile "$@" >"$log" 2>&1 || {
    grep -E -A 12 'error|FAILED' "$log" | head -n 80
    echo "run.sh: error: the build of $1 failed, all of it is in $log" >&2
    exit 1
  }
}

if [ "$with_build" = yes ]; then
  if ! timed packages "$repo/examples/packages.sh" build test; then
    echo "run.sh: error: cannot build without these packages" >&2
    exit 2
  fi
  timed "packages of peers" "$repo/examples/packages.sh" peers ||
    echo "run.sh: going on; tests that need what is missing say so" >&2
  use_ccache
  with_sanitizers=()
  ! command -v clang++ >/dev/null || with_sanitizers=("-DFN_SANITIZED=$sanitize")
  if [ "$list_only" = no ]; then
    [ ${#with_sanitizers[@]} -eq 0 ] || built sanitize
    built release "${with_sanitizers[@]}"
  else
    configure release "${with_sanitizers[@]}" >"$repo/build-release.log" 2>&1 || exit 1
  fi
fi

if [ "$list_only" = yes ]; then
  ctest --test-dir "$build" -N "${selection[@]}" | sed -n 's/^ *Test *#[0-9]*: //p'
  exit 0
fi

evidence=$build/evidence
rm -rf "$evidence"
mkdir -p "$evidence"
# What fails is shown when everything has ended, with its last lines; all of it stays in LastTest.log.
timed tests env --default-signal=INT,QUIT ctest --test-dir "$build" -j "$jobs" --no-tests=error \
  --output-junit "$evidence/tests.xml" "${selection[@]}"
[ -e "$evidence/tests.xml" ] || exit 2
echo
print_steps
exec "${PY:-python3}" "$repo/tests/summary.py" "$evidence/tests.xml"
