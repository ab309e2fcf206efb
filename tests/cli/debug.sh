#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A function is stepped through: real sessions with Node's inspector, debugpy, pdb and gdb, of programs and of runtimes,
# during which no time limit passes. (How strace and gdb attach to an instance is in instances.sh.)
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/sandbox.sh"
need jq jq
need node nodejs
need gdb gdb
need gdbserver gdbserver
/usr/bin/python3 -c 'import debugpy' 2>/dev/null || need /usr/bin/debugpy python3-debugpy
cp "$BUILD"/tools/libexec/fn-instance "$WORK/libexec/fn/"
mkdir -m 777 theirs
mkdir code

# The same function for each language: an event with a width, an answer with an area, the line 4 in between.
cat >code/area.py <<'PROGRAM'
import json, os, sys, time, urllib.request
def handle(event):
    width = event["width"]
    area = width * width
    return {"area": area}
if "AWS_LAMBDA_RUNTIME_API" not in os.environ:
    print(json.dumps(handle(json.load(sys.stdin))))
while api := os.environ.get("AWS_LAMBDA_RUNTIME_API"):
    calls = "http://%s/2018-06-01/runtime/invocation/" % api
    event = urllib.request.urlopen(calls + "next")
    late = int(event.headers["Lambda-Runtime-Deadline-Ms"])
    answer = dict(handle(json.load(event)), far=late > 1000 * (time.time() + 86400))
    urllib.request.urlopen(calls + event.headers["Lambda-Runtime-Aws-Request-Id"] + "/response",
                           json.dumps(answer).encode()).read()
PROGRAM
cat >code/area.js <<'PROGRAM'
const api = process.env.AWS_LAMBDA_RUNTIME_API;
function handle(event) {
  const width = event.width;
  const area = width * width;
  return { area };
}
async function serve(calls) {
  for (;;) {
    const event = await fetch(calls + 'next');
    const answer = JSON.stringify(handle(await event.json()));
    const id = event.headers.get('lambda-runtime-aws-request-id');
    await fetch(`${calls}${id}/response`, { method: 'POST', body: answer });
  }
}
if (api) serve(`http://${api}/2018-06-01/runtime/invocation/`);
else console.log(JSON.stringify(handle(JSON.parse(require('fs').readFileSync(0)))));
PROGRAM

fn() { as "$ROLE" env FN_HOME="$WORK/theirs/$ROLE" "$BIN/fnrun" "$@"; }
# A call that waits for a debugger at PORT; its answer comes in answer, what is said in said.
debug() { # WITH FLAG.. -- CMD..
  local with=$1
  shift
  : >said
  fn debug / --with "$with" --listen 0 --mount "$WORK/code:/mnt:ro" -e '{"width":7}' "$@" >answer 2>said &
  CALL=$!
  eventually grep -q 'waiting for a debugger' said
  PORT=$(sed -nE 's/.*waiting for a debugger on [^ ]*:([0-9]+): .*/\1/p' said)
}
ended() { # ANSWER [CODE]
  local code=0
  wait "$CALL" || code=$?
  expect_same 'exit code' "$code" "${2:-0}"
  expect_same answer "$(cat answer)" "$1"
}
inspect() { timeout 30 node "$REPO/tests/inspector_session.js" "$PORT" area.js 4 "$@"; }
attach() { timeout 30 "$PY" "$REPO/tests/dap_session.py" "$PORT" /mnt/area.py 4 "$@"; }

for ROLE in "${roles[@]}"; do
  t "$ROLE, node: a breakpoint in a program, a variable there, and the answer; its second does not pass meanwhile"
  debug node --timeout 1s -- node /mnt/area.js
  sleep 1.2
  expect_same stopped "$(inspect 'width + 1' 1.5)" 'handle:4: 8'
  ended '{"area":49}'

  t "$ROLE, node: a runtime of Lambda"
  debug node --protocol lambda -w / --init-timeout 1s --timeout 1s -- node /mnt/area.js
  sleep 1.2
  expect_same stopped "$(inspect width 1.5)" 'handle:4: 7'
  ended '{"area":49}'

  t "$ROLE, python: debugpy, in a program and in a runtime, whose deadline is far"
  debug python --timeout 1s -- /usr/bin/python3 /mnt/area.py
  expect_same stopped "$(attach 'width + 1' 1.5)" 'handle:4: 8'
  ended '{"area": 49}'
  debug python --protocol lambda -w / --init-timeout 1s --timeout 1s -- /usr/bin/python3 /mnt/area.py
  expect_same stopped "$(attach width 1.5)" 'handle:4: 7'
  ended '{"area": 49, "far": true}'

  t "$ROLE, gdb: a breakpoint in a program of C, behind a filter that lets it trace"
  debug gdb -- busybox head -c 3
  timeout 30 gdb -nx -batch -ex "target remote 127.0.0.1:$PORT" -ex 'catch syscall read' -ex continue \
    -ex 'delete' -ex continue >session 2>&1 </dev/null
  grep -q 'returned from syscall read' session || die "$(cat session)"
  ended '{"w'
done
ROLE=${roles[0]}

t 'pdb, where the image has no debugpy: stops at the first line of the program'
mkdir none && echo 'raise ImportError("not here")' >none/debugpy.py
debug python --mount "$WORK/none:/srv:ro" --env PYTHONPATH=/srv -- /usr/bin/python3 /mnt/area.py
exec 3<>"/dev/tcp/127.0.0.1/$PORT"
printf '%s\n' 'b /mnt/area.py:4' c 'p width + 1' c >&3
timeout 20 cat <&3 >session
exec 3<&-
grep -q 'area.py(1)<module>()' session
grep -q 'area.py(4)handle()' session
grep -q '^(Pdb) 8$' session
ended '{"area": 49}'
grep -q 'no debugpy in the image: pdb waits' said

t 'when the debugger has gone, time passes again'
cat >code/area.js <<'PROGRAM'
setTimeout(() => console.log('late'), 60000);
function f() {
  const x = 1;
  return x;
}
f();
PROGRAM
debug node --timeout 1s -- node /mnt/area.js
expect_same stopped "$(inspect x 1.2)" 'f:4: 1'
ended '' 124

t 'a function with settings of its own, a port that is taken, and --json'
mkdir -p root/bin && cp /bin/busybox root/bin/
"$FN" build -q -t app:1 --layer r=root --entrypoint /bin/busybox --entrypoint cat >/dev/null
"$FNRUN" function set -q app app:1 >/dev/null
expect_exit 4 "$FNRUN" debug app --with node
expect_stderr_has "no program 'node' found in 'app:1'" 'add Node.js to it'
expect_exit 4 "$FNRUN" debug app --with python
expect_exit 4 "$FNRUN" debug app --with gdb
expect_stderr_has "no program 'gdbserver' found in 'app:1'" "add the package 'gdbserver'"
expect_exit 0 "$FNRUN" debug --dry-run / --with node -- node x
expect_stdout 'would start / and wait for node on 127.0.0.1:9229'
"$PY" -c 'import socket, time; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1], flush=True)
time.sleep(60)' >taken &
at_exit "kill $!"
eventually test -s taken
expect_exit 5 "$FNRUN" debug / --with node --listen "$(cat taken)" -- node x
expect_exit 0 "$FNRUN" debug / --with python --listen 0 --json -- echo hello
expect_same json "$(json '"\(.outcome.status) \(.response)\(.address | split(":")[0])"')" \
  $'success hello\n127.0.0.1'

t 'what makes no sense'
expect_exit 4 "$FNRUN" debug app
expect_stderr_has "no instance 'app' is running" 'fnrun debug app --with node, python or gdb'
expect_exit 2 "$FNRUN" debug / --with node --net host -- node x
expect_stderr_has '--net host'
expect_exit 2 "$FNRUN" debug / --with node --listen 0.0.0.0:0 -- node x
expect_stderr_has '--allow-remote'
expect_exit 2 "$FNRUN" debug / --with java -- java x
id=$("$FNRUN" start -q app)
at_exit '"$FNRUN" stop -q --all --grace 0s >/dev/null 2>&1'
expect_exit 2 "$FNRUN" debug "$id" --with node
expect_stderr_has 'runs already' 'name its function or image'
expect_exit 2 "$FNRUN" debug app --with strace -e '{}'
expect_stderr_has "the flags are for one that is started"
