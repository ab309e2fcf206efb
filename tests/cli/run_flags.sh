#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The flags of fnrun run, one after the other, as root and as an ordinary user.
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/sandbox.sh"
need jq jq

small_root root
ln -s /odd root/link && ln -s "../../../../../..$WORK/outside" root/escape && mkdir -p root/odd outside data open
echo host >data/file && echo single >single && chmod 777 data open
inside() { run ./root "$@"; }
state_of() { json ".walls[] | select(.wall == \"$1\") | .state"; }

t 'a dry run of an image whose layers are not unpacked says so, and changes nothing'
# Not SQLite's own files, which every reader makes and writes.
state() { (cd "$FN_HOME" && find . -mindepth 1 ! -name 'state.db-*' -printf '%p %y %s %i %T@\n' | sort); }
mkdir -p extra && echo more >extra/file
"$FN" build -q -t two:1 --layer root=root --layer extra=extra >/dev/null
state >before
expect_exit 0 "$BIN/fnrun" run -n two:1 -- true
expect_stdout 'would unpack 2 layers first; what comes then depends on what is in them'
expect_exit 0 "$BIN/fnrun" run -n --json two:1 -- true
expect_same layers "$(json .unpack_layers)" 2
expect_exit 125 "$BIN/fnrun" run -n two:none -- true
state | diff before - || die 'a dry run changed the state'
expect_exit 0 "$BIN/fnrun" run two:1 -- cat /file
expect_stdout more
expect_exit 0 "$BIN/fnrun" run -n two:1 -- true
expect_stdout_has 'pivot root'

t 'words of other tools, and a directory without ./'
expect_exit 125 inside -v "$WORK/data:/data" -- ls
expect_stderr_has "'$WORK/data:/data' stands before '--'" "to mount it, use '--mount $WORK/data:/data'"
expect_exit 125 inside cat -- /data/file
expect_stderr_has "write the whole command after '--'"
for flag in -p --port -it --rm --name --volume; do
  expect_exit 125 run "$flag" x ./root -- true
  expect_stderr_has "unknown flag '$flag'" 'hint: '
done
for verb in exec attach unpause kill rm list images version; do
  expect_exit 2 "$BIN/fnrun" "$verb" x
  expect_stderr_has "unknown verb '$verb'" "hint: run 'fn"
done
expect_exit 2 "$BIN/fnrun" function delete x
expect_stderr_has "unknown verb 'function delete'" 'fnrun function rm NAME'
expect_exit 125 run root -- true
expect_stderr_has "did you mean the directory './root'?"

for ROLE in "${roles[@]}"; do
  [ "$ROLE" != user ] || chown -R 65534:65534 root  # its files are nobody's in a namespace that knows one user
  t "$ROLE: the environment is what was asked for, and nothing of ours"
  SECRET=1 expect_exit 0 inside --env A=1 --env B= --env C=x=y -- env
  expect_stdout $'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nHOME=/tmp\nA=1\nB=\nC=x=y'
  SECRET=1 expect_exit 0 inside --env SECRET --env HOME=/odd -- sh -c 'echo $SECRET $HOME'
  expect_stdout '1 /odd'
  expect_exit 125 inside --env =1 -- true

  t "$ROLE: the working directory, made if it is missing"
  expect_exit 0 inside -- pwd
  expect_stdout /
  expect_exit 0 inside -w /new/one -- sh -c 'pwd; ls'
  expect_stdout /new/one
  expect_exit 0 inside --workdir /odd -- pwd
  expect_stdout /odd
  expect_exit 125 inside -w relative -- true
  expect_exit 125 inside -w /etc/passwd -- true
  expect_exit 125 inside -w /etc/passwd/below -- true
  [ ! -e root/new ] || die 'made in the image'

  t "$ROLE: users by number and by name"
  expect_exit 0 inside -- sh -c 'id -u; id -g'
  expect_stdout $'0\n0'
  expect_exit 0 inside --user 1000:1001 -- sh -c 'id -u; id -g; id -G'
  expect_stdout_has 1000 1001
  expect_exit 0 inside --user app -- sh -c 'id -u; id -g'
  expect_stdout $'1234\n1235'
  expect_exit 0 inside --user 1234 -- id -g
  expect_stdout 1235
  expect_exit 0 inside --user app:more -- id -g
  expect_stdout 77
  if [ "$ROLE" != user ]; then
    expect_exit 0 inside --user app -- id -G
    expect_stdout '1235 77'
  fi
  expect_exit 125 inside --user ap -- true
  expect_stderr_has "no user 'ap'" 'without an entry'
  expect_exit 125 inside --user app:none -- true

  t "$ROLE: mounts: directory and file, read-only and not, on what is there and on what is not"
  expect_exit 0 inside --mount ./data:/data:ro --mount ./single:/etc/single -- \
    sh -c 'cat /data/file /etc/single; touch /data/x || echo ro'
  expect_stdout $'host\nsingle\nro'
  expect_exit 0 inside --mount ./data:/odd -- sh -c "echo $ROLE >/odd/written-$ROLE"
  expect_same written "$(cat "data/written-$ROLE")" "$ROLE"
  expect_exit 0 inside --mount ./data:/very/deep/place --mount ./data/file:/very/file -- \
    cat /very/deep/place/file /very/file
  expect_stdout $'host\nhost'
  [ ! -e root/data ] && [ ! -e root/very ] && [ ! -e root/etc/single ] || die 'made in the image'
  expect_exit 125 inside --mount ./data:/ -- true
  expect_exit 125 inside --mount ./none:/data -- true
  expect_exit 125 inside --mount ./data:/data:rx -- true

  t "$ROLE: a mount through a link of the image stays inside"
  expect_exit 0 inside --mount ./data:/link -- cat /odd/file
  expect_stdout host
  expect_exit 125 inside --mount ./data:/escape -- true
  expect_exit 125 inside --mount ./data:/escape/below -- true
  expect_same outside "$(ls outside)" ''

  t "$ROLE: the root is read-only, and --writable forgets"
  expect_exit 0 inside -- sh -c '
    for d in / /bin /etc /proc /proc/sys/kernel; do ! touch $d/x 2>/dev/null || echo "wrote $d"; done
    touch /tmp/x /dev/shm/x && echo fine'
  expect_stdout fine
  expect_exit 0 inside --writable -- \
    sh -c 'echo x >/etc/passwd && rm -r /odd && mkdir /made && cat /etc/passwd && ls -d /odd /made 2>/dev/null; true'
  expect_stdout $'x\n/made'
  [ -d root/odd ] && [ ! -e root/made ] && grep -q app root/etc/passwd || die 'the image has changed'
  for limit in '--tmp-size 4k' '--pids 4194305' '--pids 4294967297'; do
    # shellcheck disable=SC2086
    expect_exit 125 inside $limit -- true
    expect_stderr_has "${limit%% *}" 'hint: '
  done
  expect_exit 0 inside --tmp-size 64k --pids 4194304 -- true
  for mount in ./root/etc/passwd:/bin ./root/etc/passwd:/tmp ./root:/etc/passwd; do
    expect_exit 125 inside --mount "$mount" -- true
    expect_stderr_has 'cannot mount the ' 'on the ' 'hint: '
  done
  expect_exit 1 inside --tmp-size 1MiB -- sh -c 'dd if=/dev/zero of=/tmp/x bs=65536 count=64 2>/dev/null'

  t "$ROLE: --net none, loopback, host"
  # shellcheck disable=SC2016
  expect_exit 0 inside --net none -- sh -c 'tail -n +3 /proc/net/dev | wc -l; ifconfig lo | grep -c UP || echo down'
  expect_stdout $'1\n0\ndown'
  expect_exit 0 inside --net loopback -- sh -c 'ifconfig lo | grep -c UP; (nc -l -p 7001 -e echo heard &) ; sleep 0.3
    nc 127.0.0.1 7001 </dev/null'
  expect_stdout_has 1 heard
  busybox nc -ll -p 7002 -e echo outside &
  listener=$!
  sleep 0.2
  expect_exit 0 inside --net host -- sh -c 'nc 127.0.0.1 7002 </dev/null'
  expect_stdout outside
  expect_exit 1 inside --net loopback -- sh -c 'nc 127.0.0.1 7002 </dev/null'
  kill $listener
  wait $listener || true
  expect_exit 125 inside --net bridge -- true

  t "$ROLE: --pids"
  expect_exit 1 inside --pids 20 -- payload detach 50
  expect_exit 0 inside --pids 60 -- sh -c 'payload detach 50 & read -t 1 x; exit 0'

  t "$ROLE: --require fails closed, before anything runs"
  expect_exit 0 inside \
    --require userns,pidns,mount,ipc,uts,net,cgroupns,proc,dev,caps,nnp,seccomp,landlock,rlimits -- true
  for walls in memory cpus; do
    expect_exit 125 inside --json --require $walls --mount ./open:/open -- touch /open/ran
    expect_same kind "$(jq -r .error.kind err)" unsupported
  done
  expect_exit 125 inside --json --seccomp off --require seccomp --mount ./open:/open -- touch /open/ran
  expect_same kind "$(jq -r .error.kind err)" unsupported
  expect_exit 125 inside --net host --require net --mount ./open:/open -- touch /open/ran
  expect_exit 125 inside --require moat -- true
  expect_stderr_has "'moat'" landlock
  # A wall that turns out only on the way that it can't be had: time namespaces are forbidden here.
  # shellcheck disable=SC2016
  expect_exit 125 as "$ROLE" unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_time_namespaces &&
    exec "$0" run ./root --json --require time --mount ./open:/open -- touch /open/ran' "$BIN/fnrun"
  expect_same kind "$(jq -r .error.kind err)" unsupported
  expect_stderr_has "required wall 'time' cannot be put up"
  [ -z "$(ls open)" ] || die 'it ran all the same'
  # shellcheck disable=SC2016
  expect_exit 0 as "$ROLE" unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_time_namespaces &&
    exec "$0" run ./root --json -- true' "$BIN/fnrun"
  expect_same time "$(state_of time)" down

  t "$ROLE: a dry run prints every step and starts nothing"
  expect_exit 0 inside --dry-run --mount ./open:/open -- touch /open/ran
  expect_stdout_has 'namespaces user mount pid ipc uts net' 'pivot root' 'capabilities' 'seccomp' 'execute touch'
  expect_exit 0 inside -n --json --mount ./open:/open -- touch /open/ran
  expect_same 'dry run' "$(json .dry_run)" true
  [ "$(json '.operations | length')" -gt 30 ] && [ "$(json '.walls | length')" -ge 18 ]
  [ -z "$(ls open)" ] || die 'a dry run ran'
  expect_same layers "$(json .unpack_layers)" 0

  t "$ROLE: --json is one document, the command's output is beside it; --timing says what the start took"
  expect_exit 0 inside --json -- echo hello
  expect_same schema "$(json .schema)" fnrun.run/1
  grep -qx hello err || die 'the output of the command is lost'
  [ "$(json '[.walls[] | select(.state == "up")] | length')" -ge 14 ] && [ "$(json .duration_us)" -gt 0 ] &&
    [ "$(json .timing.to_command_us)" -gt 0 ]
  expect_exit 0 inside --timing -- echo hello
  expect_stdout hello
  expect_stderr_has 'to the command'

  t "$ROLE: --seccomp off, strict, a profile of one's own"
  expect_exit 0 inside -- grep Seccomp: /proc/self/status
  expect_stdout $'Seccomp:\t2'
  expect_exit 0 inside --seccomp off -- grep Seccomp: /proc/self/status
  expect_stdout $'Seccomp:\t0'
  expect_exit 0 inside --seccomp strict -- payload true
  echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO"}]}' \
    >profile.json
  expect_exit 1 inside --seccomp ./profile.json -- mkdir /tmp/x
  echo '{"defaultAction":' >profile.json
  expect_exit 125 inside --seccomp ./profile.json -- true

  t "$ROLE: a profile that refuses what a start needs is an error that names it"
  profile() { # DEFAULT ACTION NAME..
    printf '{"defaultAction":"SCMP_ACT_%s","defaultErrnoRet":1,"syscalls":[{"names":[%s],"action":"SCMP_ACT_%s"}]}\n' \
      "$1" "$(printf '"%s",' "${@:3}" | sed 's/,$//')" "$2" >profile.json
  }
  for name in read execve exit_group; do
    for action in ERRNO KILL_PROCESS TRAP; do
      profile ALLOW $action $name
      expect_exit 125 inside --seccomp ./profile.json -- true
      expect_stderr_has "refuses '$name'" "add '$name'"
    done
  done
  profile ALLOW KILL_PROCESS clock_gettime
  expect_exit 125 inside --seccomp ./profile.json -- true
  for name in close_range faccessat futex exit clock_gettime; do
    profile ALLOW ERRNO $name
    expect_exit 0 inside --seccomp ./profile.json -- payload fds
    expect_stdout $'0\n1\n2'
    expect_exit 127 inside --seccomp ./profile.json -- no-such-program
  done
  profile ERRNO ALLOW read execve exit_group
  expect_exit 126 inside --seccomp ./profile.json -- /etc
  # Allowed for arguments that ours are not.
  for name in read execve exit_group; do
    printf '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["%s"],"action":"SCMP_ACT_ERRNO",
      "args":[{"index":0,"value":99999,"op":"SCMP_CMP_NE"}]}]}\n' $name >profile.json
    code=0
    inside --timeout 10s --seccomp ./profile.json -- no-such-program 2>err || code=$?
    [ $code -ge 125 ] && [ $code != 124 ] && [ -s err ] || die "$name: exit $code"
  done
done

[ "$(id -u)" = 0 ] || exit 0
ROLE=root
t 'the limits of control groups'
expect_exit 0 inside --json --memory 64M --cpus 0.25 --pids 50 --require cgroup -- \
  sh -c 'i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done'
share=$(json '100 * .cpu_us / .duration_us | floor')
[ "$share" -le 32 ] || die "--cpus 0.25 let it have $share %"
expect_same walls "$(state_of memory) $(state_of cpus) $(state_of pids)" 'up up up'
expect_exit 0 inside --json --memory 64M -- payload touch 40
peak=$(json '.peak_memory / 1048576 | floor')
[ "$peak" -ge 40 ] && [ "$peak" -le 42 ] || die "a peak of $peak MiB instead of 40"

t 'without the rights to limit: by looking, and it says so; required, it does not run'
ROLE=user
expect_exit 0 inside --json --memory 64M -- true
expect_same memory "$(state_of memory)" approximate
expect_exit 125 inside --json --memory 64M --require memory --mount ./open:/open -- touch /open/ran
expect_same kind "$(jq -r .error.kind err)" unsupported
[ -z "$(ls open)" ] || die 'it ran all the same'

t 'an image of the store'
ROLE=root
"$FN" build -q -t app:v1 --layer root=root --cmd sh --cmd=-c --cmd 'echo "$WORD" from $(pwd)' --env WORD=hello \
  --workdir /odd >/dev/null
expect_exit 0 run app:v1
expect_stdout 'hello from /odd'
expect_exit 0 run app:v1 -- echo another
expect_stdout another
expect_exit 125 run app:v2 -- true
expect_stderr_has "image 'app:v2' not found" "did you mean 'app:v1'?"
