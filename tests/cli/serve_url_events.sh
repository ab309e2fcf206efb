#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# fnrun serve --url-events: plain HTTP for clients, the events and answers of a function URL for the function.
# shellcheck disable=SC2119 # end_server takes a signal, or none
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/serve_lib.sh"
need jq jq
need curl curl
need busybox busybox-static

runtime=(/ --url-events --protocol lambda --mount "$REPO/tests:/mnt:ro" --timeout 2s --workdir /)
program=(-- /usr/bin/python3 -S -E /mnt/runtime.py)
ask() { # PATH ARG..: $STATUS, answer.head and ./body
  local path=$1
  shift
  STATUS=$(curl -s -m 60 -o body -D answer.head -w '%{http_code}' "$@" "$BASE$path") || STATUS="curl $?"
}
event() { json "$1" <body; }
of_event() { event ".event | [$1] | tojson"; }
returns() { # VALUE ARG..: the function answers with it
  local value=$1
  shift
  ask / -H 'Content-Type: application/json' -d "{\"do\":\"return\",\"value\":$value}" "$@"
}

t 'it says where it is'
serve "${runtime[@]}" "${program[@]}"
[[ $URL =~ ^http://127.0.0.1:[0-9]+/$ ]] || die "URL: $URL"
BASE=${URL%/}

t 'a request is an event: path and query as sent, names in lower case, keys that are repeated'
ask '/a%20b/c?x=1&y=%2B+z&x=2&flag' -H 'X-Mixed: one' -H 'x-mixed: two' -H 'Cookie: a=1; b=2' -A probe/1 \
  -H 'Connection: close, X-Hop' -H 'X-Hop: 1' -H 'TE: trailers'
expect_same status "$STATUS $(header Content-Type)" '200 application/json'
expect_same paths "$(of_event '.version, .rawPath, .rawQueryString, .routeKey, .requestContext.http.path')" \
  '["2.0","/a%20b/c","x=1&y=%2B+z&x=2&flag","$default","/a%20b/c"]'
expect_same query "$(event '.event.queryStringParameters | tojson')" '{"flag":"","x":"1,2","y":"+ z"}'
expect_same cookies "$(of_event '.cookies, .headers.cookie')" '[["a=1","b=2"],null]'
expect_same headers "$(of_event '.headers | ."x-mixed", .te, .connection, ."x-hop", ."x-forwarded-for"')" \
  '["one,two",null,null,null,"127.0.0.1"]'
expect_same context "$(of_event '.requestContext | .http.method, .http.sourceIp, .http.userAgent, .stage')" \
  '["GET","127.0.0.1","probe/1","$default"]'
expect_same id "$(event .event.requestContext.requestId)" "$(header X-Amzn-RequestId)"
expect_same body "$(of_event '.body, .isBase64Encoded')" '[null,false]'

t 'a body is text by its type, else base64'
ask /hook -H 'Content-Type: application/cloudevents+json; charset=utf-8' -d '{"ü":1}'
expect_same text "$(of_event '.body, .isBase64Encoded')" '["{\"ü\":1}",false]'
ask /form -d 'a=1'
expect_same form "$(of_event '.body, .isBase64Encoded')" '["YT0x",true]'
printf '\377\n' >bytes
ask /bytes -H 'Content-Type: text/plain' --data-binary @bytes
expect_same bytes "$(of_event '.body, .isBase64Encoded')" '["/wo=",true]'
for method in PUT PATCH DELETE OPTIONS; do
  ask / -X "$method"
  expect_same method "$(event .event.requestContext.http.method)" "$method"
done
ask /path -I
expect_same HEAD "$STATUS" 200
[ "$(header Content-Length)" -gt 500 ] || die "a HEAD without the length: $(cat answer.head)"

t 'too large a body, as it is and as an event'
head -c 6291457 /dev/zero >large
ask / -H 'Content-Type: text/plain' --data-binary @large
expect_same large "$STATUS" 413
head -c 5000000 /dev/zero >binary
ask / --data-binary @binary
expect_same binary "$STATUS $(event .Type)" '413 User'

t 'an answer in parts, and one that is the body'
returns '{"statusCode":201,"headers":{"Content-Type":"text/html","X-N":7,"Connection":"close","X-Fn-Outcome":"?"},
  "cookies":["a=1; Path=/","b=2"],"body":"PGI+","isBase64Encoded":true}'
expect_same parts "$STATUS $(header Content-Type) $(header X-N) $(header X-Fn-Outcome) $(cat body)" \
  '201 text/html 7 success <b>'
expect_same cookies "$(header Set-Cookie | tr '\n' '|')" 'a=1; Path=/|b=2|'
returns '{"statusCode":204,"body":"none"}'
expect_same 'no content' "$STATUS $(wc -c <body)" '204 0'
returns '{"status":"fine"}'
expect_same object "$STATUS $(header Content-Type) $(cat body)" '200 application/json {"status": "fine"}'
returns '"plain"'
expect_same string "$(cat body)" plain
returns null
expect_same null "$(cat body)" null

t 'an answer that cannot be sent is 502, without a word of why but in the log'
refused() { # VALUE, and what the log says of it
  returns "$1"
  expect_same "$1" "$STATUS $(cat body) $(header X-Fn-Outcome) $(header X-Fn-Status)" \
    '502 Internal Server Error function_error 502'
  grep -qF "the answer cannot be sent: $2" server.err || die "not in the log: $2: $(tail -n 3 server.err)"
}
refused '{"statusCode":99}' 'statusCode 99 is not a status'
refused '{"statusCode":200,"headers":{"X-A":"1\r\nSet-Cookie: evil=1"}}' "header 'X-A' has the value"
refused '{"statusCode":200,"headers":{"X A":"1"}}' "invalid header name 'X A'"
refused '{"statusCode":200,"cookies":["a=1\nX-Evil: 1"]}' 'cookie "a=1\nX-Evil: 1"'
refused '{"statusCode":200,"body":"?","isBase64Encoded":true}' 'body is not base64'

t 'a failure and a timeout: 502 as from the service, with honest words in the headers'
does() { # EVENT, then what is said
  ask / -H 'Content-Type: application/json' -d "$1"
  expect_same "$1" "$STATUS $(header X-Fn-Status) $(header X-Fn-Outcome) $(cat body)" "$2"
}
does '{"do":"fail"}' '502 502 function_error Internal Server Error'
does '{"do":"sleep","seconds":4}' '502 504 timeout Internal Server Error'
end_server
serve "${runtime[@]}" --status honest "${program[@]}"
BASE=${URL%/} does '{"do":"sleep","seconds":4}' '504 504 timeout Internal Server Error'

t 'browsers: their address bar and the pages of the function itself, but no others'
BASE=${URL%/}
allowed() { ask / "${@:2}" && expect_same "${*:2}" "$STATUS" "$1"; }
allowed 200 -H 'Sec-Fetch-Site: none' -H 'Sec-Fetch-Mode: navigate'
allowed 200 -H "Origin: $BASE" -H 'Sec-Fetch-Site: same-origin' -d '{}'
allowed 200 -H 'Host: app.localhost:9000'
allowed 403 -H 'Origin: http://evil.example' -d '{}'
allowed 403 -H 'Origin: null'
allowed 403 -H 'Sec-Fetch-Site: cross-site'
allowed 403 -H 'Host: rebound.example'
expect_same why "$(event .Message)" \
  "requests from web pages are refused, and it is for the host 'rebound.example': see --allow-pages"
end_server
serve "${runtime[@]}" --allow-pages "${program[@]}"
BASE=${URL%/}
allowed 200 -H 'Origin: http://shop.example' -H 'Host: hook.example' -H 'Sec-Fetch-Site: cross-site'
end_server

t 'a program of protocol exec, asked by a client of another kind'
mkdir -p root/bin && cp "$(command -v busybox)" root/bin/
printf '#!/bin/busybox sh\ncase $(/bin/busybox cat) in *boom*) exit 3 ;; *silent*) exit 0 ;; esac\n'\
'echo '\''{"statusCode":418,"headers":{"X-Tea":"yes"},"body":"short and stout"}'\''\n' >root/bin/tea
chmod 755 root/bin/tea
serve ./root --url-events -- /bin/tea
BASE=${URL%/}
expect_exit 0 python3 - "$BASE" <<'P'
import sys, urllib.error, urllib.request
try:
    urllib.request.urlopen(sys.argv[1] + "/pot?milk=no")
except urllib.error.HTTPError as answer:
    print(answer.code, answer.headers["X-Tea"], answer.read().decode())
P
expect_stdout '418 yes short and stout'
ask /silent
expect_same silent "$STATUS $(wc -c <body)" '200 0'
ask /boom
expect_same failed "$STATUS $(header X-Fn-Outcome)" '502 function_error'
end_server
expect_nothing_left
