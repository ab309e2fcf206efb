#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What idle instances cost an ordinary user whose memory no controller limits: nothing. Their limit holds all the same.
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/sandbox.sh"
need_root
need jq jq
need curl curl

cp "$BUILD"/tools/libexec/fn-{instance,serve} "$WORK/libexec/fn/"
small_root root
mkdir -p root/var/task && cp "$BUILD/tests/probe/runtime-probe" root/var/task/bootstrap
mkdir -m 777 theirs
fn() { as user env FN_HOME="$WORK/theirs/home" "$BIN/fnrun" "$@"; }
at_exit 'fn stop -q --all --grace 0s >/dev/null 2>&1'
fn run ./root --memory 64M --json -- true | jq -e '.walls[] | select(.wall == "memory" and .state == "approximate")' \
  >/dev/null || skip 'the memory of ordinary users has a controller here'

# How often the threads of these processes were woken up so far.
wakeups() { # PID..
  local pid
  for pid; do cat /proc/"$pid"/task/*/status; done | awk '/^voluntary/ { sum += $2 } END { print sum }'
}
expect_rest() { # PID..: after 3 s, for 3 s
  local before
  sleep 3
  before=$(wakeups "$@")
  sleep 3
  expect_same 'wake-ups in 3 s' "$(($(wakeups "$@") - before))" 0
}
gone() { ! fn ps -q | grep -q "$1"; }

t 'six instances that were called, of both protocols, one of them with a child that sleeps: nothing wakes up'
for n in 1 2; do
  fn invoke -q "$(fn start -q ./root --memory 64M -- cat)" -e "[$n]" >/dev/null
  fn invoke -q "$(fn start -q ./root --memory 64M --handler echo)" -e "[$n]" >/dev/null
done
fn invoke -q "$(fn start -q ./root --memory 64M -- sh -c 'sleep 300 >/dev/null 2>&1 & cat')" >/dev/null
fn start -q ./root >/dev/null
mapfile -t supervisors < <(fn ps --json | jq '.instances[].supervisor_pid')
expect_same instances "${#supervisors[@]}" 6
expect_rest "${supervisors[@]}"
fn stop -q --all --grace 0s

t 'an endpoint with a warm instance: nothing wakes up either'
as user env FN_HOME="$WORK/theirs/home" "$BIN/fnrun" serve -q ./root --handler echo --memory 64M --listen :0 \
  --for 50s >url 2>/dev/null </dev/null &
until [ -s url ]; do sleep 0.05; done
expect_same answer "$(curl -s -d '[7]' "$(cat url)")" '[7]'
supervisor=$(fn ps --json | jq '.instances[0].supervisor_pid')
expect_rest "$supervisor" "$(pgrep -u 65534 -x fn-serve)"
fn stop -q --all --grace 0s

t 'the limit holds during a call'
expect_exit 137 fn invoke ./root --memory 64M -- payload touch 1000
expect_exit 137 fn invoke ./root --memory 64M --keep-alive 1m --handler hog

t 'also in a kept instance of exec, which is told as what it is and at rest before and after other calls'
id=$(fn start -q ./root --memory 64M -- sh -c 'read -r event; [ "$event" = 1 ] || exec payload touch 1000; echo ok')
supervisor=$(fn ps --json | jq '.instances[0].supervisor_pid')
expect_rest "$supervisor"
expect_exit 0 fn invoke "$id" -e 1
expect_rest "$supervisor"
expect_exit 137 fn invoke --json "$id" -e 2
expect_same status "$(json .outcome.status)" out_of_memory
eventually gone "$id"

t 'and after it, for what the function goes on with'
id=$(fn start -q ./root --memory 64M -- sh -c 'payload touch 2000 >/dev/null 2>&1 & echo "[1]"')
fn invoke -q "$id" >/dev/null
eventually gone "$id"
id=$(fn start -q ./root --memory 64M -- sh -c '(sleep 0.5; payload touch 2000) >/dev/null 2>&1 & echo "[1]"')
fn invoke -q "$id" >/dev/null
eventually gone "$id"
