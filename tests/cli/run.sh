#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# fnrun run from outside: what goes in, what comes out, what each flag does. As root and as an ordinary user.
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/sandbox.sh"
need jq jq

small_root root
mkdir -m 777 open
inside() { run ./root "$@"; } # flags, then -- and a command

for ROLE in "${roles[@]}"; do
  t "$ROLE: the exit code passes through"
  for code in 0 1 3 42 124 125 127 255; do expect_exit $code inside -- sh -c "exit $code"; done
  expect_exit 0 inside --json -- sh -c 'exit 0'
  expect_same reason "$(json .reason)" exited
  expect_exit 9 inside --json -- sh -c 'exit 9'
  expect_same reason "$(json '"\(.reason) \(.exit)"')" 'exited 9'

  t "$ROLE: 128 and the signal"
  for signal in 1 2 6 9 11 15; do expect_exit $((128 + signal)) inside -- sh -c "kill -$signal \$\$"; done
  expect_exit 139 inside --json -- sh -c 'kill -SEGV $$'
  expect_same reason "$(json '"\(.reason) \(.signal) \(.exit)"')" 'killed_by_signal 11 139'

  t "$ROLE: 127 for no program, 126 for one that can't be executed"
  expect_exit 127 inside -- no-such-program
  expect_stderr_has "program 'no-such-program' not found in the sandbox"
  expect_exit 127 inside -- /bin/none
  expect_exit 126 inside -- /etc/passwd
  expect_stderr_has 'not executable'
  mkdir -p root/odd
  printf 'garbage' >root/odd/format && printf '#!/no/interpreter\n' >root/odd/script && chmod 755 root/odd/*
  expect_exit 126 inside --json -- /odd/format
  expect_same reason "$(jq -r '"\(.error.kind) \(.error.exit)"' err)" 'unsupported 126'
  expect_exit 126 inside -- /odd/script
  expect_stderr_has 'but the interpreter that it names does not'
  mkdir -p root/mad/bin/true
  ln -sf loop root/mad/loop && ln -sf /no/such/place root/mad/dangling
  printf '#!/mad/loop\n' >root/mad/a-loop
  printf '#!/mad/self\n' >root/mad/self && printf '#!/etc/passwd\n' >root/mad/idle
  chmod 755 root/mad/self root/mad/idle root/mad/a-loop
  for program in /mad/loop /mad/self /mad/a-loop /mad/idle /etc "/$(printf '%0300d' 0)" /bin/sh/x ./loop/x; do
    expect_exit 126 inside --workdir /mad -- "$program"
    expect_stderr_has 'cannot be executed: '
  done
  for program in /mad/dangling '' etc; do expect_exit 127 inside -- "$program"; done
  expect_exit 0 inside --env PATH=/mad/loop:/etc/passwd:/mad/bin:/bin -- true

  t "$ROLE: 125 for trouble of our own, whatever its kind"
  expect_exit 125 inside --no-such-flag -- true
  expect_exit 125 inside --timeout soon -- true
  expect_exit 125 run ./nowhere -- true
  expect_exit 125 run ./root/etc/passwd -- true
  expect_exit 125 inside
  expect_stderr_has 'what to run'
  expect_exit 125 inside --mount nowhere:/data -- true
  expect_exit 125 inside --mount ./root:relative -- true
  expect_exit 125 inside --json --user nobody -- true
  expect_same error "$(jq -r '"\(.error.kind) \(.error.exit)"' err)" 'not_found 125'
  expect_stderr_has 'nobody'

  t "$ROLE: what stands behind -- is the command's, whatever is before it"
  expect_exit 0 inside --env A=1 -- sh -c 'echo $A'
  expect_stdout 1
  expect_exit 0 run --env A=1 ./root -- echo -- -x
  expect_stdout '-- -x'

  t "$ROLE: streams go through, and no end of standard input is made up"
  echo hello | inside -- cat >out
  expect_same stdin "$(cat out)" hello
  expect_exit 0 inside -- sh -c 'echo out; echo err >&2'
  expect_stdout out
  expect_same stderr "$(cat err)" err
  expect_same 'a gigabyte' "$(head -c 1073741824 /dev/zero | inside -- cat | wc -c)" 1073741824
  expect_exit 0 inside -- cat </dev/null
  (inside -- sh -c 'while :; do echo y; done' 2>err || echo $? >>err) | head -n 1 >out
  expect_same 'a broken pipe' "$(cat out err)" $'y\n141'

  t "$ROLE: with standard streams closed the command still has three, and no more"
  run ./root -- payload fds >out <&-
  expect_same fds "$(tr '\n' ' ' <out)" '0 1 2 '

  t "$ROLE: signals reach the command"
  for signal in INT TERM HUP USR1 QUIT; do
    : >out
    begin ./root -- sh -c "trap 'echo got $signal; exit 7' $signal; echo ready; while :; do sleep 0.05; done" >out &
    eventually grep -q ready out
    kill -"$signal" $!
    code=0
    wait $! || code=$?
    expect_same "$signal" "$(tr '\n' ' ' <out)$code" "ready got $signal 7"
  done

  t "$ROLE: a signal that the command has no word on ends it, and not us before"
  begin ./root -- sh -c 'echo ready; sleep 60' >out &
  eventually grep -q ready out
  kill -TERM $!
  code=0
  wait $! || code=$?
  expect_same code $code 143

  t "$ROLE: in time the whole tree is killed: fork bomb, sessions, double forks, deaf to signals"
  word=$(mark)
  best=999999
  for _ in 1 2 3; do
    from=$(now_ms)
    expect_exit 124 inside --timeout 200ms --pids 300 -- payload bomb "$word"
    took=$(($(now_ms) - from))
    expect_same survivors "$(survivors "$word")" 0
    expect_stderr_has 'timed out after'
    [ $took -ge $best ] || best=$took
  done
  echo "$ROLE: a bomb of up to 300 processes is gone after $best ms"
  # 0.3 ms a process is the kernel's part on a quiet machine; how long it took is said above.
  [ $best -le 5000 ] || die "the kill of a bomb took $best ms"
  from=$(now_ms)
  expect_exit 124 inside --timeout 200ms --json -- payload detach 100 "$word"
  [ $(($(now_ms) - from)) -lt 10000 ] || die "slow: $(($(now_ms) - from)) ms"
  expect_same reason "$(json '"\(.reason) \(.exit)"')" 'timeout 124'
  expect_same survivors "$(survivors "$word")" 0

  t "$ROLE: a stopped fnrun does not stop the time"
  for signal in STOP TSTP; do
    word=$(mark)
    begin ./root --timeout 500ms -- payload detach 3 "$word" >out 2>err &
    eventually grep -q ready out
    kill -$signal $!
    sleep 1.5
    ! pgrep -f "^payload detach 3 $word" || die "alive after 3 times its time ($signal)"
    kill -CONT $!
    code=0
    wait $! || code=$?
    expect_same code $code 124
    expect_stderr_has 'timed out after'
  done

  t "$ROLE: daemons go with the command"
  expect_exit 0 inside -- sh -c "payload detach 20 $word & sleep 0.3; exit 0"
  expect_same survivors "$(survivors "$word")" 0

  t "$ROLE: killed from inside, for want of memory, for want of time: three reasons"
  expect_exit 137 inside --json --memory 64M -- sh -c 'kill -9 $$'
  expect_same reason "$(json '"\(.reason) \(.signal)"')" 'killed_by_signal 9'
  expect_exit 137 inside --json --memory 64M -- payload touch 1500
  expect_same reason "$(json .reason)" out_of_memory
  expect_exit 137 inside --memory 64M -- payload touch 1500
  expect_stderr_has 'exceeded its memory limit'
  expect_exit 124 inside --json --memory 64M --timeout 100ms -- sleep 60
  expect_same reason "$(json .reason)" timeout
  expect_exit 0 inside --json --memory 64M -- payload touch 32
  expect_same reason "$(json .reason)" exited
done
