#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../lib.sh"

unset XDG_RUNTIME_DIR FN_POOL
mkdir -p root
cp "$BUILD/tools/libexec/fnrun-verbs" root/program # a static program; without arguments it says how it is used
run() { { "$FNRUN" run ./root --json "$@" -- /program 2>/dev/null || true; } | jq -r .pooled; }
helpers() { pgrep -f "fn-pool $FN_HOME/pool " || true; }
# What is said at last, when a helper has had time to do it.
at_last() { # WANTED COMMAND..
  local want=$1
  shift
  for _ in $(seq 200); do
    [ "$("$@")" != "$want" ] || return 0
    sleep 0.02
  done
  die "never $want: $*"
}
at_end+=('"$FNRUN" pool stop -q >/dev/null')
[ "$(run --pool off)" = false ] || skip 'functions cannot run here'

t 'without a pool, and nobody starts one by running something'
expect_same pooled "$(run)" false
expect_same pooled "$(FN_POOL=auto run)" false
expect_same helpers "$(helpers)" ''

t 'start, twice: one helper'
expect_exit 0 "$FNRUN" pool start -n
expect_same helpers "$(helpers)" ''
expect_exit 0 "$FNRUN" pool start --json
pid=$(json .pid)
expect_same 'ran before' "$(json '.ran_before | tostring')" false
expect_exit 0 "$FNRUN" pool start -q
expect_stdout "$pid"
expect_same helpers "$(helpers)" "$pid"

t 'runs take from it, of the kind that they want; --pool off does not'
at_last true run
at_last true run --net loopback
expect_same pooled "$(run --pool off)" false
expect_same pooled "$(run --net host)" false
expect_same pooled "$(FN_POOL=off run)" false

t 'only its user may speak to it'
expect_same mode "$(stat -c %a "$FN_HOME/pool/socket") $(stat -c %a "$FN_HOME/pool")" '600 700'

t 'a helper that was killed is done without, and its socket goes'
kill -9 "$pid"
at_last '' helpers
expect_same pooled "$(run)" false
[ ! -e "$FN_HOME/pool/socket" ] || die 'its socket is still there'
expect_same helpers "$(helpers)" ''

t 'two that are started at once: one stays'
for _ in 1 2 3 4 5; do "$FNRUN" pool start -q >/dev/null & done
wait
expect_same helpers "$(helpers | wc -l)" 1
at_last true run

t 'one that does not answer is not taken for none'
pid=$(helpers)
kill -STOP "$pid"
expect_exit 5 "$FNRUN" pool stop
expect_stderr_has "the pool in '$FN_HOME/pool' does not answer" 'pkill -KILL'
expect_exit 5 "$FNRUN" pool start
expect_same pooled "$(run)" false
kill -CONT "$pid"

t 'stop, twice; nothing of it stays'
expect_exit 0 "$FNRUN" pool stop --json
expect_same stopped "$(json '.stopped and .given > 0')" true
expect_exit 0 "$FNRUN" pool stop --json
expect_same stopped "$(json '.stopped | tostring')" false
at_last '' helpers
expect_same files "$(ls -A "$FN_HOME/pool")" ''

t 'FN_POOL=on starts it; idle, it leaves'
expect_exit 0 "$FNRUN" pool start --idle 300ms
at_last '' helpers
expect_same files "$(ls -A "$FN_HOME/pool")" ''
FN_POOL=on run >/dev/null
expect_same helpers "$(helpers | wc -l)" 1
at_last true run

t 'bad values'
FN_POOL=sometimes expect_exit 125 "$FNRUN" run ./root -- /program
expect_stderr_has 'auto, on or off'
expect_exit 2 "$FNRUN" pool start --size 0
