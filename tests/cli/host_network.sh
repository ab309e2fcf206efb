#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The Runtime API on the host's network: its port is everybody's to reach, and the function's alone to use.
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/sandbox.sh"
need jq jq
cp "$BUILD"/tools/libexec/{fn-instance,fn-serve} "$WORK/libexec/fn/"
mkdir task
# A runtime that sends its response in the way that the event says, and a client that asks for one thing; both take any
# Python.
cat >task/client.py <<'CLIENT'
import os, socket, sys, time

def connect(port, how="plain"):
    s = socket.socket(socket.AF_INET6 if how == "mapped" else socket.AF_INET)
    s.connect(("::ffff:127.0.0.1" if how == "mapped" else "127.0.0.1", port))
    return s

def ask(s, method, path, body=b""):
    """The answer's status, header and body; no status if there is no answer."""
    try:
        s.sendall(b"%s /2018-06-01/runtime%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" %
                  (method.encode(), path.encode(), len(body), body))
        file = s.makefile("rb")
        line = file.readline()
    except OSError:
        line = b""
    if not line: return "", {}, b""
    head = dict(l.decode().strip().lower().split(": ", 1) for l in iter(file.readline, b"\r\n"))
    return line.split()[1].decode(), head, file.read(int(head.get("content-length", 0)))

if __name__ == "__main__":
    port, how, method, path = int(sys.argv[1]), *sys.argv[2:5]
    if how == "flood":  # many connections that stay, and say nothing or something
        held = []
        for n in range(int(path)):
            held.append(connect(port))
            try: held[-1].sendall(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n\r\n" if n % 2 else b"G")
            except OSError: pass
        print("flooded", flush=True)
        time.sleep(30)
    print(ask(connect(port, how), method, path, b'"forged"')[0] or "none")
CLIENT
cat >task/runtime.py <<'RUNTIME'
import json, os, sys, time
sys.path.insert(0, "/mnt")
from client import ask, connect
port = int(os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")[1])

def respond(path, body, how):
    s = connect(port, how)
    if how == "plain": return ask(s, "POST", path, body)
    child = os.fork()
    if child == 0:
        if how == "orphan" and os.fork() != 0: os._exit(0)
        ask(connect(port) if how != "inherited" else s, "POST", path, body)
        os._exit(0)
    if how == "mapped": ask(s, "POST", path, body)
    s.close()
    os.waitpid(child, 0)

while True:
    _, head, event = ask(connect(port), "GET", "/invocation/next")
    event = json.loads(event)
    name = head["lambda-runtime-aws-request-id"]
    print("request", name, flush=True)
    time.sleep(event.get("sleep", 0))
    respond("/invocation/" + name + "/response", json.dumps(event).encode(), event.get("how", "plain"))
RUNTIME
fnrun() { as "$ROLE" "$BIN/fnrun" "$@"; }
start() { # prints the id
  fnrun start -q / --mount "$WORK/task:/mnt:ro" --net host --protocol lambda --timeout 10s -w / \
    -- "$PY" -S /mnt/runtime.py
}
port_of() { fnrun shell "$1" -- sh -c 'echo "${AWS_LAMBDA_RUNTIME_API#127.0.0.1:}"'; }
users=("$(id -u)")
[ "$(id -u)" != 0 ] || users=(0 65534 1234)
outside() { # UID ARG..: in a subshell
  local user=() uid=$1
  shift
  [ "$uid" = "$(id -u)" ] || user=(setpriv --reuid="$uid" --regid="$uid" --clear-groups)
  exec "${user[@]}" "$PY" -S "$WORK/task/client.py" "$@"
}
call() { expect_same "$2" "$(fnrun invoke -q "$1" -e "$2" 2>err)" "${3:-$2}"; }
has_request() { fnrun logs "$id" | grep -q '^request'; }
at_exit 'for ROLE in "${roles[@]}"; do FN_HOME=$WORK/$ROLE fnrun stop -q --all --grace 0s; done >/dev/null 2>&1'
"$PY" -S -c '' && [ -d /mnt ] || skip 'needs a Python and a folder /mnt on this machine'

for ROLE in "${roles[@]}"; do
  export FN_HOME=$WORK/$ROLE
  mkdir "$FN_HOME"
  [ "$ROLE" != user ] || chown 65534:65534 "$FN_HOME"

  t "$ROLE: nobody outside reads an event or answers for the function"
  id=$(start)
  port=$(port_of "$id")
  fnrun invoke -q "$id" -e '{"sleep": 1.5}' >answer 2>/dev/null &
  caller=$!
  eventually has_request
  request=$(fnrun logs "$id" | sed -n 's/^request //p')
  for user in "${users[@]}"; do
    for how in plain mapped; do
      expect_same "$user reads" "$(outside "$user" "$port" $how GET /invocation/next)" none
      expect_same "$user answers" "$(outside "$user" "$port" $how POST "/invocation/$request/response")" none
      expect_same "$user fails" "$(outside "$user" "$port" $how POST "/invocation/$request/error")" none
    done
  done
  expect_same 'another sandbox' "$(run --net host --mount "$WORK/task:/mnt:ro" / -- \
    "$PY" -S /mnt/client.py "$port" plain GET /invocation/next)" none
  wait "$caller"
  expect_same answer "$(cat answer)" '{"sleep": 1.5}'

  t "$ROLE: whatever process of the sandbox holds the connection is heard"
  for how in plain inherited child orphan mapped; do call "$id" "{\"how\": \"$how\"}"; done
  expect_same shell "$(fnrun shell "$id" -- "$PY" -S /mnt/client.py "$port" plain GET /nothing)" 404

  t "$ROLE: a thousand who knock take neither descriptors nor time from the function"
  supervisor=$(fnrun ps --json | jq ".instances[0].supervisor_pid")
  descriptors() { find "/proc/$supervisor/fd" -mindepth 1 | wc -l; }
  before=$(descriptors)
  floods=()
  for user in "${users[@]}" "${users[@]}"; do
    outside "$user" "$port" flood - 500 >>flooded &
    floods+=($!)
  done
  begin=$(now_ms)
  call "$id" '{"how": "orphan"}'
  is_flooded() { [ "$(wc -l <flooded)" = "${#floods[@]}" ]; }
  eventually is_flooded
  call "$id" '{"how": "child"}'
  [ $(($(now_ms) - begin)) -lt 5000 ] || die 'the calls waited'
  is_calm() { [ "$(descriptors)" -le $((before + 3)) ]; }
  eventually is_calm
  kill "${floods[@]}"
  rm flooded

  t "$ROLE: ten at once, and the next at the moment the last ends"
  starts=()
  for n in 1 2 3 4 5 6 7 8 9 10; do
    start >"id.$n" &
    starts+=($!)
  done
  wait "${starts[@]}"
  for n in 1 2 3 4 5 6 7 8 9 10; do call "$(cat "id.$n")" "{\"n\": $n}"; done
  expect_same ports "$(for n in 1 2 3 4 5 6 7 8 9 10; do port_of "$(cat "id.$n")"; done | sort -u | wc -l)" 10
  fnrun stop -q --all --grace 0s
  for n in 1 2 3; do
    id=$(start)
    call "$id" "{\"n\": $n}"
    fnrun stop -q "$id" --grace 0s
  done
done
