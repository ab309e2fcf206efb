#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The life of an instance: started, called, paused, looked into, stopped, forgotten, killed.
. "$(dirname "$0")/../lib.sh"
need jq jq
# The response, which has no newline of its own.
expect_response() { expect_same response "$(cat out)" "$1"; }
at_exit '"$FNRUN" stop -q --all --grace 0s >/dev/null 2>&1'

mkdir -p root/bin root/var/task
cp /bin/busybox root/bin/busybox 2>/dev/null || need busybox busybox-static
for applet in sh cat sleep id chmod tty stty; do ln -s busybox "root/bin/$applet"; done
cp "$BUILD/tests/probe/runtime-probe" root/var/task/bootstrap
state_of() { "$FNRUN" ps --json | jq -r ".instances[] | select(.id == \"$1\") | .state"; }
wait_until() { # COMMAND..: for 5 s at most
  for _ in $(seq 50); do
    ! "$@" || return 0
    sleep 0.1
  done
  die "in vain: $*"
}
none_left() { [ -z "$("$FNRUN" ps -q)" ]; }

t 'no instances'
expect_exit 0 "$FNRUN" ps
expect_stdout ''
expect_exit 4 "$FNRUN" invoke 0123abcd
expect_exit 2 "$FNRUN" stop
expect_exit 0 "$FNRUN" stop --all

t 'an instance is started, listed, called twice, and stopped'
expect_exit 0 "$FNRUN" start -q ./root --handler log
id=$(cat out)
expect_same state "$(state_of "$id")" idle
expect_exit 0 "$FNRUN" invoke "$id" -e '[1]'
expect_response '[1]'
expect_stderr_has 'Init Duration' 'this is stderr'
expect_exit 0 "$FNRUN" invoke "${id:0:5}" -e '[2]'
expect_response '[2]'
expect_same calls "$("$FNRUN" ps --json | jq '.instances[0].calls')" 2

t 'its log, all of it, its end, and what is to come'
expect_exit 0 "$FNRUN" logs "$id"
expect_same lines "$(wc -l <out)" 4
expect_exit 0 "$FNRUN" logs -n 1 "$id"
expect_same lines "$(wc -l <out)" 1
"$FNRUN" logs -f -n 0 "$id" >followed &
follower=$!
sleep 0.3
"$FNRUN" invoke -q "$id" >/dev/null 2>&1
wait_until grep -q 'this is stderr' followed

t 'who has read enough of it is gone at once'
(
  set +o pipefail
  timeout 20 "$FNRUN" logs -f "$id" | head -n 1 >first
)
expect_same lines "$(wc -l <first)" 1

t 'a paused instance takes no calls and loses none'
expect_exit 0 "$FNRUN" pause "$id"
expect_same state "$(state_of "$id")" paused
expect_exit 5 "$FNRUN" invoke "$id"
expect_stderr_has "fnrun resume $id"
expect_exit 0 "$FNRUN" resume "$id"
expect_exit 2 "$FNRUN" resume "$id"
expect_exit 0 "$FNRUN" invoke "$id" -e '[3]'
expect_response '[3]'

t 'a command beside the function, behind the same walls'
expect_exit 7 "$FNRUN" shell "$id" -- sh -c 'cat /proc/1/comm; exit 7'
expect_stdout fn-init
expect_exit 127 "$FNRUN" shell "$id" -- no-such-program
echo 'echo $((6 * 7))' >script
expect_exit 0 "$FNRUN" shell "$id" <script
expect_stdout 42
cp "$REPO/tests/terminal.py" .
"$PY" terminal.py 33 99 "$FNRUN" shell "$id" -- sh -c 'tty; stty size; echo out >/dev/stdout; exit 3' </dev/null >raw ||
  expect_same code $? 3
expect_same terminal "$(tr -d '\r' <raw | tr '\n' ' ')" '/dev/pts/0 33 99 out '
echo secret >in && chmod 600 in
expect_exit 0 "$FNRUN" shell "$id" -- sh -c 'chmod 777 /proc/self/fd/0 && cat /dev/stdin' <in
expect_stdout secret
expect_same mode "$(stat -c %a in)" 600

t 'debug names the process as the host sees it'
if command -v strace >/dev/null; then
  expect_exit 0 "$FNRUN" debug -n "$id"
  pid=$(grep -oE '[0-9]+$' out)
  expect_same program "$(stat -Lc %i "/proc/$pid/exe")" "$(stat -c %i root/var/task/bootstrap)"
  for n in 0 1 2; do
    [[ $(readlink "/proc/$pid/fd/$n") == pipe:* ]] || die "it has $(readlink "/proc/$pid/fd/$n") as descriptor $n"
  done
fi
PATH=/nonexistent expect_exit 4 "$FNRUN" debug "$id" --with gdb
expect_stderr_has "install the package 'gdb'"

t 'stop ends all of it, and who follows the log'
expect_exit 0 "$FNRUN" stop "$id"
wait "$follower"
none_left
[ ! -e "$FN_HOME/run/$id" ]
expect_exit 4 "$FNRUN" stop "$id"

t 'stop --grace 0s does not wait for a function that will not go'
id=$("$FNRUN" start -q ./root --handler stubborn)
"$FNRUN" invoke "$id" >/dev/null 2>&1 &
wait_until [ "$(state_of "$id")" != starting ]
expect_exit 0 timeout 5 "$FNRUN" stop --grace 0s "$id"
wait || true

t 'an instance ends when nobody calls for its keep-alive time'
"$FNRUN" start -q ./root --keep-alive 300ms >/dev/null
wait_until none_left

t 'one call at a time: the second is refused at once'
id=$("$FNRUN" start -q ./root --handler late)
"$FNRUN" invoke -q "$id" >/dev/null &
sleep 0.5
expect_exit 24 "$FNRUN" invoke "$id"
wait
"$FNRUN" stop -q "$id"

t 'deadlines stand still while an instance is paused'
id=$("$FNRUN" start -q ./root --handler late --timeout 3s)
"$FNRUN" invoke -q "$id" -e '[4]' >answer &
call=$!
sleep 0.3
"$FNRUN" pause -q "$id"
sleep 3.2
"$FNRUN" resume -q "$id"
wait "$call"
expect_same answer "$(cat answer)" '[4]'
"$FNRUN" stop -q "$id"

t 'by the protocol exec calls overlap'
id=$("$FNRUN" start -q ./root -- /bin/sh -c 'sleep 0.5; cat')
for n in 1 2 3; do "$FNRUN" invoke -q "$id" -e "[$n]" >"answer.$n" & done
wait
expect_same answers "$(cat answer.1 answer.2 answer.3)" '[1][2][3]'

t 'kill -9 of the supervisor: ps tells the truth and nothing is left'
supervisor=$("$FNRUN" ps --json | jq '.instances[0].supervisor_pid')
"$FNRUN" shell "$id" -- sleep 600 &
sleep 0.3
kill -9 "$supervisor"
wait || true
none_left
[ ! -e "$FN_HOME/run/$id" ]
! pgrep -P 1 -f 'sleep 600' >/dev/null || die 'a process is left'

t 'paths, words and variables that are not UTF-8 reach the function as they are'
odd=$'odd\xff'
mv root "$odd"
expect_exit 0 env FN_HOME="$WORK/$odd.home" "$FNRUN" start -q "./$odd" --env "A=$odd" -- \
  /bin/sh -c 'echo "$A $0"; cat' "$odd"
id=$(cat out)
expect_exit 0 env FN_HOME="$WORK/$odd.home" "$FNRUN" invoke -q "$id" -e 7
expect_same answer "$(od -An -tx1 out | tr -d ' \n')" "$(printf '%s %s\n7' "$odd" "$odd" | od -An -tx1 | tr -d ' \n')"
expect_exit 0 env FN_HOME="$WORK/$odd.home" "$FNRUN" stop "$id"
mv "$odd" root

t 'an answer that nobody gets: no instance is left, and no answer is lost unsaid'
for stream in '>/dev/full' '>&-'; do
  expect_exit 3 sh -c "\"\$@\" $stream" sh "$FNRUN" start ./root -- /bin/cat
  none_left
  expect_exit 3 sh -c "\"\$@\" $stream" sh "$FNRUN" invoke -q ./root -e 1 -- /bin/cat
  expect_exit 3 sh -c "\"\$@\" $stream" sh "$FNRUN" --version
done
{ "$FNRUN" start ./root -- /bin/cat || echo $? >pipe_code; } | head -c 0
expect_same 'by SIGPIPE' "$(cat pipe_code)" 141
none_left
expect_exit 0 sh -c '"$@" >&-' sh "$FNRUN" invoke -q ./root -- /bin/sh -c :

t 'start is interrupted while a function comes up'
"$FNRUN" start ./root --handler init-slow --init-timeout 0 2>/dev/null &
starter=$!
wait_until test -n "$("$FNRUN" ps -q; sleep 0.3; "$FNRUN" ps -q)"
kill -TERM "$starter"
wait "$starter" || true
wait_until none_left

t 'what cannot come up is an error of start'
expect_exit 22 "$FNRUN" start ./root --handler init-exit --json
expect_same reason "$(jq -r .error.reason err)" init_error
expect_exit 127 "$FNRUN" start ./root --protocol lambda -- /no/such/program
none_left
