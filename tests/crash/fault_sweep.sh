#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every verb meets a full disk, a failing disk, interrupted calls and too few descriptors at its system calls (--soak:
# at each of them). It must either do its work all the same, or say what went wrong with the right exit code; the state
# stays whole, and once the fault is gone the verb works.
# early
# limit 2400
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/verbs.sh"
need strace strace
need jq jq

prepare_state
cp -a "$FN_HOME" pristine
restore() { rm -rf "$FN_HOME" && cp -a pristine "$FN_HOME"; }

# ERROR, the calls that give it, and the exit codes that are an honest answer to it. strace counts the occurrences of
# each call on its own.
faults='ENOSPC write pwrite64 ftruncate linkat mkdirat 3
EDQUOT pwrite64 write 3
EIO read pread64 pwrite64 fsync fdatasync 3,6,127
EINTR read write pread64 pwrite64 flock 0,127
EMFILE openat openat2 pipe2 3,7,127'

check_answer() { # TOOL VERB CODES CODE
  [ "$4" != 0 ] || return 0
  # To say which blob cannot be read is what fsck is for.
  [ "$2 $4" != 'fsck 1' ] || return 0
  [[ ,$3, == *,$4,* ]] || {
    cat err >&2
    die "exit $4"
  }
  # Each thread has a count of its own, so the message itself may have met the fault.
  ! grep -q 'write(2, .*INJECTED' trace.txt || return 0
  [ "$4" = 127 ] || grep -q -e "^$1: error: " -e 'error while loading' err || die "no message, but exit $4: $(cat err)"
}

sweep() { # TOOL VERB ERROR CALL CODES
  local n=1 code want
  restore
  call_of "$1" "$2"
  "${CALL[@]}" >want.out
  want=$(outcome_of "$1" "$2")
  undo "$1" "$2"
  while [ "$n" -le 60 ]; do
    t "$1 $2 with $3 at the ${n}th of $4"
    restore
    code=0
    strace -f -qq -o trace.txt -e trace="$4" -e inject="$4:error=$3:when=$n" "${CALL[@]}" >out 2>err || code=$?
    grep -q INJECTED trace.txt || break
    check_answer "$1" "$2" "$5" "$code"
    [ "$code" != 0 ] || cmp -s out want.out || [ "$2" = ls ] || die "exit 0, but the answer differs"
    [ "$code" != 0 ] || expect_same "the outcome in spite of $3" "$(outcome_of "$1" "$2")" "$want"
    expect_exit 0 "$FN" fsck --read-data
    again "$1" "$2"
    expect_same "the outcome once $3 is over" "$(outcome_of "$1" "$2")" "$want"
    undo "$1" "$2"
    total=$((total + 1))
    n=$(next_point "$n")
  done
  undo "$1" "$2"
}

total=0
while read -r error words; do
  codes=${words##* }
  for call in ${words% *}; do
    while read -r tool verb; do
      sweep "$tool" "$verb" "$error" "$call" "$codes"
    done < <(verbs "$([ "$error" = EIO ] && echo state || echo state-effects)")
  done
done <<<"$faults"
echo "$total points"

t 'a short write: the file size limit cuts writes in two'
for limit in 1000 20000 60000; do
  restore
  call_of fnimg build
  code=0
  env --ignore-signal=XFSZ prlimit --fsize=$limit -- "${CALL[@]}" >out 2>err || code=$?
  [ $code = 3 ] || die "exit $code"
  expect_exit 0 "$FN" fsck --read-data
done

t 'a disk that is really full'
if [ "$(id -u)" = 0 ] && mkdir -p small && mount -t tmpfs -o size=600k tmpfs small 2>/dev/null; then
  at_exit "umount $WORK/small"
  head -c 1000000 /dev/urandom >in/tree/data/random
  FN_HOME=$WORK/small/home expect_exit 3 "$FN" build -t big:1 --layer a=in/tree
  expect_stderr_has 'no space left on device' 'hint: '
  rm in/tree/data/random
  FN_HOME=$WORK/small/home expect_exit 0 "$FN" build -t small:1 --layer a=in/tree
  FN_HOME=$WORK/small/home expect_exit 0 "$FN" fsck --read-data
fi
[ -n "${FN_SOAK:-}" ] || echo 'not run: a fault at every single call (at the 1st, 2nd, 4th, 8th and so on)'
