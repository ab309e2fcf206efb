#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every verb that changes something is killed at its 1st, 2nd, 4th .. write-class system call, until it gets through
# (--soak: at each of them).
# After each kill the state must be whole; running the verb again must do its work, as if nothing had happened, and
# leave no rubbish.
# early
# limit 2400
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/verbs.sh"
need strace strace
need jq jq

# strace counts the occurrences of each call on its own, so each is swept on its own.
writes='write pwrite64 fsync fdatasync rename renameat linkat unlink unlinkat'
writes+=' ftruncate mkdir mkdirat symlinkat fchmod utimensat'

prepare_state
cp -a "$FN_HOME" pristine
restore() { rm -rf "$FN_HOME" && cp -a pristine "$FN_HOME"; }

sweep() { # TOOL VERB
  local points=0 want call n code
  restore
  call_of "$1" "$2"
  "${CALL[@]}" >/dev/null
  want=$(outcome_of "$1" "$2")
  undo "$1" "$2"
  for call in $writes; do
    n=1
    while [ "$n" -le 200 ]; do
      t "$1 $2 killed at its ${n}th $call"
      restore
      code=0
      { strace -f -qq -o trace.txt -e trace="$call" -e inject="$call:signal=SIGKILL:when=$n" "${CALL[@]}" >/dev/null ||
        code=$?; } 2>/dev/null
      undisturbed "$1" "$2" "$want"
      [ "$code" != 0 ] || break
      points=$((points + 1))
      n=$(next_point "$n")
    done
  done
  echo "$1 $2: $points points"
}

# After a kill: the state is whole, the verb does its work, no rubbish stays.
undisturbed() { # TOOL VERB OUTCOME
  expect_exit 0 "$FN" fsck --read-data
  again "$1" "$2"
  expect_same "the outcome after a kill and an undisturbed run" "$(outcome_of "$1" "$2")" "$3"
  expect_exit 0 "$FN" gc -q
  [ -z "$(find "$FN_HOME" -name '.tmp-*')" ] || die "a temporary file is left: $(find "$FN_HOME" -name '.tmp-*')"
  undo "$1" "$2"
}

while read -r tool verb; do
  sweep "$tool" "$verb"
done < <(verbs state-effects)
[ -n "${FN_SOAK:-}" ] || echo 'not run: a kill at every single write (at the 1st, 2nd, 4th, 8th and so on)'
