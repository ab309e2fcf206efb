#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What runs in a sandbox tries to get out: the escape checklist, beside the same list in bubblewrap and runc, and each
# way out that a neighbour had to close (the CVE stands beside it).
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/sandbox.sh"
need jq jq

small_root root
mkdir -p root/suid root/data open && chmod 777 open
cp "$(command -v busybox)" root/suid/id && chmod 4755 root/suid/id
inside() { run ./root "$@"; }

# --- the checklist ---------------------------------------------------------------------------------------------------

# Somebody outside, of the same user, who can be reached or not.
other=()
[ "$(id -u)" != 0 ] || other=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
"${other[@]}" "$PY" -c 'import socket, time
listener = socket.socket(socket.AF_UNIX)
listener.bind("\0fn-escape-outside")
listener.listen(64)
time.sleep(600)' &
outside=$!
at_exit "kill $outside || true"
mounts=/,/dev,/dev/null,/dev/zero,/dev/full,/dev/random,/dev/urandom,/dev/tty,/dev/pts,/tmp,/proc
for name in kcore keys key-users timer_list sched_debug latency_stats sysrq-trigger acpi scsi kmsg kpagecgroup \
  kpagecount kpageflags vmallocinfo slabinfo pagetypeinfo; do
  mounts+=,/proc/$name
done
probe=(/bin/escape-probe --abstract=fn-escape-outside --setuid=/suid/id "--pid=$outside")

mkdir probe.fnrun
clean() { # NAME: of the last expect_exit
  cp out "probe.fnrun/$1"
  ! grep -q ' FAIL ' out || {
    grep ' FAIL ' out >&2
    die "$1 does not hold"
  }
  [ "$(grep -c ' ok ' out)" -gt 100 ] || die "$1: only $(grep -c ' ok ' out) checks"
}
for ROLE in "${roles[@]}"; do
  t "$ROLE: nothing on the list gets through"
  expect_exit 0 inside -- "${probe[@]}" --mounts=$mounts
  clean "$ROLE"
  expect_exit 0 inside --net loopback --writable --user 1000:1000 -- "${probe[@]}"
  clean "$ROLE-writable"
  expect_exit 0 inside --seccomp strict -- "${probe[@]}" --mounts=$mounts
  clean "$ROLE-strict"
done

t 'the list can tell: in a user namespace and nothing else it finds ways out'
weak=0
as "${roles[-1]}" unshare -r ./root/bin/escape-probe --pid=$outside --abstract=fn-escape-outside \
  >probe.unshare || weak=$?
[ $weak -gt 5 ] || die "only $weak FAILs in unshare -r"
for name in fds pids seccomp signal-outside abstract-socket; do
  [ $name = fds ] || grep -q "^$name FAIL" probe.unshare || die "'$name' is not found in unshare -r"
done

t 'with a wall left out the list finds it'
for ROLE in "${roles[@]}"; do
  code=0
  inside --seccomp off -- "${probe[@]}" >out 2>err || code=$?
  grep -q '^seccomp FAIL' out && [ $code -gt 0 ] || die 'no seccomp, and not found'
done

t 'beside the neighbours'
in_bwrap() { # ROLE
  command -v bwrap >/dev/null || return 0
  as "$1" bwrap --unshare-all --ro-bind root / --proc /proc --dev /dev --tmpfs /tmp --cap-drop ALL \
    "${probe[@]}" >"probe.bwrap/$1" 2>err || true
}
in_runc() {
  command -v runc >/dev/null || return 0
  mkdir -p bundle
  (cd bundle && runc spec)
  jq --arg root "$WORK/root" --arg words "${probe[*]}" \
    '.root.path = $root | .process.terminal = false | .process.args = ($words | split(" "))' \
    bundle/config.json >config.json
  mv config.json bundle/
  as root runc --root "$WORK/runc-state" run --bundle bundle "fn-escape-$$" >probe.runc 2>err || true
}
mkdir -p probe.bwrap
for role in "${roles[@]}"; do in_bwrap "$role"; done
[ "$(id -u)" != 0 ] || in_runc
columns=()
for file in probe.fnrun/* probe.bwrap/* probe.runc probe.unshare; do
  [ ! -f "$file" ] || grep -q ' ok ' "$file" || rm "$file"
  [ ! -f "$file" ] || columns+=("$file")
done
printf '%-36s' ''
printf ' %-20s' "${columns[@]#probe.}" && echo
grep -h ' FAIL ' "${columns[@]}" | cut -d ' ' -f 1 | sort -u | while read -r name; do
  printf '%-36s' "$name"
  for file in "${columns[@]}"; do
    printf ' %-20s' "$(sed -n "s/^$name \(ok\|FAIL\) .*/\1/p" "$file" | sort | head -n 1)"
  done
  echo
done
printf '%-36s' 'FAIL of all'
for file in "${columns[@]}"; do
  printf ' %-20s' "$(grep -c ' FAIL ' "$file" || true) of $(grep -cE ' (FAIL|ok) ' "$file")"
done
echo

# --- images that are after something ---------------------------------------------------------------------------------

hostile_root() { # a fresh ./bad
  rm -rf bad && mkdir bad && cp -a root/. bad/
}
echo untouched >canary
around() { # nothing outside changed
  expect_same canary "$(cat canary)" untouched
  expect_same outside "$(ls outside-dir)" ''
  [ -c /dev/null ] && [ ! -L /dev/null ] || die '/dev/null of the host'
}
mkdir outside-dir

for ROLE in "${roles[@]}"; do
  for place in dev proc tmp; do
    for target in "$WORK/outside-dir" ../outside-dir / data; do
      t "$ROLE: /$place is a link to $target (CVE-2026-41579, CVE-2026-88264)"
      hostile_root
      rm -r "bad/$place" && ln -s "$target" "bad/$place"
      expect_exit 125 run ./bad --json -- true
      expect_same message "$(jq -r .error.message err)" "'/$place' of the image is a symbolic link"
      around
    done
    t "$ROLE: /$place is a file"
    hostile_root
    rm -r "bad/$place" && echo x >"bad/$place"
    expect_exit 125 run ./bad -- true
    expect_stderr_has "'/$place' of the image is not a directory"
  done

  t "$ROLE: devices of the image are links or files: the command sees the real ones (CVE-2025-31133, CVE-2026-88265)"
  hostile_root
  ln -s "$WORK/canary" bad/dev/null && echo fake >bad/dev/zero && ln -s "$WORK/canary" bad/dev/full &&
    ln -s /proc/1/mem bad/dev/random
  expect_exit 0 run ./bad -- sh -c '
    for d in null zero full random urandom; do test -c /dev/$d && ! test -L /dev/$d || echo "no device: $d"; done
    echo x >/dev/null; head -c 4 /dev/zero | tr "\0" 0; echo'
  expect_stdout 0000
  around

  t "$ROLE: what hides parts of /proc is a device, not a link of the image (CVE-2025-52565)"
  expect_exit 0 run ./bad -- sh -c 'test -c /proc/keys && test -c /proc/timer_list &&
    ! cat /proc/keys /proc/timer_list | grep .; echo fine'
  expect_stdout fine

  t "$ROLE: the root itself is a link (CVE-2021-29136): it is followed once, by us, to what it means now"
  ln -sfn root linked && ln -sfn / linked-out
  expect_exit 0 run ./linked -- ls /bin/payload
  ln -sfn nowhere broken
  expect_exit 125 run ./broken -- true

  t "$ROLE: files that the tool itself reads in an image are not the host's through a link (CVE-2025-24965)"
  hostile_root
  echo 'hostuser:x:4321:4321::/:/bin/sh' >hostpasswd && chmod 644 hostpasswd
  ln -sf "$WORK/hostpasswd" bad/etc/passwd
  expect_exit 125 run ./bad --json --user hostuser -- true
  expect_same kind "$(jq -r .error.kind err)" not_found
  ln -sf ../../../../../../../../etc/passwd bad/etc/passwd
  expect_exit 125 run ./bad --user daemon -- true
  ln -sf /proc/self/root/etc/passwd bad/etc/passwd
  expect_exit 125 run ./bad --user daemon -- true

  t "$ROLE: writes through links of the image stay in the sandbox (CVE-2025-24965)"
  ln -s "$WORK/outside-dir" bad/out && ln -s "$WORK/canary" bad/file-out
  expect_exit 0 run ./bad --writable -- \
    sh -c 'mkdir -p '"$WORK"'; echo gone >/file-out; mkdir -p /out; echo x >/out/x; true'
  around
  expect_exit 125 run ./bad --mount ./root/data:/out -- true
  expect_exit 125 run ./bad --workdir /out/deep -- true
  around

  t "$ROLE: descriptors of whoever starts it do not leak, nor does a directory behind one (CVE-2024-21626)"
  exec 5</etc/passwd 6<"$WORK" 7>open/seven 200</
  expect_exit 0 inside -- payload fds
  expect_stdout $'0\n1\n2'
  for fd in 3 4 5 6 7 8 9 10 16 17 18 200; do
    expect_exit 125 inside -w /proc/self/fd/$fd -- true
    expect_exit 125 inside -w /proc/self/fd/$fd/.. -- true
  done
  expect_exit 0 inside -- sh -c '
    cd /proc/self/fd && for d in *; do ! (cd -P $d/.. 2>/dev/null) || echo "out by $d"; done
    pwd -P; ls -d /proc/1/cwd/* 2>/dev/null; true'
  ! grep -q out out || die 'out by a descriptor'
  exec 5<&- 6<&- 7>&- 200<&-

  t "$ROLE: the programs that started it can't be written to (CVE-2019-5736)"
  before=$(sha256sum <"$BIN/fnrun")
  expect_exit 0 inside -- payload write /proc/self/exe /proc/1/exe /proc/2/exe
  ! grep -q ': done' out || die 'a program was opened for writing'
  expect_exit 0 inside --writable -- payload write /proc/1/exe
  ! grep -q ': done' out || die 'a program was opened for writing'
  for link in /proc/self/exe /proc/1/exe; do
    hostile_root
    ln -s $link bad/bin/again
    code=0
    run ./bad -- /bin/again write /proc/self/exe /proc/1/exe >out 2>err || code=$?
    ! grep -q ': done' out || die "$link runs, and was opened for writing"
  done
  hostile_root
  printf '#!/proc/self/exe\n' >bad/bin/script && chmod 755 bad/bin/script
  code=0
  run ./bad -- /bin/script >out 2>err || code=$?
  [ $code -ge 125 ] || die "a script with /proc/self/exe as interpreter: exit $code"
  expect_same 'our program' "$(sha256sum <"$BIN/fnrun")" "$before"

  t "$ROLE: setuid programs do nothing"
  expect_exit 0 inside --user 1000:1000 -- /suid/id -u
  expect_stdout 1000

  t "$ROLE: a device in the image is dead"
  if [ "$ROLE" = root ]; then
    hostile_root
    mknod bad/null-node c 1 3 && chmod 666 bad/null-node
    expect_exit 1 run ./bad -- sh -c 'cat /null-node'
    expect_stderr_has 'ermission denied'
  fi

  t "$ROLE: no program of the image runs outside"
  hostile_root
  for name in newuidmap newgidmap mount sh fn-init fn-layers ld-linux-x86-64.so.2; do
    printf '#!/bin/sh\necho ran >%s/open/ran\n' "$WORK" >bad/bin/$name && chmod 755 bad/bin/$name
  done
  cp root/bin/busybox bad/bin/busybox && mkdir -p bad/lib64 && cp bad/bin/mount bad/lib64/ld-linux-x86-64.so.2
  (cd bad/bin && as "$ROLE" env "PATH=.:$PATH" "$BIN/fnrun" run .. -- busybox true)
  [ ! -e open/ran ] || die 'a program of the image ran on the host'
done

t 'capabilities of whoever starts it are not inherited (CVE-2022-27650)'
if [ "$(id -u)" = 0 ]; then
  generous=(setpriv "--inh-caps=+chown,+net_raw" "--ambient-caps=+chown,+net_raw" --)
  [ "$("${generous[@]}" grep -E '^Cap(Inh|Amb)' /proc/self/status | grep -c ':.0000000000002001$')" = 2 ] ||
    die 'nothing to inherit'
  for who in 0 1000; do
    expect_exit 0 "${generous[@]}" "$BIN/fnrun" run --user $who ./root -- grep -E '^Cap' /proc/self/status
    expect_same none "$(grep -c ':.0000000000000000$' out)" 5
  done
fi

t 'with rights that its caller lacks no tool of ours does anything (CVE-2020-5291)'
if [ "$(id -u)" = 0 ]; then
  cp "$FNRUN" setuid-fnrun && cp "$FN" setuid-fnimg && chmod 4755 setuid-fnrun setuid-fnimg
  for tool in ./setuid-fnrun ./setuid-fnimg; do
    expect_exit 7 as_user $tool --version
    expect_stderr_has 'refuses to run with more privileges than its caller' 'setuid bit'
  done
  expect_exit 7 as_user ./setuid-fnrun --json run ./root -- true
  expect_same kind "$(jq -r .error.kind err)" unsupported
  chmod 755 setuid-fnrun
  expect_exit 0 as_user env FN_LIBEXEC="$WORK/libexec/fn" ./setuid-fnrun --version
  need setcap libcap2-bin
  setcap cap_sys_admin+ep setuid-fnrun
  expect_exit 7 as_user ./setuid-fnrun --version
fi

t 'components of the root are swapped while sandboxes start (CVE-2021-30465): the host neither shows nor is touched'
mkdir -p race/outside && echo secret >race/outside/canary && chmod -R a+rX race
small_root race/root
mkdir -p race/root/{a/b,job,mnt}
cat >swap.py <<'END'
import os, sys
os.chdir(sys.argv[1])
outside = os.path.abspath("../outside")
targets = {"dev": "/", "tmp": outside, "proc": outside, "a": "../outside", "job": "../../../../../.."}
while True:
    for name, target in targets.items():
        try:
            os.rename(name, name + ".kept")
            os.symlink(target, name)
            os.unlink(name)
            os.rename(name + ".kept", name)
        except OSError:
            pass
END
"$PY" swap.py race/root &
swapper=$!
at_exit "kill $swapper 2>/dev/null || true"
ended=$((SECONDS + ${FN_RACE_SECONDS:-10}))
look='cat /tmp/canary /a/canary /job/etc/os-release /dev/canary 2>/dev/null
  test -e /job/usr/sbin && echo host; rm -f /tmp/canary /a/canary
# A place that is being swapped has another name for a moment; a wall that was put up elsewhere is never there.
for place in /proc /dev /tmp /proc/keys; do
  n=0
  until grep -qs " $place " /proc/mounts || [ $n = 400 ]; do
    n=$((n + 1))
    usleep 5000
  done
  [ $n -lt 400 ] || echo "no wall on $place"
done
echo ended'
by_overlay() { run ./race/root --writable --mount ./root/data:/a/b -w /job -- sh -c "$look"; }
# With a mount of the host in it the root is no overlay but a bind mount: the swaps happen in what is being mounted on.
by_bind() {
  # shellcheck disable=SC2016
  as root unshare -m sh -c 'mount -t tmpfs fn race/root/mnt &&
    exec "$0" run ./race/root --mount ./root/data:/a/b -w /job -- sh -c "$1"' "$BIN/fnrun" "$look"
}
start_in_race() { # COMMAND..
  local code=0
  "$@" >out 2>err || code=$?
  starts=$((starts + 1))
  [ $code != 125 ] || refused=$((refused + 1))
  [ $code = 125 ] || [ "$(cat out)" = ended ] || {
    show_streams
    die "exit $code from $*: the host shows, or a wall is missing"
  }
}
starts=0 refused=0
while [ $SECONDS -lt $ended ]; do
  for ROLE in "${roles[@]}"; do start_in_race by_overlay; done
  [ "$ROLE" = self ] || start_in_race by_bind
done
kill $swapper
wait $swapper || true
expect_same canary "$(cat race/outside/canary)" secret
expect_same outside "$(ls race/outside)" canary
echo "$starts starts while components were swapped, $refused of them refused"
[ $starts -gt $refused ] || die 'none was started'
