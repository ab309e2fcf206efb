#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A state on a disk that is full: what runs goes on.
. "$(dirname "$0")/../lib.sh"
need_root
need jq jq

mkdir -p root/bin disk
cp /bin/busybox root/bin/busybox 2>/dev/null || need busybox busybox-static
for applet in sh cat sleep; do ln -s busybox "root/bin/$applet"; done
mount -t tmpfs -o size=6m disk disk
at_exit 'umount -l disk'
export FN_HOME=$WORK/disk/home
at_exit '"$FNRUN" stop -q --all --grace 0s >/dev/null 2>&1'
fill() { cat /dev/zero >disk/filler 2>/dev/null || true; }
field() { "$FNRUN" ps --json | jq -r ".instances[0].$1"; }

t 'an image that finds no room is not to blame'
head -c 1400000 /dev/urandom >big
"$FN" build -q -t app:1 --layer r=root --layer big=big --entrypoint /bin/cat >/dev/null
fill
truncate -s -200K disk/filler
expect_exit 3 "$FNRUN" invoke app:1 --json
expect_stderr_has 'no space left on device' 'could not be unpacked'
! grep -q bad_image err
rm -r disk/filler disk/home

t 'an instance takes its calls, and its record is kept up again when there is room'
id=$("$FNRUN" start -q ./root -- /bin/sh -c 'sleep 0.2; cat')
supervisor=$(field supervisor_pid)
fill
for n in 1 2; do
  expect_exit 0 "$FNRUN" invoke -q "$id" -e "[$n]"
  expect_same answer "$(cat out)" "[$n]"
done
expect_exit 0 "$FNRUN" pause -q "$id"
expect_exit 0 "$FNRUN" resume -q "$id"
rm disk/filler
sleep 1.5
expect_same 'supervisor, state and calls' "$(field supervisor_pid) $(field state) $(field calls)" "$supervisor idle 2"
expect_exit 0 "$FNRUN" logs "$id"
expect_exit 0 "$FNRUN" stop "$id"
