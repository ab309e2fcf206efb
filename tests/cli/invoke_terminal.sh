#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# fnrun invoke and shell where people see them: lines that begin at the margin, Ctrl-C, and jobs.
. "$(dirname "$0")/../lib.sh"
need jq jq
mkdir -p root/bin && cp /bin/busybox root/bin/busybox 2>/dev/null || need busybox busybox-static
for applet in sh cat sleep touch; do ln -s busybox "root/bin/$applet"; done
at_exit '"$FNRUN" stop -q --all --grace 0s >/dev/null 2>&1'
talk() { # CODE COMMAND..: on a terminal; the dialogue is on standard input
  local want=$1 got=0
  shift
  "$PY" "$REPO/tests/terminal.py" 33 99 "$@" 2>err | tr -d '\r' >out || got=$?
  [ "$got" = "$want" ] || {
    show_streams
    die "exit $got instead of $want from: $*"
  }
}
lines() { sed -E 's/(START|END|REPORT) .*/\1/' "${1:-out}" | tr '\n' ' '; }

t 'an answer without a newline does not glue to END, nor does a log line'
talk 0 "$FNRUN" invoke ./root -e '[1]' -- /bin/cat </dev/null
expect_same lines "$(lines)" 'START [1] END REPORT '
talk 0 "$FNRUN" invoke ./root -- /bin/sh -c 'printf answer; sleep 0.2; printf log >&2' </dev/null
expect_same lines "$(lines)" 'START answer log END REPORT '
talk 0 "$FNRUN" invoke ./root -- /bin/sh -c 'echo whole' </dev/null
expect_same lines "$(lines)" 'START whole END REPORT '
"$FNRUN" invoke ./root -e '[2]' -- /bin/cat >both 2>&1
expect_same lines "$(lines both)" 'START [2] END REPORT '
talk 1 "$FNRUN" invoke -q ./root -- /bin/sh -c 'printf part; exit 1' </dev/null
expect_same 'first line' "$(head -n 1 out)" part
grep -q '^fnrun: function_error: ' out || die 'not at the margin'

t 'the answer itself is as it was, where it goes elsewhere'
expect_exit 0 "$FNRUN" invoke ./root -e '[3]' -- /bin/cat
printf '[3]' | cmp - out
expect_same log "$(lines err)" 'START END REPORT '
talk 0 "$FNRUN" invoke -q ./root -e '[4]' -- /bin/cat </dev/null
printf '[4]' | cmp - out

t 'Ctrl-C: an image is called for its caller alone, and ends with him'
dialogue() { printf 'expect START\npause 0.3\nsend \\x03\n'; }
dialogue | talk 130 "$FNRUN" invoke ./root --mount "$WORK:/here" -- /bin/sh -c 'echo go >&2; sleep 1; touch /here/late'
sleep 1.2
[ ! -e late ] || die 'the call went on'

t 'Ctrl-C: in an instance that others may call it goes on, and that is said'
id=$("$FNRUN" start -q ./root --mount "$WORK:/here" -- /bin/sh -c 'echo go >&2; sleep 1; touch /here/late')
dialogue | talk 130 "$FNRUN" invoke "$id"
expect_stdout_has "the call goes on in instance $id" "fnrun logs -f $id" "fnrun stop $id"
sleep 1.2
[ -e late ] || die 'the call did not go on'
expect_exit 0 "$FNRUN" ps -q
expect_stdout "$id"

t 'fnrun shell: Ctrl-Z, fg and Ctrl-C are for what runs in it, in our terminal and in the background of it'
talk 5 "$FNRUN" shell "$id" -- /bin/busybox sh -i <<'END'
expect #
send sleep 61\n
expect sleep 61
pause 0.3
send \x1a
expect Stopped
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
# Begun in the background of a shell with job control: after fg it has the terminal.
talk 0 env PS1='# ' bash --norc -i <<END
expect #
send "$FNRUN" shell $id -- /bin/sh -c 'sleep 1; echo re""ady; sleep 62' &\\n
pause 0.5
send fg\\n
expect ready
send \\x03
expect #
send echo code\$((\$?+1000))\\n
expect code1130
send exit 0\\n
END
