#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A flag, a command and a 0 mean the same in run, invoke, start, serve and for functions.
. "$(dirname "$0")/../lib.sh"
need jq jq
mkdir -p root/bin root/etc code data && cp /bin/busybox root/bin/busybox 2>/dev/null || need busybox busybox-static
for applet in sh cat echo env id pwd touch ls; do ln -s busybox "root/bin/$applet"; done
echo 'app:x:1234:1235::/:/bin/sh' >root/etc/passwd
echo data >data/file
"$FN" build -q -t app:1 --layer r=root --entrypoint /bin/echo --entrypoint entry --cmd cmd >/dev/null
"$FN" build -q -t bare:1 --layer r=root >/dev/null
at_exit '"$FNRUN" stop -q --all --grace 0s >/dev/null 2>&1'

# What FLAGS, and then perhaps -- and a command, make of an image, in each verb.
by_run() { "$FNRUN" run "$@"; }
by_invoke() { "$FNRUN" invoke -q "$@"; }
by_start() {
  local id
  id=$("$FNRUN" start -q "$@") && "$FNRUN" invoke -q "$id" && "$FNRUN" stop -q --grace 0s "$id"
}
by_function() {
  "$FNRUN" function set -q fn --keep-alive 0s "$@" >/dev/null && "$FNRUN" invoke -q fn && "$FNRUN" function rm -q fn
}
everywhere() { # WANTED FLAG..
  local want=$1 verb
  shift
  for verb in run invoke start function; do expect_same "$verb $*" "$("by_$verb" "$@" 2>&1)" "$want"; done
}

t 'the command of the image, words after its entrypoint, another entrypoint, and none'
everywhere 'entry cmd' app:1
everywhere 'entry one two' app:1 -- one two
everywhere '' app:1 --entrypoint /bin/echo
everywhere 'x y' app:1 --entrypoint /bin/echo -- x y
everywhere 'z' app:1 --entrypoint '' -- /bin/echo z
"$FNRUN" function set -q words app:1 --command one --command two >/dev/null
expect_same '--command' "$("$FNRUN" invoke -q words)" 'entry one two'
"$FNRUN" function set -q words -- three >/dev/null
expect_same '--' "$("$FNRUN" invoke -q words)" 'entry three'
"$FNRUN" function set -q words --command '' >/dev/null
expect_same "the image's again" "$("$FNRUN" invoke -q words)" 'entry cmd'
expect_exit 2 "$FNRUN" function set words --command a -- b

t 'environment, user, directory, mounts and a root that can be written to'
export MINE=ours
everywhere 'ours C' bare:1 --env MINE --env LANG=C -- sh -c 'echo $MINE $LANG'
everywhere '1234 1235' bare:1 --user app -- sh -c 'echo $(id -u) $(id -g)'
everywhere /bin bare:1 --workdir /bin -- pwd
everywhere data bare:1 --mount ./data:/mnt/here:ro -- cat /mnt/here/file
everywhere up bare:1 -q --net none --publish 0:80 -- \
  sh -c 'case $(busybox ip link show lo) in *,UP*) echo up ;; *) echo down ;; esac'
everywhere written bare:1 --writable --tmp-size 1M -- sh -c 'touch /bin/new && echo written'

t 'what a function was given from one directory holds from another, and is shown and taken back'
"$FNRUN" function set -q all bare:1 --mount ./data:/a --mount ./data:/b:ro --user app -w /tmp --writable --tmp-size 2M \
  --seccomp strict --require seccomp,landlock --entrypoint /bin/cat -- /a/file >/dev/null
expect_same answer "$(cd / && "$FNRUN" invoke -q all)" data
expect_exit 0 "$FNRUN" function show --json all
shown='[.mounts, .user, .workdir, .writable, .tmp_size, .seccomp, .require, .entrypoint]'
expect_same shown "$(json "$shown | tojson")" \
  "[[\"$WORK/data:/a\",\"$WORK/data:/b:ro\"],\"app\",\"/tmp\",true,2097152,\"strict\",\"seccomp,landlock\","\
'"/bin/cat"]'
mkdir other
expect_exit 0 "$FNRUN" function set all --mount ./other:/a
expect_stdout_has "mount /a: $WORK/data -> $WORK/other"
expect_exit 0 "$FNRUN" function set --json all --reset mount --reset user --reset workdir --reset writable \
  --reset tmp-size --reset seccomp --reset require --reset entrypoint --reset command
expect_same settings "$(json ".function | $shown | tojson")" '[[],null,null,false,67108864,"default",null,null]'
expect_exit 2 "$FNRUN" function set all --reset everything
expect_exit 3 "$FNRUN" function set all --mount ./none:/a
expect_exit 2 "$FNRUN" function set all --require moat
expect_exit 4 "$FNRUN" function set all --seccomp ./none

t '0 is no limit, for every limit'
everywhere fine bare:1 --memory 0 --cpus 0 --pids 0 --timeout 0 --tmp-size 0 -- sh -c 'echo fine'
"$FNRUN" function set -q free bare:1 --memory 0 --cpus 0 --pids 0 --timeout 0 --tmp-size 0 \
  --init-timeout 0 --concurrency 0 -- echo >/dev/null
expect_exit 0 "$FNRUN" function show free --json
limits='[.memory, .cpus, .pids, .timeout_ms, .init_timeout_ms, .tmp_size, .concurrency]'
expect_same limits "$(json "$limits | tojson")" \
  '[null,null,null,null,null,null,null]'
expect_exit 0 "$FNRUN" serve -n --json bare:1 --concurrency 0 -- cat
expect_same concurrency "$(json '.concurrency | type')" null

t '256M of memory are 256 MiB, as in Lambda, in each verb and each spelling'
for size in 256M 256MB 256MiB 256m 262144K; do
  expect_exit 0 "$FNRUN" invoke bare:1 --memory $size --json -- echo
  expect_same "$size" "$(json .memory_limit)" 268435456
done
"$FNRUN" function set -q free --memory 256M >/dev/null
"$FNRUN" function show free | grep -q '^memory *256MiB$' || die 'not shown as it could be typed'
expect_exit 0 "$FNRUN" run -h
expect_stdout_has '256M is 256 MiB'

t 'a function of an image with a bootstrap needs no --protocol'
mkdir -p runtime/var/task && cp "$BUILD/tests/probe/runtime-probe" runtime/var/task/bootstrap
"$FN" build -q -t runtime:1 --layer r=runtime >/dev/null
"$FNRUN" stop -q --all --grace 0s
"$FNRUN" function set -q auto runtime:1 --handler echo >/dev/null
expect_same 'a warm instance' "$("$FNRUN" invoke -q auto -e '[1]')$("$FNRUN" invoke -q auto -e '[2]')" '[1][2]'
expect_same 'one instance of lambda' "$("$FNRUN" ps --json | jq -c '[.instances[].protocol]')" '["lambda"]'
expect_exit 2 "$FNRUN" invoke --raw auto -e 1
"$FNRUN" stop -q --all
"$FNRUN" function set -q auto --keep-alive 0s >/dev/null
expect_same 'an instance for each call' "$("$FNRUN" invoke -q auto -e '[3]')" '[3]'
expect_same 'an image' "$("$FNRUN" invoke -q runtime:1 --handler echo -e '[4]')" '[4]'
"$FNRUN" function set -q auto bare:1 -- cat >/dev/null
expect_same 'another image' "$("$FNRUN" invoke -q auto -e '[5]')" '[5]'
mkdir -p root/var/task && printf '#!/bin/sh\n' >root/var/task/bootstrap
chmod 755 root/var/task/bootstrap
"$FN" build -q -t broken:1 --layer r=root >/dev/null
for callee in broken:1 "$("$FNRUN" function set -q broken broken:1)"; do
  expect_exit 22 "$FNRUN" invoke "$callee"
  expect_stderr_has "'--protocol lambda'" "'--protocol exec'"
done

t 'an event that is not behind -e'
for callee in broken bare:1 ./root; do
  for event in '{"a":1}' '[1]' '"x"'; do
    expect_exit 2 "$FNRUN" invoke "$callee" "$event"
    expect_stderr_has "is given with '-e'" "fnrun invoke $callee -e"
  done
done
