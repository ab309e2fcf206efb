# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What every test story begins with:  . "$(dirname "$0")/../lib.sh"
#
# It gives the story a temporary folder of its own as the current directory, with FN_HOME inside. The folder is
# removed when the story ends well and kept, with a word where, when it doesn't. Any command that fails ends the story.
#
#   $FN  the fnimg under test       $WORK  the temporary folder      $REPO  the repository      $PY  a Python 3
#   $FNRUN  the fnrun under test
#   t NAME..                        names the case that follows
#   expect_exit CODE COMMAND..      runs it; its streams are then in $WORK/out and $WORK/err
#   expect_stdout TEXT              stdout of the last expect_exit was exactly TEXT and a newline ('' for nothing)
#   expect_stdout_has TEXT..        every TEXT stands in it; expect_stderr_has likewise
#   expect_same WHAT A B            two strings are equal
#   json FILTER                     jq -r over stdin, or over $WORK/out when stdin is a terminal or /dev/null
#   same_tree A B [--ignore a,b]    two directory trees are equal (tests/tree_digest.py says in what)
#   need COMMAND PACKAGE            skips (fails when CI=true) if a program is missing
#   need_root                       skips as an ordinary user
#   as_user COMMAND..               runs a command as nobody (root only)
#   dev_commands                    prints the path of compile_commands.json of the build that clang-tidy reads
#   skip WHY.. | die WHY..
set -eu -o pipefail
umask 022
export LC_ALL=C.UTF-8 TZ=UTC

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
BUILD=${FN_BUILD:-$REPO/build}
FN=$BUILD/tools/fnimg/fnimg
FNRUN=$BUILD/tools/fnrun/fnrun
PY=/usr/bin/python3
[ -x "$PY" ] || PY=python3
export REPO BUILD FN FNRUN PY

# In lower case: buildah takes paths apart as references.
WORK=${TMPDIR:-/tmp}/fn-test.$(od -An -N5 -tx1 /dev/urandom | tr -d ' ')
mkdir -m 700 "$WORK"
export WORK FN_HOME="$WORK/home"
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=0:exitcode=99}
unset NO_COLOR SOURCE_DATE_EPOCH FN_LIBEXEC XDG_DATA_HOME
cd "$WORK"

case_name=
at_end=()
finish() {
  local code=$?
  set +e
  local command
  for command in "${at_end[@]}"; do eval "$command"; done
  if [ $code -eq 0 ] || [ $code -eq 77 ]; then
    cd / && chmod -R u+rwX "$WORK" 2>/dev/null
    rm -rf "$WORK"
  else
    echo "FAILED${case_name:+: $case_name} (exit $code); files are kept in $WORK" >&2
  fi
  exit $code
}
trap finish EXIT
trap 'exit 130' INT TERM
trap 'echo "${BASH_SOURCE[0]##*/}:$LINENO: exit $? from: $BASH_COMMAND" >&2' ERR
set -E

# compile_commands.json of the preset dev, in which each source stands by itself; it is configured if need be, never
# built.
dev_commands() {
  (
    flock 9
    cd "$REPO" && cmake --preset dev >"$WORK/configured" 2>&1
  ) 9>"$BUILD/dev.lock" || die "$(tail "$WORK/configured")"
  echo "$REPO/build-dev/compile_commands.json"
}

t() { case_name="$*"; }
die() {
  echo "$*" >&2
  exit 1
}
skip() {
  echo "skipped: $*"
  exit 77
}
# A command that is run at the end of the story, whatever its outcome.
at_exit() { at_end+=("$*"); }

need() {
  command -v "$1" >/dev/null 2>&1 && return 0
  [ "${CI:-}" != true ] || die "'$1' is missing and CI=true: install the package $2"
  skip "needs '$1', from the package $2"
}
need_root() { [ "$(id -u)" = 0 ] || skip "needs root"; }
as_user() { setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"; }

show_streams() {
  local stream
  for stream in out err; do
    [ ! -s "$WORK/$stream" ] || { echo "--- std$stream" && head -c 4000 "$WORK/$stream"; } >&2
  done
}

expect_exit() {
  local want=$1 got=0
  shift
  "$@" >"$WORK/out" 2>"$WORK/err" || got=$?
  [ "$got" = "$want" ] || {
    show_streams
    die "exit $got instead of $want from: $*"
  }
}
expect_stdout() {
  { [ -z "$1" ] || printf '%s\n' "$1"; } | cmp -s - "$WORK/out" || {
    show_streams
    die "stdout is not exactly: $1"
  }
}
stream_has() {
  local stream=$1 text
  shift
  for text; do
    grep -qF -e "$text" -- "$WORK/$stream" || {
      show_streams
      die "std$stream does not have: $text"
    }
  done
}
expect_stdout_has() { stream_has out "$@"; }
expect_stderr_has() { stream_has err "$@"; }
expect_same() { [ "$2" = "$3" ] || die "$1 differ: '$2' and '$3'"; }

json() {
  if [ -t 0 ] || [ /dev/stdin -ef /dev/null ]; then jq -er "$1" "$WORK/out"; else jq -er "$1"; fi
}

tree() { "$PY" "$REPO/tests/tree_digest.py" "$@"; }
same_tree() {
  local a=$1 b=$2
  shift 2
  tree "$a" "$@" >"$WORK/tree.a"
  tree "$b" "$@" >"$WORK/tree.b"
  diff "$WORK/tree.a" "$WORK/tree.b" >"$WORK/tree.diff" || {
    head -n 40 "$WORK/tree.diff" >&2
    die "trees differ: $a (<) and $b (>)"
  }
}
