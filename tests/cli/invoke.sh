#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# fnrun invoke by the protocol exec: event in, response out, and every way in which that can go wrong told apart.
. "$(dirname "$0")/../lib.sh"
need jq jq

mkdir -p src/bin
cp /bin/busybox src/bin/busybox 2>/dev/null || need busybox busybox-static
for applet in sh cat wc sleep head yes true; do ln -s busybox "src/bin/$applet"; done
"$FN" build -q -t box:1 --layer box=src --entrypoint /bin/cat >/dev/null
"$FN" build -q -t bare:1 --layer box=src >/dev/null
nothing_left() {
  [ ! -e "$FN_HOME/run" ] || expect_same left "$(find "$FN_HOME/run" -mindepth 1 ! -name lock)" ''
}

t 'the event goes in, the response comes out, all else is on stderr'
expect_exit 0 "$FNRUN" invoke box:1 -e '{"a":1}'
printf '{"a":1}' | cmp - out
expect_stderr_has 'START RequestId: ' 'END RequestId: ' 'Billed Duration: ' 'Memory Size: 512 MB'
expect_exit 0 "$FNRUN" invoke box:1 -q
printf '{}' | cmp - out
[ ! -s err ]

t 'an event from a file, from standard input, and any bytes with --raw'
echo '[1,2]' >event.json
expect_exit 0 "$FNRUN" invoke box:1 -e event.json
expect_stdout '[1,2]'
expect_exit 0 "$FNRUN" invoke box:1 -e @event.json
expect_stdout '[1,2]'
expect_exit 0 "$FNRUN" invoke box:1 -e - <event.json
expect_stdout '[1,2]'
head -c 100000 /dev/urandom >noise
expect_exit 0 "$FNRUN" invoke --raw -e noise bare:1 -- /bin/cat
cmp noise out

t 'what is no JSON is refused before anything starts'
expect_exit 2 "$FNRUN" invoke box:1 -e noise --json
expect_same reason "$(jq -r .error.reason err)" bad_event
expect_exit 3 "$FNRUN" invoke box:1 -e /proc/self/mem
expect_exit 4 "$FNRUN" invoke box:1 -e no-such-file
expect_exit 2 "$FNRUN" invoke --protocol lambda --raw bare:1 -- /bin/cat

t 'what is probably meant by a name that is not there'
"$FNRUN" function set -q hello-node box:1 >/dev/null
"$FN" tag -q box:1 hello-c:1 >/dev/null
mkdir -p here
for verb in invoke start serve 'debug --with node'; do
  # shellcheck disable=SC2086 # a verb with a flag
  expect_exit 4 "$FNRUN" $verb hello-nod
  expect_stderr_has "no function or image 'hello-nod'" "did you mean 'hello-node'?"
  # shellcheck disable=SC2086 # likewise
  expect_exit 4 "$FNRUN" $verb ./no-such
  expect_stderr_has "directory './no-such' not found" "'fnimg ls' lists images"
done
expect_exit 4 "$FNRUN" invoke helo-c
expect_stderr_has "did you mean 'hello-c:1'?"
expect_exit 4 "$FNRUN" invoke here
expect_stderr_has "did you mean the directory './here'?"
"$FNRUN" function rm -q hello-node && "$FN" rm -q hello-c:1 >/dev/null

t 'one document has all of it'
expect_exit 0 "$FNRUN" invoke box:1 -e '"x"' --json
expect_same schema "$(json .schema)" fnrun.invoke/1
expect_same response "$(json .response)" '"x"'
expect_same outcome "$(json .outcome.status)" success
expect_same types "$(json '[(.duration_us, .billed_ms, .init_us, .peak_memory, .memory_limit | type),
  (.walls | type)] | join(" ")')" \
  'number number number number number array'
expect_exit 0 "$FNRUN" invoke bare:1 --json -- /bin/head -c 300 /bin/busybox
expect_same bytes "$(json '.response_b64[0:4]')" f0VM

t 'the program says no, is killed, is too slow, takes too much memory, says too much'
expect_exit 1 "$FNRUN" invoke bare:1 -- /bin/sh -c 'echo why >&2; exit 3'
expect_stderr_has why 'exit status 3'
expect_exit 139 "$FNRUN" invoke bare:1 -- /bin/sh -c 'kill -SEGV $$'
expect_exit 124 "$FNRUN" invoke bare:1 --timeout 200ms -- /bin/sleep 60
expect_exit 124 "$FNRUN" invoke bare:1 --timeout 500ms --json -- /bin/sh -c 'trap "" TERM; f() { f | f & }; f; sleep 60'
expect_same reason "$(json .outcome.status)" timeout
expect_exit 137 "$FNRUN" invoke bare:1 --memory 32M --json -- /bin/sh -c 'x=x; while :; do x=$x$x; done'
expect_same reason "$(json .outcome.status)" out_of_memory
expect_exit 21 "$FNRUN" invoke bare:1 -- /bin/yes
[ "$(stat -c %s out)" -le 6291556 ]
expect_exit 0 "$FNRUN" invoke bare:1 -- /bin/sh -c 'yes | head -c 6291556'
expect_same size "$(stat -c %s out)" 6291556
expect_exit 21 "$FNRUN" invoke bare:1 -- /bin/sh -c 'yes | head -c 6291557'
head -c 6291457 /dev/zero >large
expect_exit 20 "$FNRUN" invoke bare:1 --raw -e large -- /bin/cat

t 'images that cannot be run, each with its own reason'
reason() { # REASON COMMAND..: of the error on stderr
  local want=$1
  shift
  expect_exit "$@" --json
  expect_same reason "$(jq -r .error.reason err)" "$want"
}
reason no_entrypoint 125 "$FNRUN" invoke bare:1
mkdir -p odd
printf '#!/no/such/interpreter\n' >odd/script && chmod 755 odd/script
printf 'data' >odd/data
printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\267\0\1\0\0\0%048d' 0 >odd/alien && chmod 755 odd/alien
for what in script data alien none; do "$FN" build -q -t $what:1 --layer odd=odd --entrypoint /$what >/dev/null; done
reason no_interpreter 126 "$FNRUN" invoke script:1
reason not_executable 126 "$FNRUN" invoke data:1
reason wrong_format 126 "$FNRUN" invoke alien:1
reason no_program 127 "$FNRUN" invoke none:1
expect_exit 4 "$FNRUN" invoke nowhere:1
nothing_left

t 'a function: its settings, its warm instance, its record'
"$FNRUN" function set -q count bare:1 --command /bin/wc --command=-c --memory 64MiB --env A=1 --keep-alive 0s >/dev/null
expect_exit 0 "$FNRUN" invoke count -e '"1234"'
expect_stdout 6
expect_stderr_has 'Memory Size: 64 MB' 'Version: 1'
nothing_left
expect_exit 2 "$FNRUN" invoke count --memory 1G
"$FNRUN" function set -q count --keep-alive 30s >/dev/null
expect_exit 0 "$FNRUN" invoke count
expect_stdout 2
id=$("$FNRUN" ps -q)
expect_exit 0 "$FNRUN" invoke count --json
expect_same 'the same instance' "$(json .instance)" "$id"
! grep -q 'Init Duration' err
"$FNRUN" function set -q count --env A=2 >/dev/null
expect_exit 0 "$FNRUN" invoke count --json
[ "$(json .instance)" != "$id" ] || die 'an instance with other settings took the call'
expect_exit 0 "$FNRUN" stop --all --grace 0s
expect_same records "$(($(stat -c %s "$FN_HOME/spool/outcomes") / 128))" 4
nothing_left

t 'no more calls at once than a function may have, cold, warm, and without an instance'
"$FNRUN" function set -q slow bare:1 --concurrency 2 -- /bin/sh -c 'sleep 1; cat' >/dev/null
for keep_alive in 30s 30s 0s; do
  "$FNRUN" function set -q slow --keep-alive $keep_alive >/dev/null
  callers=()
  for n in 1 2 3 4; do
    "$FNRUN" invoke -q slow -e "$n" >"answer.$n" 2>/dev/null &
    callers+=($!)
  done
  codes=()
  for caller in "${callers[@]}"; do
    code=0
    wait "$caller" || code=$?
    codes+=("$code")
  done
  expect_same "codes with --keep-alive $keep_alive" \
    "$(printf '%s\n' "${codes[@]}" | sort -n | tr '\n' ' ')" '0 0 24 24 '
  [ "$("$FNRUN" ps -q | wc -l)" -le 2 ] || die 'there are more instances than calls'
done
"$FNRUN" stop -q --all --grace 0s >/dev/null
nothing_left

t 'a dry run starts nothing'
expect_exit 0 "$FNRUN" invoke -n count
expect_stdout_has 'would send 2 bytes'
nothing_left

t 'a dry run changes nothing: neither layers that are not unpacked nor what a dead instance left'
# Not SQLite's own files, which every reader makes and writes.
state() { (cd "$FN_HOME" && find . -mindepth 1 ! -name 'state.db-*' -printf '%p %y %s %i %T@\n' | sort); }
mkdir -p extra && echo more >extra/file
"$FN" build -q -t new:1 --layer box=src --layer extra=extra --entrypoint /bin/cat >/dev/null
"$FNRUN" invoke -q count >/dev/null
kill -9 "$("$FNRUN" ps --json | jq '.instances[0].supervisor_pid')"
[ -n "$(find "$FN_HOME/run" -name instance.json)" ] || die 'nothing is left to be swept'
state >before
expect_exit 0 "$FNRUN" invoke -n count
expect_exit 0 "$FNRUN" start -n count
expect_exit 0 "$FNRUN" invoke -n new:1 -e '[1]'
expect_stdout_has 'would unpack 1 layer first' 'would send 3 bytes'
expect_exit 0 "$FNRUN" invoke -n --json new:1
expect_same layers "$(json .unpack_layers)" 1
expect_exit 0 "$FNRUN" start -n new:1
expect_stdout_has 'would unpack 1 layer first' 'would start an instance of new:1'
expect_exit 0 "$FNRUN" serve -n new:1
expect_stdout_has 'would unpack 1 layer first' "would serve 'new:1'"
expect_exit 4 "$FNRUN" pause -n 0123abcd
state | diff before - || die 'a dry run changed the state'
expect_exit 0 "$FNRUN" invoke new:1 -e '[1]'
printf '[1]' | cmp - out
expect_exit 0 "$FNRUN" invoke -n --json new:1
expect_same layers "$(json .unpack_layers)" 0
expect_exit 0 "$FNRUN" invoke -q count
"$FNRUN" stop -q --all --grace 0s
nothing_left
