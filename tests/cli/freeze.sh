#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# --freeze: between calls nothing of an instance runs, as in the service; what was left behind goes on with the next.
# For root by control groups, for an ordinary user without any right to them by signals.
# shellcheck disable=SC2119 # end_server takes a signal, or none
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/serve_lib.sh"
. "$REPO/tests/sandbox.sh"
need jq jq
need curl curl

cp "$BUILD"/tools/libexec/fn-{instance,serve} "$WORK/libexec/fn/"
mkdir -p opt/extensions code && cp "$REPO"/tests/{runtime,extension}.py code/
install -m 755 "$REPO/tests/extension.py" opt/extensions/one
chmod -R a+rX . && mkdir -m 777 homes
fn() { as "$ROLE" env FN_HOME="$WORK/homes/$ROLE" "$BIN/fnrun" "$@"; }
at_exit 'for ROLE in "${roles[@]}"; do fn stop -q --all --grace 0s; done >/dev/null 2>&1'
lambda=(/ --protocol lambda --mount ./code:/mnt:ro --workdir /)
program=(-- /usr/bin/python3 -S -E /mnt/runtime.py)
begin_lambda() { fn start -q "${lambda[@]}" "$@" "${program[@]}"; }
ticks() { fn invoke -q "$@" | jq .ticks; }
of_ps() { fn ps --json | jq -r ".instances[] | select(.id == \"$id\") | $1"; }
is_frozen() { [ "$(of_ps '"\(.state) \(.frozen)"')" = 'idle true' ]; }
gone() { ! fn ps -q | grep -q "$id"; }
wakeups() { cat /proc/"$(of_ps .pid)"/task/*/status | awk '/voluntary/ { sum += $2 } END { print sum }'; }
no_more_than() { [ "$2" -le "$1" ] || die "$2 $3, and no more than $1 were expected, as $ROLE"; }

for ROLE in "${roles[@]}"; do
  t "a timer left behind does not tick between calls, and does in them ($ROLE)"
  id=$(begin_lambda --freeze)
  eventually is_frozen
  ticks "$id" -e '{"do":"tick"}' >/dev/null
  eventually is_frozen
  expect_same table "$(fn ps | awk -v id="$id" '$1 == id { print $5 }')" frozen
  before=$(wakeups)
  sleep 1
  expect_same wakeups "$(wakeups)" "$before"
  no_more_than 20 "$(ticks "$id" -e '{}')" ticks
  fn invoke -q "$id" -e '{"do":"sleep","seconds":1}' >/dev/null
  [ "$(ticks "$id" -e '{}')" -ge 30 ] || die 'it did not tick in a call'

  t "a frozen instance is paused and resumed, looked into, and stopped ($ROLE)"
  eventually is_frozen
  fn pause -q "$id"
  expect_same paused "$(of_ps '"\(.state) \(.frozen)"')" 'paused false'
  expect_exit 5 fn invoke -q "$id" -e '{}'
  fn resume -q "$id"
  eventually is_frozen
  expect_exit 0 fn shell "$id" -- /bin/sh -c 'echo there'
  expect_stdout there
  eventually is_frozen
  expect_exit 0 fn stop -q "$id"
  eventually gone

  t "extensions are told of the end; the time of a frozen instance passes, and its supervisor can be killed ($ROLE)"
  id=$(begin_lambda --freeze --mount ./opt:/opt:ro --keep-alive 2s)
  eventually is_frozen
  expect_exit 0 fn invoke -q "$id" -e '{}'
  eventually is_frozen
  fn logs "$id" -f >log &
  wait $!
  gone || die 'it outlived its keep-alive'
  grep -q '^one SHUTDOWN' log || die "no SHUTDOWN: $(cat log)"
  id=$(begin_lambda --freeze)
  eventually is_frozen
  of_ps .pid >pid
  kill -KILL "$(of_ps .supervisor_pid)"
  dead() { ! [ -e "/proc/$(cat pid)" ]; }
  eventually dead

  t "a program of exec, whose child stands still with it; two calls at once are one time awake ($ROLE)"
  id=$(fn start -q / --freeze -- /bin/sh -c \
    ': >>/tmp/ticks; (while echo x; do sleep 0.02; done) >>/tmp/ticks 2>/dev/null & cat /tmp/ticks')
  fn invoke -q "$id" >/dev/null
  eventually is_frozen
  sleep 1
  no_more_than 20 "$(fn invoke -q "$id" | wc -l)" ticks
  fn invoke -q "$id" >/dev/null & fn invoke -q "$id" >/dev/null
  wait $!
  eventually is_frozen
  fn stop -q "$id"
done

t 'an endpoint, and a function'
serve "${lambda[@]}" --freeze "${program[@]}"
expect_status 200 '{"do":"tick"}'
sleep 1
expect_status 200 '{}'
no_more_than 20 "$(json .ticks <body)" ticks
end_server
mkdir -p image && "$FN" build -q -t empty:1 --layer root=image >/dev/null
expect_exit 0 "$FNRUN" function set -q f empty:1 --freeze
expect_exit 0 "$FNRUN" function show f --json
expect_same shown "$(json .freeze)" true
expect_exit 0 "$FNRUN" function set -q f --reset freeze
expect_exit 0 "$FNRUN" function show f
expect_stdout_has 'freeze' 'no'
expect_nothing_left
