#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What crosses the wall of a sandbox (fn-security(7)) can be used for what it is given for, and not be changed: nodes of
# devices, files of the root, of /proc and of mounts, and whatever comes in as a standard stream.
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/sandbox.sh"

small_root root
mkdir -m 777 data && echo one >data/file && echo single >single && mkfifo -m 666 fifo
chmod 666 single
inside() { run ./root "$@"; }
facts() { stat -c '%n %a %u %g %y %z' "$@"; }
unchanged() { # FILE.. : since the last call of 'facts FILE.. >before'
  facts "$@" >after
  diff before after >&2 || die 'something outside has changed'
}
nodes=(/dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty)

t 'the probe can tell: outside it changes all of it'
cp single other
"$BIN/alter-probe" "$WORK/other" >out
for operation in chmod chown utimes touch truncate fchmod fchown futimens ftouch read-lease write-lease; do
  expect_stdout_has "$operation"
done

for ROLE in "${roles[@]}"; do
  [ "$ROLE" != user ] || chown 65534:65534 data data/file single fifo

  t "$ROLE: the nodes of devices are the host's, and work"
  facts "${nodes[@]}" >before
  for user in 0 1000; do
    expect_exit 0 inside --user $user -- alter-probe "${nodes[@]}"
    expect_stdout ''
  done
  unchanged "${nodes[@]}"
  expect_exit 0 inside -- sh -c 'echo x >/dev/null && head -c 3 /dev/zero | wc -c && head -c 9 /dev/urandom | wc -c
    echo x 2>&1 >/dev/full | grep -c space; exec 3<>/dev/null && echo both'
  expect_stdout $'3\n9\n1\nboth'

  t "$ROLE: what a mount gives read-only cannot be changed, nor held against those outside"
  facts data data/file single >before
  expect_exit 0 inside --mount ./data:/data:ro --mount ./single:/single:ro -- alter-probe /data /data/file /single
  expect_stdout ''
  unchanged data data/file single
  expect_exit 0 inside --mount ./data:/data -- chmod 640 /data/file
  expect_same 'what is given writable' "$(stat -c %a data/file)" 640
  expect_exit 0 inside --seccomp strict --mount ./single:/single:ro -- alter-probe /single
  expect_stdout ''

  t "$ROLE: nor the root, whether overlay or bind mount, nor /proc"
  facts root/bin/busybox root/etc/passwd >before
  expect_exit 0 inside -- alter-probe / /bin/busybox /etc/passwd /proc /proc/cpuinfo /proc/keys /proc/self/status
  expect_stdout ''
  unchanged root/bin/busybox root/etc/passwd
  facts /usr/bin/env /usr >before
  expect_exit 0 run / --mount "$BIN:/mnt:ro" -- /mnt/alter-probe /usr/bin/env /usr /etc/passwd /proc/meminfo
  expect_stdout ''
  unchanged /usr/bin/env /usr

  t "$ROLE: files as standard streams"
  echo secret >in && echo kept >all && : >log && chmod 600 in all log
  [ "$ROLE" != user ] || chown 65534 in all log
  facts in >before
  as "$ROLE" sh -c '"$0" run ./root -- sh -c "alter-probe 0 1 2; chmod 777 /proc/self/fd/0 /proc/self/fd/1
    chown 0:0 /dev/stdin; touch /dev/stdout; cat; echo error >&2" <in >>all 2>log' "$BIN/fnrun"
  unchanged in
  expect_same modes "$(stat -c %a all log | tr '\n' ' ')" '600 600 '
  [ "$(head -n 1 all) $(tail -n 1 all)" = 'kept secret' ] && grep -qx error log || die "$(cat all log)"

  t "$ROLE: devices, named pipes and sockets as standard streams"
  facts /dev/null /dev/zero fifo >before
  as "$ROLE" "$BIN/fnrun" run ./root -- alter-probe 0 1 2 </dev/null >/dev/null 2>&1
  as "$ROLE" "$BIN/fnrun" run ./root -- sh -c 'alter-probe 0 >&2; exec head -c 3' </dev/zero 2>/dev/null | wc -c >out
  expect_stdout 3
  as "$ROLE" "$BIN/fnrun" run ./root -- sh -c 'alter-probe 0 >&2; cat' <fifo >out 2>/dev/null &
  echo through >fifo
  wait $!
  expect_stdout through
  diff <(sed 's/\(fifo .*\) .* .* .* .* .* .*$/\1/' before) \
    <(facts /dev/null /dev/zero fifo | sed 's/\(fifo .*\) .* .* .* .* .* .*$/\1/') >&2 || die 'a node has changed'
  "$PY" - "$ROLE" <<'END' || die 'a socket'
import os, socket, subprocess, sys
ours, theirs = socket.socketpair()
words = ["./bin/fnrun", "run", "./root", "--", "sh", "-c", "test -S /proc/self/fd/0 && echo socket; cat"]
if sys.argv[1] == "user":
    words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"] + words
command = subprocess.Popen(words, stdin=theirs, stdout=theirs)
theirs.close()
ours.sendall(b"over")
ours.shutdown(socket.SHUT_WR)
got = b""
while part := ours.recv(99):
    got += part
sys.exit(command.wait() or got != b"over")
END

  t "$ROLE: the flags of a pipe that others have too stay as they are"
  "$PY" - "$ROLE" <<'END' || die 'a pipe waits no longer'
import os, subprocess, sys
script = "import os; [os.set_blocking(n, False) for n in (0, 1)]"
words = ["./bin/fnrun", "run", "/", "--", "/usr/bin/python3", "-c", script]
if sys.argv[1] == "user":
    words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"] + words
first, second = os.pipe(), os.pipe()
for fd in first + second:
    os.chmod(fd, 0o666)
code = subprocess.call(words, stdin=first[0], stdout=second[1])
sys.exit(code or not (os.get_blocking(first[0]) and os.get_blocking(second[1])))
END
done
