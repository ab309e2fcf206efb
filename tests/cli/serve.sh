#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The Lambda endpoint: calls, their status, concurrency, and that nothing is left of it.
# alone
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/serve_lib.sh"
need jq jq
need curl curl
need busybox busybox-static

runtime=(/ --protocol lambda --mount "$REPO/tests:/mnt:ro" --memory 128MiB --timeout 2s --workdir /)
program=(-- /usr/bin/python3 -S -E /mnt/runtime.py)

t 'where it may listen'
expect_exit 2 "$FNRUN" serve / --listen 0.0.0.0:0
expect_stderr_has "'0.0.0.0:0' can be reached by other machines" '--allow-remote'
expect_exit 2 "$FNRUN" serve / --listen '[::]:0'
expect_exit 2 "$FNRUN" serve / --listen 127.0.0.1:99999
expect_exit 2 "$FNRUN" serve / --listen example.org:80
expect_stderr_has 'use a numeric address'
expect_exit 4 "$FNRUN" serve nothing:1 --listen :0
expect_exit 0 "$FNRUN" serve -n / --listen 9001 --concurrency 3 -- cat
expect_stdout "would serve '/' (exec) on 127.0.0.1:9001, 3 concurrent calls"
expect_exit 0 "$FNRUN" serve -n / --listen 0.0.0.0:9001 --allow-remote --json -- cat
expect_same plan "$(json '"\(.schema) \(.listen) \(.protocol)"')" 'fnrun.serve/1 0.0.0.0:9001 exec'

t 'it ends by itself, and says where it was'
expect_exit 0 "$FNRUN" serve / --listen :0 --for 1ms --json -- cat
expect_same lines "$(jq -r .type out | tr '\n' ' ')" 'listening stopped '

serve "${runtime[@]}" --concurrency 4 --status honest "${program[@]}"

t 'a port that is taken'
expect_exit 5 "$FNRUN" serve / --listen "${BASE#http://}" -- cat
expect_stderr_has 'address already in use'

t 'a call, and the instance stays for the next'
expect_status 200 '{"a":1}'
expect_same event "$(json .event.a <body)" 1
instance=$(json .instance <body)
[[ $(header X-Amzn-RequestId) =~ ^[0-9a-f-]{36}$ ]] || die 'no request id'
expect_same version "$(header X-Amz-Executed-Version)" '$LATEST'
expect_status 200 ''
expect_same 'the empty event' "$(json '.event | tojson' <body)" '{}'
expect_same 'the same instance' "$(json '"\(.instance) \(.calls)"' <body)" "$instance 2"
for line in START END REPORT; do expect_same "$line" "$(grep -c "^$line RequestId: " server.err)" 2; done
grep -q 'Init Duration' server.err || die 'no init duration'

t 'client context and trace'
expect_status 200 '{}' -H "X-Amz-Client-Context: $(printf '{"custom":{"x":1}}' | base64)" \
  -H 'X-Amzn-Trace-Id: Root=1-2-3'
expect_same context "$(json .context <body)" '{"custom":{"x":1}}'
expect_same trace "$(json .trace <body)" 'Root=1-2-3'
expect_status 400 '{}' -H 'X-Amz-Client-Context: ?'
expect_status 400 '{}' -H "X-Amz-Client-Context: $(printf 'no json' | base64)"

t 'bad requests'
expect_status 400 '{"a":'
expect_same type "$(header X-Amzn-ErrorType)" InvalidRequestContentException
expect_same body "$(json .Type <body)" User
expect_status 400 '{}' -H 'X-Amz-Invocation-Type: Later'
TO=$BASE/2015-03-31/functions/other/invocations expect_status 404 '{}'
expect_same type "$(header X-Amzn-ErrorType)" ResourceNotFoundException
TO="$URL?Qualifier=9" expect_status 404 '{}'
TO="$URL?Qualifier=%24LATEST" expect_status 200 '{}'
TO=$BASE/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A0%3Afunction%3Afunction/invocations \
  expect_status 200 '{}'
TO=$BASE/ expect_status 404 '{}'
expect_status 405 '{}' -X PUT
expect_status 403 '{}' -H 'Origin: http://example.org'
event_of() { # BYTES
  printf '{"do":"nothing","pad":"'
  head -c $(($1 - 25)) /dev/zero | tr '\0' x
  printf '"}'
}
event_of 6291456 >fits
expect_status 200 @fits
event_of 6291457 >large
expect_status 413 @large
event_of 1048577 >large_event
expect_status 413 @large_event -H 'X-Amz-Invocation-Type: Event'

t 'every end of a call has its status'
expect_status 502 '{"do":"fail"}'
expect_same fault "$(header X-Amz-Function-Error) $(json .errorType <body)" 'Handled Function.Oops'
expect_status 502 '{"do":"exit","code":3}'
expect_same fault "$(header X-Amz-Function-Error) $(json .errorType <body)" 'Unhandled Runtime.ExitError'
expect_status 502 '{"do":"kill"}'
expect_status 504 '{"do":"sleep","seconds":5}'
expect_same message "$(json .errorMessage <body)" 'Task timed out after 2.00 seconds'
expect_status 507 '{"do":"memory"}'
expect_status 502 '{"do":"text","bytes":6291600}'
expect_same type "$(json .errorType <body)" Function.ResponseSizeTooLarge
expect_status 200 '{}'
[ "$(json .instance <body)" != "$instance" ] || die 'the instance should be another one'
expect_status 204 '{}' -H 'X-Amz-Invocation-Type: DryRun'

t 'the end of the log'
expect_status 200 '{"do":"log","bytes":9000}' -H 'X-Amz-Log-Type: Tail'
header X-Amz-Log-Result | base64 -d >log.tail
expect_same bytes "$(wc -c <log.tail)" 4096
grep -q '^last words$' log.tail && grep -q '^REPORT RequestId' log.tail || die "the tail: $(cat log.tail)"

t 'a streamed response comes as it is made'
curl -sN "$URL" -d '{"do":"stream"}' | while IFS= read -r -n 4 part; do echo "$(date +%s%N) $part"; done >parts
expect_same parts "$(cut -d' ' -f2 parts | tr '\n' ' ')" 'one two thre '
[ $((($(sed -n 2p parts | cut -c1-19) - $(sed -n 1p parts | cut -c1-19)) / 1000000)) -ge 100 ] ||
  die "all at once: $(cat parts)"
call '{"do":"stream","whole":false}'
expect_same 'an answer without an end' "$STATUS" 'curl 18'

t 'an event is answered at once and made behind'
begin=$(date +%s%N)
expect_status 202 '{"do":"sleep","seconds":1.5}' -H 'X-Amz-Invocation-Type: Event'
[ $((($(date +%s%N) - begin) / 1000000)) -lt 1200 ] || die 'it waited'
id=$(header X-Amzn-RequestId)
expect_same body "$(cat body)" ''
for _ in $(seq 60); do ! grep -q "^END RequestId: $id" server.err || break; sleep 0.05; done
grep -q "^REPORT RequestId: $id" server.err || die 'it was not made'

t '8 calls of 0.3 s, 4 at a time'
for round in cold warm; do
  begin=$(date +%s%N)
  pids=()
  for n in $(seq 8); do
    curl -s -m 20 -o "$round.$n" "$URL" -d '{"do":"sleep","seconds":0.3}' &
    pids+=($!)
  done
  wait "${pids[@]}"
  took=$((($(date +%s%N) - begin) / 1000000))
  echo "8 calls of 300 ms at concurrency 4, $round: $took ms"
done
[ "$took" -ge 590 ] && [ "$took" -lt 2200 ] || die "it took $took ms"
expect_same instances "$(cat warm.* | jq -r .instance | sort -u | wc -l)" 4

t 'health'
curl -s "$BASE/health" >health
expect_same health "$(json '"\(.status) \(.instances.warm) \(.instances.busy) \(.instances.most)"' <health)" \
  'ready 4 0 4'
[ "$(living)" = 4 ] || die "$(living) instances"

t 'told to end, it finishes what it began, and takes its instances along'
curl -s "$URL" -d '{"do":"sleep","seconds":0.5}' >last &
pid=$!
sleep 0.2
kill -TERM "$SERVER" # timeout(1) sends a signal twice
end_server
wait $pid
expect_same code "$CODE" 0
expect_same 'the last call' "$(json .event.seconds <last)" 0.5
expect_nothing_left

t 'calls that take too long are cut off'
serve "${runtime[@]}" --grace 100ms --concurrency 1 --queue 1 "${program[@]}"
expect_status 200 '{}'
curl -s -o first -w '%{http_code}' "$URL" -d '{"do":"sleep","seconds":1.9}' >first.status &
one=$!
sleep 0.2
curl -s -o second -w '%{http_code}' "$URL" -d '{}' >second.status &
two=$!
sleep 0.2
expect_status 429 '{}'
expect_same type "$(header X-Amzn-ErrorType)" TooManyRequestsException
curl -s "$BASE/health" >health
expect_same waiting "$(json .calls.waiting <health)" 1
begin=$(date +%s%N)
end_server
[ $((($(date +%s%N) - begin) / 1000000)) -lt 1300 ] || die 'it waited for the call'
wait $one $two || true
expect_same code "$CODE" 8
expect_same 'the call that waited' "$(cat second.status)" 503
expect_nothing_left

t 'a client that goes away takes a waiting call along, and no other'
serve "${runtime[@]}" --concurrency 1 "${program[@]}"
curl -s -m 0.6 "$URL" -d '{"do":"sleep","seconds":1}' >/dev/null &
one=$!
sleep 0.3
curl -s -m 0.2 "$URL" -d '{"do":"log","bytes":1}' >/dev/null || true
wait $one || true
expect_status 200 '{}'
expect_same calls "$(json .calls <body)" 2

t 'a client that sends no more gets its answer; requests of two lengths are refused'
port=${BASE##*:}
ask() { "$PY" - "$port" "$@" <<'END'
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"POST /2015-03-31/functions/function/invocations HTTP/1.1\r\nHost: x\r\n" +
          sys.argv[2].encode().decode("unicode_escape").encode())
s.shutdown(socket.SHUT_WR)
answer = b""
while piece := s.recv(65536): answer += piece
print(answer.split(b"\r\n")[0].decode(), answer.endswith(b"}"))
END
}
expect_same 'half-closed' "$(ask 'Content-Length: 28\r\n\r\n{"do":"sleep","seconds":0.5}')" 'HTTP/1.1 200 OK True'
expect_same 'two lengths' "$(ask 'Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ')" 'HTTP/1.1 400 Bad Request False'
expect_same 'an encoding' "$(ask 'Transfer-Encoding: gzip\r\n\r\n{}')" 'HTTP/1.1 501 Not Implemented False'

t 'killed with -9, nothing is left'
[ "$(living)" = 1 ] || die 'no instance'
end_server KILL
expect_nothing_left

t 'instances get cold'
serve "${runtime[@]}" --keep-alive 300ms "${program[@]}"
expect_status 200 '{}'
instance=$(json .instance <body)
expect_same living "$(living)" 1
sleep 0.8
expect_same living "$(living)" 0
expect_status 200 '{}'
[ "$(json .instance <body)" != "$instance" ] || die 'the same instance'
end_server
serve "${runtime[@]}" --keep-alive 0 "${program[@]}"
expect_status 200 '{}'
for _ in $(seq 40); do [ "$(living)" != 0 ] || break; sleep 0.05; done
expect_same living "$(living)" 0
end_server INT
expect_same code "$CODE" 0

t 'what cannot be served is said at once'
mkdir -p none/etc && touch none/etc/x && "$FN" build -q -t none:1 --layer none=none >/dev/null
"$FN" unpack -q none:1 unpacked >/dev/null
expect_exit 2 "$FNRUN" serve ./unpacked
expect_stderr_has "'./unpacked' does not say what to run" "give a command after '--'"
expect_exit 2 timeout 20 "$FNRUN" serve none:1
expect_stderr_has "'none:1' does not say what to run"

t 'an init error, and a program that is not there'
serve "${runtime[@]}" --status honest --env BROKEN=init "${program[@]}"
expect_status 500 '{}'
expect_same fault "$(header X-Amz-Function-Error) $(json .errorType <body)" 'Unhandled Runtime.NoLuck'
end_server
serve / --status honest --protocol lambda -- /no/such/program
expect_status 500 '{}'
end_server

t 'what the host has no more is not the fault of an image'
mkdir gone
serve / --status honest --mount ./gone:/mnt -- /bin/cat
rmdir gone
expect_status 500 '{}'
expect_same outcome "$(header X-Fn-Outcome) $(header X-Amz-Function-Error)" 'not_started '
end_server

t 'a function: its settings, its image as the tag moves, and --json'
mkdir -p root/bin && cp "$(command -v busybox)" root/bin/
printf '#!/bin/busybox sh\nread event\nif [ "$event" = 7 ]; then echo sorry >&2; exit 1; fi\n'\
'echo "{\\"got\\":$event,\\"version\\":\\"$V\\"}"\n' >root/bin/say
chmod 755 root/bin/say
"$FN" build -q -t say:1 --layer root=root --entrypoint /bin/say >/dev/null
"$FNRUN" function set -q say say:1 --env V=1 >/dev/null
expect_exit 2 "$FNRUN" serve say --memory 1GiB
expect_stderr_has 'fnrun function set say'
serve say:1 --status honest
expect_status 200 5
grep -qF 'Memory Size: 512 MB' server.err || die 'an image has the memory of a new function'
end_server
"$FNRUN" serve say --listen 127.0.0.1:0 --json >server.out 2>server.err </dev/null &
SERVER=$!
for _ in $(seq 100); do [ ! -s server.out ] || break; sleep 0.05; done
URL=$(head -n 1 server.out | jq -r .url)
BASE=${URL%/2015-03-31/*}
TO=$BASE/2015-03-31/functions/say/invocations expect_status 200 5
expect_same answer "$(cat body)" '{"got":5,"version":"1"}'
expect_same version "$(header X-Amz-Executed-Version)" 1
"$FNRUN" function set -q say --env V=2 >/dev/null
expect_status 200 6
expect_same answer "$(cat body)" '{"got":6,"version":"2"}'
expect_status 502 7
expect_same fault "$(header X-Amz-Function-Error)" Handled
"$FNRUN" function rm -q say
expect_status 404 8
end_server
[ ! -s server.err ] || die "stderr: $(cat server.err)"
expect_same lines "$(jq -r .type server.out | tr '\n' ' ')" 'listening call call log call stopped '
expect_same calls "$(jq -c 'select(.type == "call") | [.http_status, .outcome.status, .version, .function_error]' \
  server.out | tr '\n' ' ')" \
  '[200,"success","1",null] [200,"success","1",null] [502,"function_error","1","Handled"] '
expect_same log "$(jq -r 'select(.type == "log") | .text' server.out)" sorry
expect_same 'records of calls' "$(($(wc -c <"$FN_HOME/spool/outcomes") / 128))" 3
expect_nothing_left
