#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# fnrun serve answers as the Lambda service does: a call that failed is 200, so that no SDK repeats it, and says how in
# its headers and its body. The names that the service takes for a function are taken.
# shellcheck disable=SC2119 # end_server takes a signal, or none
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/serve_lib.sh"
need jq jq
need curl curl
need busybox busybox-static

program=(-- /usr/bin/python3 -S -E /mnt/runtime.py)
serve / --protocol lambda --mount "$REPO/tests:/mnt:ro" --memory 100M --timeout 2s --workdir / "${program[@]}"
ends() { # EVENT, then what its answer says: function error, honest status, outcome, type and message
  expect_status 200 "$1"
  expect_same "$1" "$(header X-Amz-Function-Error)|$(header X-Fn-Status)|$(header X-Fn-Outcome)|$(
    json '"\(.errorType)|\(.errorMessage)"' <body)" "$2"
}

t 'every end of a call is 200, and told by its headers'
expect_status 200 '{"a":1}'
expect_same success "$(header X-Amz-Function-Error)|$(header X-Fn-Status)|$(header X-Fn-Outcome)" '|200|success'
ends '{"do":"fail"}' 'Handled|502|function_error|Function.Oops|it failed'
ends '{"do":"exit","code":3}' 'Unhandled|502|exited|Runtime.ExitError|Runtime exited with error: exit status 3'
ends '{"do":"kill"}' 'Unhandled|502|killed_by_signal|Runtime.ExitError|Runtime exited with error: signal: SIGKILL'
ends '{"do":"sleep","seconds":4}' 'Unhandled|504|timeout|Sandbox.Timedout|Task timed out after 2.00 seconds'
ends '{"do":"memory"}' 'Unhandled|507|out_of_memory|Runtime.OutOfMemory|exceeded the memory limit of 100MiB'
expect_status 200 '{"do":"text","bytes":6291600}'
expect_same large "$(header X-Amz-Function-Error) $(header X-Fn-Outcome)" 'Unhandled response_too_large'

t "the function's own body, whatever it is"
own='{"errorType": "MyError", "errorMessage": "\\u00fc", "trace": ["at a", "at b"], "cause": {"errorType": "Deep"}}'
report() { jq -nc --arg body "$1" '{do: "report", body: $body}'; }
for body in "$own" 'no JSON at all' '["a", 1e999]'; do
  expect_status 200 "$(report "$body")"
  expect_same "fault and body" "$(header X-Amz-Function-Error) $(cat body)" "Unhandled $body"
done
expect_status 200 "$(report '')"
expect_same 'no body' "$(json .errorType <body)" Runtime.Unknown
[ "$(grep -c '"trace": \["at a", "at b"\]' server.err)" = 1 ] || die "the report is not in the log: $(cat server.err)"

t 'an SDK gets a whole answer, others a stream that breaks off'
call '{"do":"stream","whole":false}'
expect_same plain "$STATUS" 'curl 18'
expect_status 200 '{"do":"stream","whole":false}' -H 'amz-sdk-invocation-id: 5'
expect_same fault "$(header X-Amz-Function-Error) $(header X-Fn-Status)" 'Unhandled 502'
expect_status 200 '{"do":"stream"}' -H 'amz-sdk-invocation-id: 6'
expect_same whole "$(cat body)" 'one two three'

t 'a trace id goes along, or is made'
expect_status 200 '{}'
[[ $(header X-Amzn-Trace-Id) =~ ^Root=1-[0-9a-f]{8}-[0-9a-f]{24}\;Parent=[0-9a-f]{16}\;Sampled=0$ ]] ||
  die "trace id: $(header X-Amzn-Trace-Id)"
expect_same 'as the function sees it' "$(json .trace <body)" "$(header X-Amzn-Trace-Id)"
expect_status 200 '{}' -H 'X-Amzn-Trace-Id: Root=1-2-3;Sampled=1'
expect_same own "$(json .trace <body) $(header X-Amzn-Trace-Id)" 'Root=1-2-3;Sampled=1 Root=1-2-3;Sampled=1'
end_server

t 'what is our trouble, not the function'"'"'s, is an exception of the service'
mkdir -p gone root/bin && cp "$(command -v busybox)" root/bin/
serve ./root --mount ./gone:/mnt -- /bin/busybox cat
rmdir gone
expect_status 500 '{}'
expect_same exception "$(header X-Amzn-ErrorType) $(header X-Amz-Function-Error)$(json .Type <body)" \
  'ServiceException Service'
end_server
serve / --protocol lambda --workdir / -- /no/such/program
ends '{}' "Unhandled|500|missing_bootstrap|Runtime.no_program|program '/no/such/program' not found in the sandbox"
end_server

t 'a program is no function of the service: its status is honest, but for an SDK, which would repeat the call'
serve ./root -- /bin/busybox false
expect_status 502 '{}'
expect_status 200 '{}' -H 'Amz-Sdk-Invocation-Id: 1'
expect_same told "$(header X-Amz-Function-Error) $(header X-Fn-Status)" 'Handled 502'
end_server

t 'names of a function: partial ARNs too'
"$FN" build -q -t cat:1 --layer root=root --entrypoint /bin/busybox >/dev/null
"$FNRUN" function set -q cat cat:1 --command cat >/dev/null
serve cat
name() { TO=$BASE/2015-03-31/functions/$2/invocations expect_status "$1" '{}'; }
for known in cat function cat:1 function:cat function:cat:1 123456789012:function:cat 123456789012:function:cat:1 \
  arn:aws:lambda:us-east-1:123456789012:function:cat 'arn:aws-cn:lambda:cn-north-1:1:function:cat:%24LATEST' \
  us-east-1:123456789012:function:cat eu-central-1:123456789012:cat:1 123456789012%3Afunction%3Acat%3A1 \
  function:%24LATEST 123456789012:function:function; do
  name 200 "$known"
done
for other in dog function:dog function:cat:2 cat:2 123456789012:function:dog 12345:function:cat arn:aws:s3:::cat \
  us-east-1:function:dog cat:function:cat arn:aws:lambda:us-east-1:123456789012:function; do
  name 404 "$other"
  expect_same type "$(header X-Amzn-ErrorType)" ResourceNotFoundException
done
end_server
