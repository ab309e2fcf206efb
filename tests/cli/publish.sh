#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A port of the sandbox's own loopback is reached from outside, and nothing from inside gets out.
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/sandbox.sh"
need jq jq
need curl curl
cp "$BUILD"/tools/libexec/fn-{instance,pool} "$WORK/libexec/fn/"
mkdir srv && cp "$REPO/tests/port_peer.py" srv/peer.py
mkdir -m 777 theirs
fn() { as "$ROLE" env FN_HOME="$WORK/theirs/$ROLE" XDG_RUNTIME_DIR= "$BIN/fnrun" "$@"; }
at_exit 'for ROLE in "${roles[@]}"; do fn stop -q --all --grace 0s; fn pool stop -q; done >/dev/null 2>&1'

ask() { timeout 30 "$PY" srv/peer.py ask "$@"; } # ADDR PORT REQUEST [FILE]
answers() { [ "$(ask "$1" "$2" 'send 2' 2>/dev/null)" = xx ]; }
refused() { ! "$PY" -c "import socket; socket.create_connection(('127.0.0.1', $1))" 2>/dev/null; }
free_port() { "$PY" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# An instance in which a server listens on ADDR:PORT, if one is given. Its ports, outside, are in PORTS.
start() { # ADDR PORT FLAG..
  local address=$1 port=$2
  shift 2
  ID=$(fn start -q / --mount "$WORK/srv:/mnt:ro" "$@" -- true)
  mapfile -t PORTS < <(fn ps --json | jq -r --arg id "$ID" \
    '.instances[] | select(.id == $id) | .published[] | split(":")[-2]')
  [ -n "$address" ] || return 0
  fn shell "$ID" -- "$PY" /mnt/peer.py serve "$address" "$port" >/dev/null 2>&1 </dev/null &
  eventually answers 127.0.0.1 "${PORTS[0]}"
}
stop() { fn stop -q --grace 0s "$ID"; }
head -c 10000000 /dev/urandom >big
sum=$(sha256sum <big | cut -d ' ' -f 1)

for ROLE in "${roles[@]}"; do
  t "$ROLE: Python's web server in a sandbox without a network, reached by curl; the port ends with it"
  cp big srv/
  port=$(free_port)
  begin / --publish "$port:8080" --mount "$WORK/srv:/mnt:ro" -- "$PY" -m http.server 8080 --directory /mnt \
    >served 2>&1 &
  pid=$!
  eventually curl -sf -o page "http://127.0.0.1:$port/"
  curl -sf "http://127.0.0.1:$port/big" | cmp - big
  kill "$pid"
  wait "$pid" || true
  refused "$port" || die 'the port is still open'
  grep -q 'GET /big' served

  t "$ROLE: what comes in up to the end of the client's half is answered; a large answer is whole"
  start 127.0.0.1 7000 --publish 0:7000
  expect_same hash "$(ask 127.0.0.1 "${PORTS[0]}" hash big)" "$sum"
  expect_same size "$(ask 127.0.0.1 "${PORTS[0]}" 'send 20000000' | wc -c)" 20000000
  pids=()
  for n in $(seq 40); do
    ask 127.0.0.1 "${PORTS[0]}" hash big >"many.$n" &
    pids+=($!)
  done
  wait "${pids[@]}"
  expect_same 'hashes of 40 at once' "$(sort -u many.*)" "$(cat many.1)"

  t "$ROLE: what was sent before the end comes out after it"
  port=$(free_port)
  begin / --publish "$port:7000" --mount "$WORK/srv:/mnt:ro" -- "$PY" /mnt/peer.py serve 127.0.0.1 7000 &
  pid=$!
  eventually answers 127.0.0.1 "$port"
  expect_same size "$(ask 127.0.0.1 "$port" 'last 6000000' | wc -c)" 6000000
  wait "$pid"

  t "$ROLE: what breaks off inside breaks off outside, and does not look whole"
  expect_exit 1 ask 127.0.0.1 "${PORTS[0]}" reset
  expect_stderr_has 'reset after'

  t "$ROLE: a paused instance answers when it is resumed"
  fn pause "$ID" >/dev/null
  ask 127.0.0.1 "${PORTS[0]}" 'send 5' >late &
  pid=$!
  sleep 0.3
  [ ! -s late ] || die 'it answered'
  fn resume "$ID" >/dev/null
  wait "$pid"
  expect_same answer "$(cat late)" xxxxx

  t "$ROLE: 300 connections: those beyond the limit wait, and the instance is well"
  timeout 60 "$PY" srv/peer.py ask 127.0.0.1 "${PORTS[0]}" 'hold 300' >held &
  pid=$!
  eventually test -s held
  kill "$pid"
  wait "$pid" || true
  eventually answers 127.0.0.1 "${PORTS[0]}"

  t "$ROLE: the port is taken; it is free again when the instance was stopped"
  expect_exit 5 fn start / --publish "${PORTS[0]}:7000" -- true
  expect_stderr_has "cannot listen on '127.0.0.1:${PORTS[0]}': address already in use"
  expect_exit 125 run / --publish "${PORTS[0]}:7000" -- true
  stop
  refused "${PORTS[0]}" || die 'the port is still open'

  t "$ROLE: several ports, and addresses of both kinds, outside and inside"
  start ::1 7000 --net none --publish 0:7000 --publish '[::1]:0:7000' --publish 0:7001
  expect_same ports "${#PORTS[@]}" 3
  expect_same answer "$(ask ::1 "${PORTS[1]}" 'send 3')" xxx
  for n in 1 2; do ! curl -s "http://127.0.0.1:${PORTS[2]}/" || die "who answers?"; done
  fn logs "$ID" >log
  expect_same 'said once' \
    "$(grep -c "to 127.0.0.1:${PORTS[2]} failed: nothing is listening on port 7001 in the sandbox" log)" 1
  stop

  t "$ROLE: from inside, there is nothing but the sandbox"
  start 127.0.0.1 7000 --publish 0:7000
  expect_exit 1 fn shell "$ID" -- "$PY" -c "import socket; socket.create_connection(('127.0.0.1', ${PORTS[0]}))"
  expect_stderr_has 'Connection refused'
  stop

  t "$ROLE: with a network namespace of the pool"
  fn pool start -q >/dev/null
  start 127.0.0.1 7000 --publish 0:7000
  expect_same answer "$(ask 127.0.0.1 "${PORTS[0]}" hash big)" "$sum"
  stop
  fn pool stop -q >/dev/null
done

t 'a call: the port is there for as long as it runs'
port=$(free_port)
"$FNRUN" invoke -q / --publish "$port:7000" --mount "$WORK/srv:/mnt:ro" -- sh -c \
  "timeout 60 $PY /mnt/peer.py serve 127.0.0.1 7000 & sleep 2; echo over" >answer 2>/dev/null &
pid=$!
eventually answers 127.0.0.1 "$port"
wait "$pid"
expect_same answer "$(cat answer)" over
refused "$port" || die 'the port is still open'

t 'a setting of functions'
mkdir -p root/bin && cp /bin/busybox root/bin/
"$FN" build -q -t app:1 --layer r=root --entrypoint /bin/busybox --entrypoint true >/dev/null
expect_exit 0 "$FNRUN" function set web app:1 --publish 9001:80 --publish 81 --publish '[::1]:9002:80'
expect_exit 0 "$FNRUN" function show web
expect_stdout_has 'publish 80' '[::1]:9002' 'publish 81' '127.0.0.1:81'
expect_exit 0 "$FNRUN" function show web --json
expect_same published "$(json '.publish | join(" ")')" '127.0.0.1:81:81 [::1]:9002:80'
expect_exit 2 "$FNRUN" serve web --dry-run
expect_stderr_has 'port 81 can belong to one instance only' '--concurrency 1'
expect_exit 0 "$FNRUN" serve web --dry-run --concurrency 1
expect_exit 2 "$FNRUN" function set web --net host
expect_stderr_has '--net host'
expect_exit 0 "$FNRUN" function set web --reset publish --net host

t 'what can be reached by others is asked for; the host has no ports to publish; the rest is no port'
expect_exit 125 "$FNRUN" run / --publish 0.0.0.0:0:80 -- true
expect_stderr_has "'0.0.0.0:0' can be reached by other machines" '--allow-remote'
for verb in invoke start 'function set web'; do
  # shellcheck disable=SC2086 # verbs of two words
  expect_exit 2 "$FNRUN" $verb app:1 --publish '[::]:9000:80'
done
expect_exit 2 "$FNRUN" serve app:1 --listen :0 --publish 0.0.0.0:0:80
expect_exit 0 "$FNRUN" run / --publish 0.0.0.0:0:80 --allow-remote -- true
expect_exit 2 "$FNRUN" start / --net host --publish 80 -- true
expect_stderr_has "'--publish' needs a network of the sandbox's own, and this is '--net host'"
for wrong in '' 0 x 80: 1:2:3 70000 127.0.0.1 ::1:80:80 here:80 127.0.0.1:80:0 127.0.0.1:1:2:3; do
  expect_exit 2 "$FNRUN" start / --publish "$wrong" -- true
done
