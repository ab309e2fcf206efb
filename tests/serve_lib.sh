# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # much is for the caller
# For stories about fnrun serve.
#
#   serve ARG..        starts a server on a free port; then $URL, $SERVER (its process); what it says is in server.out
#                      and server.err
#   end_server [SIG]   ends it, with TERM if not said otherwise; $CODE is its exit code
#   call EVENT ARG..   one call with curl; $STATUS, and the answer in ./answer.head and ./body
#   header NAME        of the answer
#   expect_nothing_left    no instance is there any more

serve() {
  : >server.out
  "$FNRUN" serve --listen 127.0.0.1:0 "$@" >server.out 2>server.err </dev/null &
  SERVER=$!
  local tries=0
  until [ -s server.out ]; do
    [ $((tries += 1)) -lt 200 ] && kill -0 "$SERVER" 2>/dev/null || die "the server did not come up: $(cat server.err)"
    sleep 0.05
  done
  URL=$(sed "s/.* on //" server.out)
  BASE=${URL%/2015-03-31/*}
}

end_server() {
  kill -"${1:-TERM}" "$SERVER"
  CODE=0
  wait "$SERVER" 2>/dev/null || CODE=$?
  SERVER=
}

call() {
  local event=$1
  shift
  STATUS=$(curl -s -m 60 -o body -D answer.head -w '%{http_code}' --data-binary "$event" "$@" "${TO:-$URL}") ||
    STATUS="curl $?"
}

header() { tr -d '\r' <answer.head | sed -n "s/^$1: //Ip"; }

expect_status() { # STATUS EVENT ARG..
  local want=$1
  shift
  call "$@"
  [ "$STATUS" = "$want" ] || die "status $STATUS instead of $want: $(cat body) server: $(tail -n 20 server.err)"
}

# The folders of instances are their supervisors' alone.
living() { find "$FN_HOME/run" -mindepth 1 -maxdepth 1 -type d 2>/dev/null | wc -l; }
expect_nothing_left() {
  local tries=0
  while [ "$(living)" != 0 ]; do
    [ $((tries += 1)) -lt 100 ] || die "instances are left: $(ls "$FN_HOME/run")"
    sleep 0.05
  done
  ! grep -laE "^FN_HOME=$FN_HOME" -z /proc/[0-9]*/environ 2>/dev/null | grep -v "/proc/$$/" | xargs -r -n1 dirname |
    xargs -r -I{} cat {}/comm 2>/dev/null |
    grep -E '^(fn-|python)' || die 'processes are left'
}

stop_server() { [ -z "${SERVER:-}" ] || { kill -KILL "$SERVER" && wait "$SERVER"; } 2>/dev/null || true; }
at_exit stop_server
