#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# fnrun invoke by the Lambda Runtime API: a runtime of a shell and curl, and one in C that behaves as badly as it is
# told to.
. "$(dirname "$0")/../lib.sh"
need jq jq
# The response, which has no newline of its own.
expect_response() { expect_same response "$(cat out)" "$1"; }

mkdir -p probe/var/task
cp "$BUILD/tests/probe/runtime-probe" probe/var/task/bootstrap
"$FN" build -q -t probe:1 --layer runtime=probe >/dev/null
invoke() { "$FNRUN" invoke probe:1 -e '{"b":2}' --timeout 1s --memory 64M --pids 50 --json --handler "$@"; }
outcome() { # EXIT STATUS HANDLER
  expect_exit "$1" invoke "$3"
  expect_same "$3" "$(json .outcome.status)" "$2"
}

t 'a bootstrap and no entrypoint: a custom runtime'
expect_exit 0 "$FNRUN" invoke probe:1 -e '{"b":2}' --handler log
expect_response '{"b":2}'
expect_stderr_has 'this is stdout' 'this is stderr' 'Init Duration: '
outcome 0 success stream
expect_same streamed "$(json .response)" piecepiecepiece

t 'each way to fail has its exit code and its word'
outcome 1 function_error fail
expect_same type "$(json .outcome.error_type)" Function.Oops
outcome 23 exited exit
outcome 139 killed_by_signal crash
outcome 139 killed_by_signal torn-crash
outcome 1 function_error torn
expect_same type "$(json .outcome.error_type)" Runtime.TruncatedResponse
outcome 137 out_of_memory hog
outcome 22 init_error init-exit
outcome 22 init_error init-fail
expect_same message "$(json .outcome.message)" 'no luck'
outcome 124 timeout late
outcome 124 timeout silent
outcome 124 timeout stubborn
outcome 124 timeout flood
outcome 124 timeout forks
outcome 0 success twice
expect_same 'the first answer counts' "$(json .response)" '{"b":2}'
outcome 0 success big:6291556
expect_same size "$(json '.response | length')" 6291556
outcome 21 response_too_large big:6291557

t 'an init has the time that it is given, which is none of the call'
expect_exit 0 invoke init-slow --init-timeout 20s
expect_same response "$(json .response)" '{"b":2}'
[ "$(json .init_us)" -gt 11000000 ] || die "an init of $(json .init_us) us"
"$FNRUN" function set -q slow probe:1 --handler init-loop --init-timeout 400ms >/dev/null
expect_exit 26 "$FNRUN" start -q slow
expect_stderr_has 'the runtime did not ask for an event within 400 ms'

expect_exit 22 "$FNRUN" start / --protocol lambda --workdir / -- \
  /bin/sh -c 'seq 30; printf "Traceback:\n\tat f\nValueError\n\n"; exit 3'
expect_same output "$(grep -v ^fnrun: err | tail -n 4)" \
  $'Traceback:\n\tat f\nValueError\n  hint: above is the end of its output'
! grep -qE 'INIT_REPORT|^2$' err || die "not its own last lines: $(cat err)"

# What the phases of an init were: "init timeout, invoke error Runtime.ExitError".
reports() {
  sed -nE 's/^INIT_REPORT Init Duration: [0-9.]+ ms\tPhase: (\w+)\tStatus: (\w+)(\tError Type: (.*))?$/\1 \2 \4/p' \
    "$@" | sed 's/ $//' | paste -sd, | sed 's/,/, /g'
}

t 'an init that fails or is late is done once more within the call, as the service does'
expect_exit 124 invoke init-loop --init-timeout 300ms
expect_same message "$(json .outcome.message)" 'Task timed out after 1.00 seconds'
json .log >log
expect_same reports "$(reports log)" 'init timeout, invoke timeout'
[ "$(json .duration_us)" -ge 1000000 ] && [ "$(json .duration_us)" -lt 1500000 ] || die "$(json .duration_us) us"
expect_same 'no init of its own' "$(json 'has("init_us") | not')" true
expect_exit 26 "$FNRUN" invoke slow -e 1 --timeout 0
expect_same 'no timeout' "$(reports err)" 'init timeout, invoke timeout'
# Also when the call comes after its init has failed, as on a busy machine.
for n in $(seq 10); do "$FNRUN" invoke probe:1 -e 1 --handler init-exit >/dev/null 2>"busy.$n" & done
wait
for n in $(seq 10); do
  expect_same "exit $n" "$(reports "busy.$n")" 'init error Runtime.ExitError, invoke error Runtime.ExitError'
done
expect_exit 22 "$FNRUN" invoke probe:1 -e 1 --handler init-exit
expect_same exit "$(reports err)" 'init error Runtime.ExitError, invoke error Runtime.ExitError'

t 'and the call goes on where the second init does better'
second() { # FIRST FLAG..
  rm -rf state && mkdir state
  expect_exit 0 "$FNRUN" invoke / --protocol lambda --mount "$REPO/tests:/mnt:ro" --mount "$PWD/state:/media" \
    --workdir / --init-timeout 500ms --json -e '{"a":1}' --timeout 20s "${@:2}" \
    -- /bin/sh -c "mkdir /media/begun && { $1; }; sleep 0.3; exec /usr/bin/python3 -S -E /mnt/runtime.py"
  [ "$(json .duration_us)" -gt 300000 ] || die "the second init is none of $(json .duration_us) us"
  json .log >log
}
second 'sleep 100'
expect_same late "$(reports log)" 'init timeout'
second 'exit 3' --net host
expect_same 'its port is the same' "$(reports log)" 'init error Runtime.ExitError'
second 'kill -9 $$' --publish 0:8080 --keep-alive 1m
expect_exit 0 "$FNRUN" ps --json
published='.instances | "\(length) \(.[0].published | length) \(.[0].state)"'
expect_same published "$(json "$published")" '1 1 idle'
"$FNRUN" stop -q --all

t 'a bootstrap that is not executable, and none'
chmod 644 probe/var/task/bootstrap
"$FN" build -q -t plain:1 --layer runtime=probe >/dev/null
expect_exit 126 "$FNRUN" invoke plain:1 --json
expect_same reason "$(jq -r .error.reason err)" not_executable
mkdir -p none/etc && touch none/etc/x
"$FN" build -q -t none:1 --layer none=none >/dev/null
expect_exit 127 "$FNRUN" invoke none:1 --protocol lambda --json
expect_same reason "$(jq -r .error.reason err)" no_program

t 'a runtime of a shell and curl'
need curl curl
need busybox busybox-static
mkdir -p curl/bin curl/var/task
cp "$(command -v curl)" curl/bin/
cp "$(command -v busybox)" curl/bin/
for applet in sh cat sed tr grep; do ln -s busybox "curl/bin/$applet"; done
ldd "$(command -v curl)" | grep -oE '/[^ ]+' | while read -r library; do
  mkdir -p "curl/$(dirname "$library")" && cp -L "$library" "curl/$library"
done
cat >curl/var/task/bootstrap <<'RUNTIME'
#!/bin/sh
api=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation
while :; do
  event=$(curl -sS -D /tmp/head "$api/next") || exit 1
  id=$(sed -n 's/^lambda-runtime-aws-request-id: *//Ip' /tmp/head | tr -d '\r')
  echo "request $id of $AWS_LAMBDA_FUNCTION_NAME"
  curl -sS -o /dev/null -d "{\"got\":$event}" "$api/$id/response"
done
RUNTIME
chmod 755 curl/var/task/bootstrap
"$FN" build -q -t shell:1 --layer runtime=curl >/dev/null
"$FNRUN" function set -q hello shell:1 --protocol lambda --keep-alive 20s >/dev/null
expect_exit 0 "$FNRUN" invoke hello -e '[1]'
expect_response '{"got":[1]}'
expect_stderr_has 'of hello' 'Init Duration'
expect_exit 0 "$FNRUN" invoke hello -e '[2]'
expect_response '{"got":[2]}'
! grep -q 'Init Duration' err || die 'the second call was no warm one'
"$FNRUN" stop -q --all --grace 100ms >/dev/null

t 'nothing is left'
expect_same left "$(find "$FN_HOME/run" -mindepth 1 ! -name lock)" ''
