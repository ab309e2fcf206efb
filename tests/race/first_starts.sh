#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An image that was never run is started by many at once: one unpacks it, and nobody waits for an instance to end.
. "$(dirname "$0")/../lib.sh"
need busybox busybox-static
at_exit '"$FNRUN" stop -q --all --grace 0s >/dev/null 2>&1'

mkdir -p root/bin root/many
cp "$(command -v busybox)" root/bin/busybox
for applet in sh sleep; do ln -s busybox "root/bin/$applet"; done
for n in $(seq 1500); do echo "$n" >"root/many/$n"; done
"$FN" build -q -t many:1 --layer r=root --entrypoint /bin/sleep --cmd 600 >/dev/null

t 'six instances, all of them in less than a minute'
for n in 1 2 3 4 5 6; do timeout 60 "$FNRUN" start -q many:1 >"id$n" 2>"err$n" & done
for job in $(jobs -p); do wait "$job" || die "no instance: $(cat err?)"; done
expect_same instances "$("$FNRUN" ps -q | wc -l)" 6
