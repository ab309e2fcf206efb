#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What programs expect to find around them, and fnrun run puts there: names, a home, terminals of one's own.
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/sandbox.sh"

small_root root
mkdir -p root/home/app && sed -i 's,app:x:1234:1235::/:,app:x:1234:1235::/home/app:,' root/etc/passwd
cp -a root own && echo '10.1.2.3 only' >own/etc/hosts && ln -s /nowhere own/etc/resolv.conf
cp -a root bare && rm -r bare/etc
cp -a root odd && rm -r odd/etc && ln -s usr odd/etc
echo '10.9.9.9 mine' >mine
"$FN" build -q -t app:1 --layer root=root --user app >/dev/null

for ROLE in "${roles[@]}"; do
  t "$ROLE: localhost and our own name have an address"
  for dir in root own bare; do
    for net in none loopback host; do
      expect_exit 0 run ./$dir --net $net -- sh -c 'grep -w localhost /etc/hosts; grep -w "$(hostname)" /etc/hosts
        cat /etc/hostname'
      expect_stdout_has $'127.0.0.1\tfn'
      grep -qw "127.0.0.1[[:space:]]*localhost" out || die "$dir, $net: no localhost"
      expect_same hostname "$(tail -n 1 out)" fn
    done
  done
  expect_exit 0 run ./root --net loopback -- sh -c '(nc -l -p 7003 -e echo heard &); sleep 0.3
    nc localhost 7003 </dev/null'
  expect_stdout heard
  [ ! -e bare/etc ] && grep -qx '10.1.2.3 only' own/etc/hosts || die 'the image has changed'

  t "$ROLE: with the host's network its names, too"
  for dir in root own bare; do
    run ./$dir --net host -- cat /etc/resolv.conf >out
    cmp out /etc/resolv.conf || die "$dir: another resolv.conf"
  done
  while read -r address name _; do
    run ./root --net host -- grep -w "$name" /etc/hosts >out
    expect_stdout_has "$address"
  done < <(grep -v '^ *\(#\|$\)' /etc/hosts)
  expect_exit 1 run ./root --net loopback -- test -e /etc/resolv.conf

  t "$ROLE: what is asked for counts more, and a link of the image is left alone"
  expect_exit 0 run ./root --mount ./mine:/etc/hosts -- cat /etc/hosts
  expect_stdout '10.9.9.9 mine'
  mkdir -p etc && echo here >etc/motd
  expect_exit 0 run ./root --mount ./etc:/etc -- ls /etc
  expect_stdout motd
  expect_exit 0 run ./root --writable -- sh -c 'echo "10.0.0.1 new" >>/etc/hosts && tail -n 1 /etc/hosts'
  expect_stdout '10.0.0.1 new'
  expect_exit 0 run ./odd -- true

  t "$ROLE: a user of the image is at home there"
  home() { run "$@" -- sh -c 'echo $HOME' >out; }
  home ./root && expect_stdout /tmp
  home ./root --user app && expect_stdout /home/app
  home ./root --user 1234 && expect_stdout /home/app
  home ./root --user 77 && expect_stdout /tmp
  home ./root --user app --env HOME=/odd && expect_stdout /odd
  home ./bare --user 1234 && expect_stdout /tmp
  [ "$ROLE" = user ] || { home app:1 && expect_stdout /home/app; }

  t "$ROLE: terminals can be made where there is none outside"
  for dir in root /; do
    [ $dir = root ] || [ -x /usr/bin/script ] || continue
    [ $dir = root ] || expect_exit 0 run / -- script -qec 'tty; test -t 0 && : </dev/tty && echo fine' /dev/null
    [ $dir = root ] || expect_stdout_has /dev/pts/0 fine
  done
  expect_exit 0 run ./root --user app -- sh -c 'exec 3<>/dev/ptmx && ls /dev/pts'
  expect_stdout $'0\nptmx'
  expect_exit 0 run / -- /usr/bin/python3 -c 'import os, pty
a, b = os.openpty()
print(os.ttyname(b))
os.write(b, b"x")
print(os.read(a, 9))
pty.spawn(["/bin/sh", "-c", "test -t 1 && echo >/dev/tty && tty"])'
  expect_stdout_has /dev/pts/0 "b'x'" /dev/pts/1
done
