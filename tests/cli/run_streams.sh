#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# fnrun run: what becomes of the standard streams, whatever they are. As root and as an ordinary user.
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/sandbox.sh"

small_root root
inside() { run ./root "$@"; }
seq 100000 >many
: >piece && chmod 666 piece
cp "$REPO/tests/terminal.py" "$BIN/"

for ROLE in "${roles[@]}"; do
  t "$ROLE: a command takes of a file what it reads, and the next one goes on there"
  {
    inside -- dd bs=2 count=1 2>/dev/null
    inside -- true
    inside -- dd bs=2 count=2 2>/dev/null
    cat
  } <many >out
  cmp out many || die 'a part of the file is lost, or came twice'
  { ! inside -- no-such-program 2>/dev/null && head -n 1; } <many >out
  expect_stdout 1
  seq 3 | while read -r line; do
    inside -- echo "$line"
  done >out
  expect_stdout $'1\n2\n3'

  t "$ROLE: outputs come whole, in order, and where they belong"
  inside -- cat <many >out
  cmp out many
  inside -- sh -c 'for i in 1 2 3 4 5; do echo out $i; echo err $i >&2; done' >both 2>&1
  expect_same order "$(tr '\n' ' ' <both)" \
    'out 1 err 1 out 2 err 2 out 3 err 3 out 4 err 4 out 5 err 5 '
  inside -- sh -c 'echo one; echo two >&2' >out 2>err
  expect_same both "$(cat out err)" $'one\ntwo'
  echo first >out && inside -- echo second >>out
  expect_stdout $'first\nsecond'
  { inside -- echo a && inside -- echo b; } >out
  expect_stdout $'a\nb'

  t "$ROLE: output that cannot be written is an error"
  code=0
  inside -- seq 100000 >/dev/full 2>err || code=$?
  expect_same code $code 125
  expect_stderr_has "cannot write 'stdout': no space left"

  t "$ROLE: the streams can be opened by their names, by every user and whatever they are"
  for user in 0 1000 app; do
    echo in >in
    inside --user $user -- sh -c 'cat /dev/stdin; echo out >/dev/stdout; echo err >/dev/stderr' <in >out 2>err
    expect_same "files, $user" "$(cat out err)" $'in\nout\nerr'
    as "$ROLE" sh -c 'echo in | "$0" run --user "$1" ./root -- sh -c "cat /dev/stdin; echo out >/dev/stdout
      echo err >/proc/self/fd/2" 2>&1 | cat' "$BIN/fnrun" $user >out
    expect_same "pipes, $user" "$(cat out)" $'in\nout\nerr'
    as "$ROLE" "$PY" "$BIN/terminal.py" 33 99 "$BIN/fnrun" run --user $user ./root -- \
      sh -c 'echo out >/dev/stdout; echo err >/dev/stderr; read -r line </dev/stdin; echo "<$line>"; tty' \
      >out <<<$'expect err\nsend typed\\n\nexpect <typed>'
    expect_stdout_has /dev/pts/0
    inside --user $user -- sh -c 'test -c /dev/null && cat /dev/stdin; echo x >/dev/stdout' </dev/null >/dev/null
  done

  t "$ROLE: our own terminal is never handed in"
  for flags in '-T' '--json'; do
    as "$ROLE" "$PY" "$BIN/terminal.py" 33 99 "$BIN/fnrun" run $flags ./root -- \
      sh -c 'for n in 0 1 2; do test -t $n && echo "TERMINAL $n"; done; echo done' >out </dev/null
    expect_stdout_has 'done'
    ! grep -q TERMINAL out || die "$flags: $(cat out)"
  done
  for redirection in '</dev/null' '>piece' '2>piece' '| cat' '>/dev/null' '2>&1 | cat'; do
    as "$ROLE" "$PY" "$BIN/terminal.py" 33 99 bash -c "\"\$0\" run ./root -- sh -c '
      test \$(tty | cut -c 1-9) = /dev/pts/ && exit; for n in 0 1 2; do test ! -t \$n || echo TERMINAL \$n; done >&2' \
      $redirection" "$BIN/fnrun" >out </dev/null
    ! grep -q TERMINAL out || die "$redirection: $(cat out)"
  done
  as "$ROLE" "$PY" "$BIN/terminal.py" 33 99 "$BIN/fnrun" run -T ./root -- \
    sh -c 'read -r line; echo "<$line>"' >out <<<$'send typed\\n\nexpect <typed>'
done
