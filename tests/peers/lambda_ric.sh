#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Node's own Lambda runtime client (aws-lambda-ric) is content with our Runtime API, called through fnrun serve.
# alone
# after peers/ric_client.sh
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/serve_lib.sh"
. "$REPO/tests/ric.sh"
need jq jq
need curl curl
need node nodejs

[ -e "$RIC/complete" ] || [ "${CI:-}" != true ] || die 'the client was not built (tests/peers/ric_client.sh)'
[ -e "$RIC/complete" ] || skip 'the client was not built (tests/peers/ric_client.sh)'

t 'the root: node, its libraries and the client'
mkdir -p root/{bin,lib64,tmp,etc,var/task}
cp "$(command -v node)" root/bin/node
ldd "$(command -v node)" | grep -oE '/[^ ]+' | sort -u | while read -r library; do
  mkdir -p "root$(dirname "$library")"
  cp -L "$library" "root$library"
done
cp -a "$RIC/node_modules" root/var/task/
cat >root/var/task/app.js <<'JS'
const instance = Math.random();
let calls = 0;
exports.handler = async (event, context) => {
  const left = context.getRemainingTimeInMillis();
  calls += 1;
  if (event.throw) { const error = new Error('boom'); error.name = 'MyError'; throw error; }
  if (event.reject) return Promise.reject(new TypeError('rejected'));
  if (event.sleep) await new Promise((resolve) => setTimeout(resolve, event.sleep));
  if (event.exit) process.exit(event.exit);
  if (event.log) console.log('a line of the log');
  const { awsRequestId: id, clientContext, invokedFunctionArn: arn } = context;
  return { event, instance, calls, left, now: Date.now(), id, context: clientContext, arn };
};
exports.stream = awslambda.streamifyResponse(async (event, stream) => {
  stream.setContentType('text/plain');
  for (let part = 0; part < 3; ++part) stream.write(`part${part}`);
  stream.end();
});
JS
client=(-- /bin/node /var/task/node_modules/aws-lambda-ric/bin/index.mjs)
serve_handler() { # HANDLER FLAG..
  local handler=$1
  shift
  serve ./root --protocol lambda --handler "$handler" --memory 512MiB "$@" "${client[@]}" "$handler"
}

serve_handler app.handler --timeout 3s --concurrency 1 --status honest

t '100 calls, one after the other'
for n in $(seq 100); do
  printf 'next\nurl = "%s"\ndata = "{\\"n\\":%s}"\noutput = "out.%s"\n' "$URL" "$n" "$n"
  printf 'write-out = "%%{http_code} %%{time_total}\\n"\n'
done | sed 1d >calls
curl -s -K calls >times.txt
expect_same status "$(cut -d' ' -f1 times.txt | sort | uniq -c | tr -s ' ')" ' 100 200'
for n in $(seq 100); do echo "$n $n"; done >want
seq -f out.%g 100 | xargs jq -r '"\(.event.n) \(.calls)"' | cmp - want
echo "100 calls: median $(cut -d' ' -f2 times.txt | sort -n | sed -n 50p) s"
expect_status 200 '{}'
expect_same id "$(json .id <body)" "$(header X-Amzn-RequestId)"

t 'the deadline'
expect_status 200 '{}'
left=$(json .left <body)
[ "$left" -le 3000 ] && [ "$left" -ge 2900 ] || die "$left ms are left of 3000"

t 'client context, and the log'
expect_status 200 '{"log":true}' -H "X-Amz-Client-Context: $(printf '{"custom":{"x":1}}' | base64)" \
  -H 'X-Amz-Log-Type: Tail'
expect_same context "$(json '.context | tojson' <body)" '{"custom":{"x":1}}'
header X-Amz-Log-Result | base64 -d | grep -q 'a line of the log' || die 'no log'

# Unhandled, as from the service: the names of their errors are no Function.Xyz.
t 'errors'
expect_status 502 '{"throw":true}'
error_of_answer() { echo "$(header X-Amz-Function-Error) $(json '"\(.errorType) \(.errorMessage)"' <body)"; }
expect_same error "$(error_of_answer)" 'Unhandled MyError boom'
expect_status 502 '{"reject":true}'
expect_same error "$(error_of_answer)" 'Unhandled TypeError rejected'
expect_status 502 '{"exit":4}'
expect_same error "$(header X-Amz-Function-Error) $(json .errorType <body)" 'Unhandled Runtime.ExitError'
expect_status 504 '{"sleep":9000}'
expect_status 200 '{}'
expect_same 'a new instance' "$(json .calls <body)" 1
end_server TERM
expect_same code "$CODE" 0

t 'a handler that is not there'
serve_handler app.nothing --status honest
expect_status 500 '{}'
end_server TERM

t 'a streamed response'
serve_handler app.stream
expect_status 200 '{}'
expect_same body "$(cat body)" part0part1part2
expect_same type "$(header Content-Type)" text/plain
end_server TERM

t '16 at once, each in its instance'
serve_handler app.handler --concurrency 16 --timeout 60s
pids=()
for n in $(seq 16); do
  curl -s -m 100 -o "out.$n" "$URL" -d "{\"n\":$n,\"sleep\":2000}" &
  pids+=($!)
done
wait "${pids[@]}"
for n in $(seq 16); do expect_same answer "$(json .event.n <"out.$n")" "$n"; done
instances=$(cat out.* | jq -r .instance | sort -u | wc -l)
[ "$instances" -ge 12 ] || die "only $instances instances"
end_server TERM
expect_nothing_left
