#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Many runs with limits, every other one killed at a random moment of its life: two seconds later nothing is left of any
# of them.
#
# 300 runs, and with --soak 10,000; FN_RUNS=N for another number.
# limit 3000
# alone
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/sandbox.sh"
need lsns util-linux

runs=${FN_RUNS:-$([ -n "${FN_SOAK:-}" ] && echo 10000 || echo 300)}
word=$(mark)
small_root root

groups() { find /sys/fs/cgroup -name 'fn-*' -type d 2>/dev/null | sort; }
namespaces() { lsns -n -o NS 2>/dev/null | sort -u; }
mounts() { sort /proc/self/mountinfo; }
folders() { find / /run /mnt /media /srv /opt /dev/shm "$WORK/root" -maxdepth 1 2>/dev/null | sort -u; }
processes() { for name in fn-init fn-janitor fnrun; do pgrep -x $name || true; done | sort; }

for kind in processes groups namespaces mounts folders; do $kind >$kind.before; done

# A run, and the moment in ms at which it is killed: most within its start, some later, every other not at all.
limits=(--memory 64M --cpus 1 --pids 32)
[ "$(id -u)" = 0 ] || limits=(--pids 32)
killed=0
one() { # N
  "$BIN/fnrun" run "${limits[@]}" ./root -- sh -c 'payload detach 2 '"$word"' & sleep 0.0'$((RANDOM % 3)) \
    >/dev/null 2>&1 &
  local pid=$!
  if [ $(($1 % 2)) = 0 ]; then
    if [ $(($1 % 10)) = 0 ]; then sleep 0.0$((RANDOM % 4)); else sleep 0.00$((RANDOM % 5))$((RANDOM % 10)); fi
    ! kill -9 $pid 2>/dev/null || killed=$((killed + 1))
  fi
  wait $pid 2>/dev/null || true
}

t "$runs runs, every other one killed"
for n in $(seq "$runs"); do one "$n" 2>/dev/null; done
sleep 2

# What was there before may go meanwhile: it is somebody else's.
new() { $1 | comm -13 "$1.before" -; }
none_new() { [ -z "$(new "$1")" ]; }
expect_same survivors "$(survivors "$word")" 0
for kind in processes groups namespaces mounts folders; do
  t "no $kind are left"
  eventually none_new $kind || die "left: $(new $kind)"
done
echo "$runs runs, $killed of them killed: nothing is left"
[ "$killed" -gt $((runs / 4)) ] || die "only $killed were killed alive"
[ -n "${FN_SOAK:-}" ] || echo 'not run: 10,000 runs that must leave nothing (300 were)'
