#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Hostile images, and odd ones that are right: import, list and unpack each. Whatever it is, nothing outside the target
# changes, memory and time are bounded, no control character reaches the terminal, and the state stays whole.
# early
# limit 1800
. "$(dirname "$0")/../lib.sh"

"$PY" "$REPO/tests/hostile/make_hostile.py" images
cd images

# What is promised is 256 MiB. The sanitizers need terabytes of address space.
bounded=(timeout --kill-after=5 "${FN_HOSTILE_SECONDS:-60}")
grep -q __asan_init "$FN" || bounded+=(prlimit --data=$((256 << 20)) --)

around() { # what may not change: the canary, and the names beside the target and in the real root
  tree outside
  find . / -maxdepth 1 ! -name tree -printf '%p\n' | sort
}
try() { # COMMAND.. : its exit code in $code
  code=0
  "${bounded[@]}" "$@" >"$WORK/out" 2>"$WORK/err" || code=$?
  if LC_ALL=C grep -q '[[:cntrl:]]' <(tr -d '\n' <"$WORK/out" && tr -d '\n' <"$WORK/err"); then
    complain "a control character in the output of fnimg $2"
  fi
}

failures=0
complain() {
  echo "$name: $*"
  head -n 3 "$WORK/err"
  failures=$((failures + 1))
}

check_accepted() {
  [ "$code" = 0 ] || {
    complain "exit $code, but it is right"
    return 0
  }
  (cd tree && eval "$check") || complain "the unpacked tree is wrong: $check"
}

check_refused() {
  case $code in
    2 | 4 | 6 | 7) ;;
    0) complain 'was accepted' ;;
    *) complain "exit $code" ;;
  esac
  [ "$imported" != 0 ] || complain 'import took it'
  [ ! -e tree ] || complain 'left a tree'
  grep -q '^fnimg: error: ' "$WORK/err" || complain 'no message'
  grep -qF -e "$check" "$WORK/err" || complain "not refused for: $check"
}

before=$(around)
while IFS=$'\t' read -r name expect check flags; do
  t "$name"
  rm -rf "$FN_HOME" # a blob that is there already would not be read again
  # shellcheck disable=SC2086 # flags are words
  try "$FN" import -q "$name" -t "$name:1" $flags
  imported=$code
  [ "$code" != 0 ] || try "$FN" files "$name:1"
  [ "$code" != 0 ] || try "$FN" unpack -q "$name:1" tree
  if [ "$expect" = accept ]; then check_accepted; else check_refused; fi
  [ "$(around)" = "$before" ] || {
    complain 'something outside changed'
    before=$(around)
  }
  if [ -e tree ]; then chmod -R u+rwX tree && rm -rf tree; fi
  [ ! -e "$FN_HOME" ] || "$FN" fsck -q --read-data >/dev/null 2>&1 || complain 'the state is broken'
done <cases.tsv
t 'outcomes'
[ "$failures" = 0 ] || die "$failures failures in $(wc -l <cases.tsv) cases"
