#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Wall by wall, seen from inside: the same whichever program starts the sandbox (the small one, the one of all verbs),
# from a directory, an image or a record of it, with namespaces made here or by the pool; and what each must be.
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/sandbox.sh"
need jq jq

small_root root
cat >root/bin/look <<'LOOK'
#!/bin/sh
grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp|SigIgn|SigBlk|NSpid)' /proc/self/status
for kind in cgroup ipc mnt net pid time user uts; do
  whose="its own"
  [ "$(readlink /proc/self/ns/$kind)" != "$(eval echo \$host_$kind)" ] || whose="the host's"
  echo "$kind: $whose"
done
sed -E 's/^[0-9]+ [0-9]+ [0-9:]+ //; s/ (master|shared):[0-9]+//; s/(lowerdir|size|uid|gid)=[^ ,]*,?//g' \
  /proc/self/mountinfo | sort
find /dev ! -path '/dev/pts/*' -exec stat -c '%n %F %a %u %t:%T' {} + | sort
for fd in /proc/self/fd/[0-9]; do [ ! -e "$fd" ] || echo "fd ${fd##*/}"; done
ulimit -n -c -H
for file in keys kmsg timer_list slabinfo kcore sysrq-trigger; do
  [ ! -s "/proc/$file" ] && [ -z "$(head -c 1 "/proc/$file" 2>/dev/null)" ] || echo "/proc/$file can be read"
done
tr '\0' ' ' </proc/1/cmdline; echo
cat /proc/self/cgroup /proc/sys/kernel/hostname
touch /x /etc/x /proc/x /dev/x 2>/dev/null
ls /x /etc/x /proc/x /dev/x 2>/dev/null
true
LOOK
chmod 755 root/bin/look
export FN_POOL=off
"$FN" build -q -t app --layer root=root --entrypoint /bin/look >/dev/null

hosts() {
  for kind in cgroup ipc mnt net pid time user uts; do echo "-e host_$kind=$(readlink /proc/self/ns/$kind)"; done
}
look() { # NAME ARG..
  local name=$1
  shift
  # shellcheck disable=SC2046
  run $(hosts) "$@" </dev/null >"$name" 2>/dev/null || die "$name: exit $?"
  [ "$(wc -l <"$name")" -gt 40 ] || die "$name: $(wc -l <"$name") lines"
}

for ROLE in "${roles[@]}"; do
  if [ "$ROLE" = user ]; then
    chown -R 65534:65534 "$FN_HOME"
    rm -rf "$FN_HOME"/{runs,layers}
  fi
  t "$ROLE: the same walls on every way in"
  look small ./root -- /bin/look
  look whole --timing ./root -- /bin/look
  look whole-image --timing app
  look first-run app
  look record app
  if [ "$ROLE" != user ]; then
    "$FNRUN" pool start -q
    FN_POOL=on look pool ./root -- /bin/look
    FN_POOL=on look pool-again ./root -- /bin/look
    "$FNRUN" pool stop -q
  fi
  for way in whole whole-image first-run record pool pool-again; do
    [ ! -e "$way" ] || diff small "$way" >&2 || die "$way differs"
  done

  t "$ROLE: each wall"
  has() { grep -qE -- "$1" small || die "nothing says '$1': $(cat small)"; }
  for kind in cgroup ipc mnt net pid time user uts; do has "^$kind: its own"; done
  for set in Inh Prm Eff Bnd Amb; do has "^Cap$set:	0000000000000000"; done
  has '^NoNewPrivs:	1'
  has '^Seccomp:	2'
  has '^Seccomp_filters:	1'
  has '^SigIgn:	0000000000000000'
  has '^SigBlk:	0000000000000000'
  has '^/ / ro,nosuid,nodev'
  has '^/ /proc ro,nosuid,nodev,noexec'
  has '/null /dev/null ro,nosuid,noexec'
  has '^/dev/null character special file 666'
  has '^fn-init '
  has '^fn$'
  expect_same 'what can be read of the host' "$(grep -c 'can be read' small || true)" 0
  expect_same 'files that could be made' "$(grep -cE '^/(x|etc/x|proc/x|dev/x)$' small || true)" 0
  rm -f pool pool-again
done
