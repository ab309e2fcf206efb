#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Calls of all kinds at once, while instances are stopped and killed: each call has an answer, in time, and nothing is
# left at the end.
# alone
# limit 3600
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/serve_lib.sh"
need busybox busybox-static
at_exit '"$FNRUN" stop -q --all --grace 0s >/dev/null 2>&1'

mkdir -p root/bin root/var/task
cp "$(command -v busybox)" root/bin/busybox
for applet in sh sleep; do ln -s busybox "root/bin/$applet"; done
cp "$BUILD/tests/probe/runtime-probe" root/var/task/bootstrap
"$FN" build -q -t image:1 --layer r=root --entrypoint /bin/sh --cmd=-c --cmd='read s; sleep $s; echo done' >/dev/null
"$FNRUN" function set -q program image:1 --concurrency 4 --timeout 500ms
"$FN" build -q -t runtime:1 --layer r=root >/dev/null
"$FNRUN" function set -q runtime runtime:1 --handler waits --timeout 500ms

calls=400
[ -z "${FN_SOAK:-}" ] || calls=10000
[ -n "${FN_SOAK:-}" ] || echo "not run: 10,000 mixed calls ($calls were)"
t "$calls mixed calls"
seed=$(date +%s)
"$PY" "$REPO/tests/race/mixed_calls.py" "$FNRUN" "$calls" "$seed" || die "seed $seed"

t 'nothing is left'
"$FNRUN" stop -q --all --grace 0s
expect_exit 0 "$FNRUN" ps -q
expect_stdout ''
expect_nothing_left
