#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a Lambda runtime and its caller are told and tell: trace ids, whole URLs, any event that is JSON, reports of
# errors as they came, durations, and that a child's death for want of memory is the function's.
. "$(dirname "$0")/../lib.sh"
need jq jq
need busybox busybox-static

call() { # EVENT FLAG..
  "$FNRUN" invoke / --protocol lambda --mount "$REPO/tests:/mnt:ro" --memory 128MiB --workdir / -e "$@" \
    -- /usr/bin/python3 -S -E /mnt/runtime.py
}

t 'a trace id is always there'
expect_exit 0 call '{}' --json
[[ $(json '.response | fromjson | .trace') =~ ^Root=1-[0-9a-f]{8}-[0-9a-f]{24}\;Parent=[0-9a-f]{16}\;Sampled=0$ ]] ||
  die "trace id: $(cat out)"

t 'a request may name the whole URL'
for scheme in http:// HTTP:// https:// http://user@; do
  expect_exit 0 call "{\"do\":\"absolute\",\"scheme\":\"$scheme\"}" -q
  expect_same "$scheme" "$(cat out)" '"taken"'
done

t 'any event that is JSON goes through as it is'
mkdir -p root/bin && cp "$(command -v busybox)" root/bin/
for event in '"\ud800"' '{"\udfff":"\u0000"}' '["\ud83d", "\ude00\ud83d"]' '1e999' '-123456789012345678901234567890' \
  '{"a":1,"a":2}' '"\u00e9 é 😀 \uD83D\uDE00"' "$(printf '[%.0s' {1..200})$(printf ']%.0s' {1..200})"; do
  printf %s "$event" >event
  expect_exit 0 "$FNRUN" invoke -q ./root -e "$event" -- /bin/busybox cat
  cmp event out
  expect_exit 0 "$FNRUN" invoke -q ./root -e - -- /bin/busybox cat <event
  cmp event out
done
for event in '"\ud8"' '"\x41"' '[1,]' '{"a":1' "$(printf '"\xff"')" "$(printf '"\xed\xa0\x80"')" '01' '{} {}'; do
  printf %s "$event" >event
  expect_exit 2 "$FNRUN" invoke -q ./root -e event -- /bin/busybox cat
  expect_stderr_has 'the event is not JSON'
done
expect_exit 0 call '{"\ud800":"x"}' --json
expect_same 'through a runtime' "$(json '.response | contains("\\ud800")')" true

t 'an error is told as the function reported it'
report() { call "$(jq -nc --arg body "$1" --arg type "${2:-}" '{do: "report", body: $body} + if $type == "" then {} else
  {type: $type} end')" -q; }
own='{"errorType": "My.Err", "errorMessage": "no \\ luck\nat all", "stackTrace": ["line 1", "line 2"]}'
expect_exit 1 report "$own"
expect_stderr_has 'function_error: My.Err: no \ luck' 'at all' "$own"
expect_exit 1 report "$own" Function.Other
expect_stderr_has 'function_error: My.Err: no'
expect_exit 1 report $'Traceback:\n\tfile x, \\ line 7' MyError
expect_stderr_has 'function_error: MyError' $'\tfile x, \\ line 7'
expect_exit 1 report '{"errorType":"Über","errorMessage":"\ud800"}' A.B
expect_stderr_has 'function_error: A.B' '{"errorType":"Über","errorMessage":"\ud800"}'
expect_exit 1 report $'\e[2Jgone'
expect_stderr_has '\x1b[2Jgone'
expect_exit 1 report '{"errorType":"A","errorMessage":"x\nEND RequestId: 1\nfnrun: error: y"}'
expect_exit 1 report $'END RequestId: 1\nfnrun: error: y'
! grep -E '^(END|fnrun: error)' err || die 'a report has lines that look like those of fnrun'

t 'the init is not in the Duration'
for event in '{"do":"exit","code":3}' '{"do":"kill"}' '{"do":"fail"}' '{}'; do
  ! call "$event" --env SLOW=0.5 >/dev/null 2>err || [ "$event" = '{}' ]
  read -r init duration < <(sed -n 's/.*Init Duration: \([0-9]*\)\.[0-9]* ms\tDuration: \([0-9]*\)\..*/\1 \2/p' err)
  [ "$init" -ge 500 ] && [ "$duration" -lt 400 ] || die "$event: init $init ms, duration $duration ms"
done

t 'a child that is killed for its memory is told, whatever its parent says'
expect_exit 137 call '{"do":"child"}' --json
expect_same runtime "$(json '"\(.outcome.status) \(.outcome.message)"')" \
  'out_of_memory exceeded the memory limit of 128MiB'
hog='x=x; while :; do x=$x$x; done'
for word in "($hog); exit 0" "($hog); exit 3" "($hog) & wait; echo done" "($hog) | cat" "($hog); kill -ABRT \$\$"; do
  expect_exit 137 "$FNRUN" run --json --memory 32M ./root -- /bin/busybox sh -c "$word"
  expect_same "$word" "$(json .reason)" out_of_memory
  expect_exit 137 "$FNRUN" invoke --json --memory 32M ./root -- /bin/busybox sh -c "$word"
  expect_same "$word" "$(json .outcome.status)" out_of_memory
done
expect_exit 137 "$FNRUN" run --memory 32M ./root -- /bin/busybox sh -c "($hog); exit 0"
expect_stderr_has 'a process of the command was killed: it exceeded its memory limit of 32MiB'
id=$("$FNRUN" start -q --memory 32M ./root -- /bin/busybox sh -c "read event; [ \"\$event\" = 1 ] || ($hog); echo ok")
expect_exit 137 "$FNRUN" invoke "$id" -e 2 --json
expect_same kept "$(json .outcome.status)" out_of_memory
expect_exit 0 "$FNRUN" invoke "$id" -e 1 --json
expect_same next "$(json .outcome.status)" success
"$FNRUN" stop -q --all --grace 0s

t 'a limit that is too small to start is refused'
for limit in 1 1k 64KiB 1MiB 4000000; do
  expect_exit 125 "$FNRUN" run --memory $limit ./root -- /bin/busybox true
  expect_stderr_has 'memory limit'
  expect_exit 2 "$FNRUN" invoke --memory $limit ./root -- /bin/busybox true
  expect_exit 2 "$FNRUN" start --memory $limit ./root -- /bin/busybox true
  expect_exit 2 "$FNRUN" serve --listen :0 --for 1ms --memory $limit ./root -- /bin/busybox true
done
expect_exit 0 "$FNRUN" run --memory 4MiB ./root -- /bin/busybox true
expect_exit 137 "$FNRUN" run --memory 4MiB ./root -- /bin/busybox sh -c "$hog"
expect_stderr_has 'exceeded its memory limit of 4MiB'

t 'so is one that its environment would fill, also in an instance that is full'
ulimit -s 65536 # a quarter of it may be words
words=$(printf '%0100000d' 0)
many=()
for n in {1..30}; do many+=(--env "V$n=$words"); done
for verb in run invoke start; do
  code=$([ $verb = run ] && echo 125 || echo 2)
  expect_exit "$code" "$FNRUN" $verb --memory 4M "${many[@]}" ./root -- /bin/busybox true
  expect_stderr_has 'memory limit of 4MiB is too small to start a program' 'give it 5MiB'
done
expect_exit 0 "$FNRUN" run --memory 5M "${many[@]}" ./root -- /bin/busybox true
fill='[ -p /tmp/f ] || { /bin/busybox mkfifo /tmp/f; (for n in $(/bin/busybox seq 45); do echo $V1; done >/tmp/full
  read x <>/tmp/f) 2>/dev/null & }; read event; echo "$event"'
id=$("$FNRUN" start -q --memory 9M "${many[@]}" ./root -- /bin/busybox sh -c "$fill")
expect_exit 0 "$FNRUN" invoke "$id" -e 1
sleep 0.5
expect_exit 137 "$FNRUN" invoke --json "$id" -e 1
expect_same full "$(json .outcome.status)" out_of_memory
