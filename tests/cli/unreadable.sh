#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Sources that can't be read, or don't hold still: an error with the file's name, and nothing half built.
. "$(dirname "$0")/../lib.sh"
need strace strace
mkdir src && seq 1 100000 >src/file && seq 5 >src/other

t 'a file that grows, shrinks, is replaced or touched while it is read'
for change in 'echo more >>src/file' ': >src/file' 'cp src/other src/new && mv src/new src/file' 'touch src/file' \
  'rm src/file'; do
  seq 1 100000 >src/file
  # It is stopped when it has just opened the file: the two before were for the directory.
  rm -f code trace
  { strace -f -qq -o trace -e trace=openat2 -e inject=openat2:signal=STOP:when=3 \
    "$FN" build -t x:1 --layer a=src --jobs 1 >out 2>err || echo $? >code; } &
  until grep -q 'stopped by SIGSTOP' trace 2>/dev/null; do sleep 0.02; done
  eval "$change"
  kill -CONT "$(cut -d' ' -f1 trace | tail -n 1)"
  wait $!
  expect_stderr_has "'src/file' changed while it was being read" 'hint: '
  expect_same "the exit code after: $change" "$(cat code)" 3
done
expect_exit 0 "$FN" fsck --read-data

if [ "$(id -u)" = 0 ]; then
  t 'a file and a directory that may not be read'
  chmod 711 "$WORK" && mkdir -m 777 open
  chmod 600 src/other
  expect_exit 7 as_user "$FN" build --home open/home -t x:1 --layer a=src
  expect_stderr_has "src/other'" 'permission denied'
  mkdir -m 700 src/closed
  expect_exit 7 as_user "$FN" build --home open/home -t x:1 --layer a=src
  expect_exit 4 as_user "$FN" inspect --home open/home x:1
fi

t 'sockets are left out, and said so'
"$PY" -c 'import socket; socket.socket(socket.AF_UNIX).bind("src/socket")'
chmod 644 src/other
expect_exit 0 "$FN" build -t x:1 --layer a=src
expect_stderr_has "socket"
! "$FN" files -q x:1 | grep socket
