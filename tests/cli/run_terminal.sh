#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# fnrun run on a terminal: the command has one of its own, and nothing that it does reaches ours.
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/sandbox.sh"

small_root root
# The dialogue comes on standard input; what was said is in ./out, without carriage returns.
talk() { # CODE COMMAND..
  local want=$1 got=0
  shift
  as "$ROLE" "$PY" "$BIN/terminal.py" 33 99 "$@" >raw 2>err || got=$?
  tr -d '\r' <raw >out
  [ "$got" = "$want" ] || {
    show_streams
    die "exit $got instead of $want from: $*"
  }
}
cp "$REPO/tests/terminal.py" "$BIN/"

for ROLE in "${roles[@]}"; do
  t "$ROLE: a terminal inside, of the size of ours"
  talk 4 "$BIN/fnrun" run ./root -- sh -c 'tty; stty size; test -t 0 && test -t 1 && test -t 2 && echo all
    echo "$TERM"; exit 4' </dev/null
  expect_same 'what it sees' "$(head -n 3 out | tr '\n' ' ')" '/dev/pts/0 33 99 all '

  t "$ROLE: its size follows ours"
  talk 0 "$BIN/fnrun" run ./root -- \
    sh -c 'trap "stty size; exit 0" WINCH; echo ready; while :; do sleep 0.05; done' <<'END'
expect ready
size 20 50
expect 20 50
END

  t "$ROLE: typed lines go in, ctrl-D ends the input, ctrl-C is the command's"
  talk 0 "$BIN/fnrun" run ./root -- sh -c 'while read -r line; do echo "<$line>"; done; echo end' <<'END'
send one\n
expect <one>
send two\n
expect <two>
send \x04
expect end
END
  talk 130 "$BIN/fnrun" run ./root -- sh -c 'echo ready; sleep 60' <<'END'
expect ready
send \x03
END

  t "$ROLE: job control of a shell inside"
  talk 5 "$BIN/fnrun" run ./root -- sh -i <<'END'
expect #
send sleep 61\n
expect sleep 61
pause 0.3
send \x1a
expect Stopped
expect #
send jobs\n
expect Stopped
expect sleep 61
expect #
send fg\n
expect sleep 61
pause 0.3
send \x03
expect #
send echo $((40+2))\n
expect 42
expect #
send exit 5\n
END

  t "$ROLE: what it types into its terminal does not reach ours (CVE-2017-5226)"
  for filter in default off; do
    talk 0 bash -c '"$0" run --seccomp '$filter' ./root -- payload type INJECTED; read -r -t 0.5 line; echo "[$line]"' \
      "$BIN/fnrun" </dev/null
    expect_stdout_has '[]'
    ! grep -qF '[INJECTED' out || die 'typed into our terminal'
    talk 0 bash -c \
      '"$0" run -T --seccomp '$filter' ./root -- payload type INJECTED; read -r -t 0.5 line; echo "[$line]"' \
      "$BIN/fnrun" </dev/null
    [ $filter = off ] || expect_stdout_has '[]'
  done

  t "$ROLE: our terminal is as it was afterwards, also when the command leaves it raw or is killed"
  talk 0 bash -c 'before=$(stty -g)
    "$0" run ./root -- stty raw -echo
    [ "$before" = "$(stty -g)" ] && echo same-1
    "$0" run --timeout 100ms ./root -- sh -c "stty raw; sleep 60"
    [ "$before" = "$(stty -g)" ] && echo same-2' "$BIN/fnrun" </dev/null
  expect_stdout_has same-1 same-2

  t "$ROLE: none with -T, with --json, or when standard output goes elsewhere"
  talk 1 "$BIN/fnrun" run -T ./root -- tty </dev/null
  talk 1 "$BIN/fnrun" run --json ./root -- sh -c ': </dev/tty' </dev/null
  talk 0 bash -c '"$0" run ./root -- sh -c "test -t 1 || echo no" | cat' "$BIN/fnrun" </dev/null
  expect_stdout_has no

  t "$ROLE: a lot of output arrives whole"
  talk 0 "$BIN/fnrun" run ./root -- sh -c 'seq 20000' </dev/null
  expect_same lines "$(wc -l <out)" 20000

  t "$ROLE: in the background it runs, leaves the terminal alone, and takes it when it comes to the foreground"
  talk 7 bash --norc -i <<END
send PS1='>''>'; set +o history\n
expect >>
send $BIN/fnrun run ./root -- sh -c 'echo do''ne; sleep 0.2; echo ag''ain' &\n
expect done
expect again
send $BIN/fnrun run ./root -- sh -c 'read x; echo "got <\$x>"; stty size' &\n
pause 0.7
send echo st''ill here\n
expect still here
send fg\n
pause 0.5
send word\n
expect got <word>
expect 33 99
expect >>
send stty -a | grep -c ' icanon'\n
expect 1
expect >>
send $BIN/fnrun run ./root -- sleep 61 &\n
expect >>
pause 0.5
send kill -INT %%; wait %%; echo "ended \$?"\n
expect ended 130
expect >>
send $BIN/fnrun run ./root -- sh -c 'sleep 62; exit 3' &\n
expect >>
pause 0.5
send fg\n
expect sleep 62
pause 1.5
send \x03
expect >>
send exit 7\n
END
done
