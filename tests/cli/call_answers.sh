#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every call has its answer, and soon: calls that time out, calls that answer just at the deadline, calls to an instance
# that somebody stops, pauses or halts.
# shellcheck disable=SC2119 # end_server takes a signal, or none
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/serve_lib.sh"
need jq jq
need curl curl
need busybox busybox-static
at_exit '"$FNRUN" stop -q --all --grace 0s >/dev/null 2>&1'

mkdir -p root/bin root/var/task
cp "$(command -v busybox)" root/bin/busybox
for applet in sh cat sleep; do ln -s busybox "root/bin/$applet"; done
cp "$BUILD/tests/probe/runtime-probe" root/var/task/bootstrap
within() { # SECONDS EXIT COMMAND.. : that exit code, in that time
  local seconds=$1 want=$2 code=0
  shift 2
  timeout "$seconds" "$@" >out 2>err </dev/null || code=$?
  [ "$code" = "$want" ] || die "exit $code instead of $want from: $* ($(tail -n 2 err))"
}
gone() { # INSTANCE: is it?
  for _ in $(seq 40); do
    "$FNRUN" ps -q | grep -q "^$1" || return 0
    sleep 0.05
  done
  die "instance $1 is still there"
}

t 'a program that is too slow: the call times out, and its instance ends'
id=$("$FNRUN" start -q ./root --timeout 300ms -- sleep 60)
within 3 124 "$FNRUN" invoke -q "$id"
gone "$id"

t 'one that ignores SIGTERM, and one that leaves children behind'
id=$("$FNRUN" start -q ./root --timeout 300ms -- sh -c 'trap "" TERM; sleep 60 & sleep 61 & wait')
within 3 124 "$FNRUN" invoke -q "$id"
gone "$id"

t 'of two calls at once one times out: both have an answer'
"$FN" build -q -t slow:1 --layer r=root --entrypoint /bin/sh --cmd=-c --cmd='read s; sleep $s'
"$FNRUN" function set -q slow slow:1 --concurrency 2 --timeout 800ms
timeout 6 "$FNRUN" invoke -q slow --raw -e '60
' >/dev/null 2>&1 &
one=$!
sleep 0.4
code=0
timeout 6 "$FNRUN" invoke -q slow --raw -e '61
' >/dev/null 2>&1 || code=$?
wait "$one" && die 'it did not time out' || expect_same 'the first' $? 124
expect_same 'the second, whose time was not up' "$code" 137

t 'an instance is stopped while a call of its is starting'
"$FNRUN" function set -q s slow:1 --keep-alive 1s
for wait in $(seq -w 1 2 49); do
  timeout 9 "$FNRUN" invoke -q s --raw -e '0
' >/dev/null 2>&1 &
  sleep "0.0$wait"
  within 4 0 "$FNRUN" stop --all --grace 0s -q
  wait $! || [ $? != 124 ] || die 'the call got no answer'
done

t 'serve: a call that times out is a 504, and the next one is served'
serve ./root --status honest --protocol exec --timeout 400ms -- sh -c 'read s; sleep $s'
for _ in 1 2; do
  expect_status 504 '60
'
  expect_status 200 '0
'
done
end_server
expect_nothing_left

t 'a response just before the deadline is a response; the next call is served whatever comes after it'
serve ./root --status honest --protocol lambda --handler waits --timeout 300ms --concurrency 1
for before in 900 600 400 300 200 150 100 50 0 -100; do
  call "[$before,0]"
  case $STATUS in 200 | 504) ;; *) die "status $STATUS: $(cat body)" ;; esac
  expect_status 200 '"next"'
done
for after in 50 150 400 1000; do
  expect_status 200 "[40000,$after]"
  expect_status 200 '"next"'
done
end_server

t 'serve: an instance that somebody stopped or paused is none; the call goes to another'
serve ./root --status honest --protocol lambda --concurrency 1
expect_status 200 '"a"'
warm() { curl -s "$BASE/health" | jq .instances.warm; }
expect_same warm "$(warm)" 1
"$FNRUN" stop -q --all --grace 0s
expect_same warm "$(warm)" 0
expect_status 200 '"b"'
id=$("$FNRUN" ps -q)
"$FNRUN" pause "$id" >/dev/null
expect_same warm "$(warm)" 0
expect_status 200 '"c"'
"$FNRUN" ps --json | jq -e ".instances[] | select(.id == \"$id\") | .state == \"paused\"" >/dev/null ||
  die 'the paused instance was not left alone'
end_server
expect_nothing_left

t 'a supervisor that was halted: who asks is told so'
id=$("$FNRUN" start -q ./root -- sleep 1)
supervisor=$("$FNRUN" ps --json | jq .instances[0].supervisor_pid)
at_exit "kill -CONT $supervisor 2>/dev/null"
kill -STOP "$supervisor"
within 20 124 "$FNRUN" invoke -q "$id"
grep -q 'does not respond' err || die "told: $(cat err)"
kill -CONT "$supervisor"
within 4 0 "$FNRUN" stop -q "$id" --grace 0s
