# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# For stories about sandboxes:  . "$REPO/tests/sandbox.sh"
#
#   $BIN                  a folder with fnrun, escape-probe, alter-probe and payload that everybody may read
#   roles                 "root user" for root, else "self"; as ROLE COMMAND.. runs something as one, for 60 s at most
#   run ARG..             fnrun run ARG.. as $ROLE
#   begin ARG.. &         likewise, in the background: $! is fnrun itself
#   small_root DIR        a root directory: busybox with its applets, payload, probes, the users root and app
#   mark                  a word that no process has among its arguments; survivors WORD counts those that have
#   eventually COMMAND..  true if it is within 2 s
#   now_ms

need busybox busybox-static
need setpriv util-linux

chmod 755 "$WORK"
BIN=$WORK/bin
mkdir -p "$BIN"
cp "$FNRUN" "$BIN/fnrun"
mkdir -p "$WORK/libexec/fn"
cp "$BUILD"/tools/libexec/{fn-layers,fnrun-verbs} "$WORK/libexec/fn/"
cp "$BUILD/tests/probe/escape-probe" "$BUILD/tests/probe/alter-probe" "$BIN/"
cp "$BUILD/tests/probe/sandbox-payload" "$BIN/payload"

roles=(self)
[ "$(id -u)" != 0 ] || roles=(root user)
ROLE=${roles[0]}

as() { # ROLE COMMAND..
  local role=$1
  shift
  if [ "$role" = user ]; then as_user timeout --foreground 60 "$@"; else timeout --foreground 60 "$@"; fi
}
run() { as "$ROLE" "$BIN/fnrun" run "$@"; }
begin() {
  if [ "$ROLE" = user ]; then
    exec setpriv --reuid=65534 --regid=65534 --clear-groups -- env --default-signal=INT,QUIT "$BIN/fnrun" run "$@"
  fi
  exec env --default-signal=INT,QUIT "$BIN/fnrun" run "$@"
}

small_root() { # DIR
  local applet
  mkdir -p "$1"/{bin,etc,dev,proc,tmp}
  cp "$(command -v busybox)" "$1/bin/busybox"
  for applet in $(busybox --list); do [ "$applet" = busybox ] || ln -sf busybox "$1/bin/$applet"; done
  cp "$BIN/payload" "$BIN/escape-probe" "$BIN/alter-probe" "$1/bin/"
  printf '%s\n' 'root:x:0:0::/:/bin/sh' 'app:x:1234:1235::/:/bin/sh' >"$1/etc/passwd"
  printf '%s\n' 'root:x:0:' 'more:x:77:app' >"$1/etc/group"
}

mark() { echo "fn-mark-$(od -An -N8 -tx1 /dev/urandom | tr -d ' ')"; }
survivors() { # WORD: the kernel's own view, every process of the machine
  local file count=0
  for file in /proc/[0-9]*/cmdline; do
    ! tr '\0' ' ' <"$file" 2>/dev/null | grep -qF -- "$1" || count=$((count + 1))
  done 2>/dev/null
  echo "$count"
}
eventually() {
  local attempt
  for attempt in $(seq 40); do
    ! "$@" || return 0
    sleep 0.05
  done
  echo "not within 2 s ($attempt looks): $*" >&2
  return 1
}
now_ms() { echo $(($(date +%s%N) / 1000000)); }
