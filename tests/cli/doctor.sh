#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../lib.sh"

state() { json ".checks[] | select(.check == \"$1\") | .state"; }
remedy() { json ".checks[] | select(.check == \"$1\") | .remedy // \"none\""; }
shape='(.checks | map(has("check") and has("state") and has("found")) | all)
  and (.checks | map(.state == "ok" or has("means")) | all) and .checks[-1].check == "sandbox"
  and (.can_run | type) == "boolean"'

need unshare util-linux
need setpriv util-linux
need_root
chmod 755 "$WORK"
mkdir "$WORK/nobody" && chown 65534 "$WORK/nobody"
user_doctor() { as_user env FN_HOME="$WORK/nobody/home" "$FNRUN" doctor "$@"; }
unshare -U true 2>/dev/null || skip 'this host forbids user namespaces'

t 'root: functions can run, and the text says what the JSON says'
expect_exit 0 "$FNRUN" doctor --json
expect_same shape "$(json "$shape")" true
expect_same 'can run' "$(json '.can_run | tostring')" true
expect_same kernel "$(state kernel)" ok
expect_same names "$(json '[.checks[].check] | unique | length == 17')" true
names=$(json '.checks[].check')
expect_exit 0 "$FNRUN" doctor
for name in $names; do expect_stdout_has "$name"; done
[ ! -e "$FN_HOME" ] || die 'doctor made a state'

t 'an ordinary user: what is degraded has a meaning, and the command that mends it'
expect_exit 0 user_doctor --json
expect_same shape "$(json "$shape")" true
expect_same 'can run' "$(json '.can_run | tostring')" true
expect_same user-namespaces "$(state user-namespaces)" ok
degraded=$(json '.checks[] | select(.state != "ok") | .check')
cp out user
expect_exit 0 user_doctor -q
expect_same quiet "$(cat "$WORK/out")" "$degraded"

t 'what an ordinary user is told to type works in the shell where it was told'
at_exit "find /sys/fs/cgroup -depth -type d -path '*/functions-65534*' -exec rmdir {} +"
for check in $degraded; do
  command=$(jq -r --arg check "$check" '.checks[] | select(.check == $check) | .remedy // empty' user)
  [ -n "$command" ] || continue
  # The shell waits for root to do what sudo would do, with its pid for $$, and looks again.
  mkfifo "go.$check"
  # shellcheck disable=SC2016 # the inner shell expands it
  FN_HOME="$WORK/nobody/home" setpriv --reuid=65534 --regid=65534 --clear-groups \
    sh -c 'read -r _ <"$0" && exec "$1" doctor --json' "$WORK/go.$check" "$FNRUN" >"again.$check" &
  shell=$!
  sh -c "$(sed -e 's/^sudo //' -e "s/\\$\\$/$shell/g" <<<"$command")" || die "$check: it does not work: $command"
  echo >"go.$check"
  wait $shell
  expect_same "$check afterwards" "$(jq -r --arg check "$check" '.checks[] | select(.check == $check) | .state' \
    "again.$check")" ok
done

# Root of a new namespace makes the host such, then an ordinary user comes.
nested() { # SETUP COMMAND..
  local setup=$1
  shift
  # shellcheck disable=SC2016 # the inner shell expands it
  unshare -Urm sh -c "$setup"'; exec unshare -U --map-user=1000 --map-group=1000 -- "$@"' sh "$@"
}
# The limit of the namespace that one is in: for whoever made it, so it is root there, without capabilities.
without_namespaces() {
  # shellcheck disable=SC2016 # the inner shell expands it
  unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces
    exec setpriv --bounding-set=-all --inh-caps=-all -- "$@"' sh "$@"
}

t 'no user namespaces: functions cannot run, exit code 1, and the setting is named'
expect_exit 1 without_namespaces "$FNRUN" doctor --json
expect_same 'can run' "$(json '.can_run | tostring')" false
expect_same user-namespaces "$(state user-namespaces)" missing
expect_same sandbox "$(state sandbox)" missing
expect_same remedy "$(remedy user-namespaces)" 'sysctl -w user.max_user_namespaces=15000'
expect_exit 1 without_namespaces "$FNRUN" doctor
expect_stdout_has 'sysctl -w user.max_user_namespaces=15000'

t 'an administrator there needs none'
# All ids mapped, which takes root outside; the capabilities come with the next program.
administrator() {
  local pid
  # shellcheck disable=SC2016 # the inner shell expands it
  unshare -Umn sh -c 'until [ "$(id -u)" = 0 ] && [ "$(id -g)" = 0 ]; do sleep 0.02; done; exec "$@"' sh "$@" &
  pid=$!
  until echo '0 0 4294967295' >"/proc/$pid/gid_map" && echo '0 0 4294967295' >"/proc/$pid/uid_map"; do
    sleep 0.02
  done 2>/dev/null
  wait $pid
}
# shellcheck disable=SC2016 # the inner shell expands it
expect_exit 0 administrator sh -c 'echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"' sh "$FNRUN" doctor --json
expect_same user-namespaces "$(state user-namespaces)" degraded
expect_same 'can run' "$(json '.can_run | tostring')" true

t 'root of a namespace that forbids setgroups is like an ordinary user'
expect_exit 0 unshare -Ur "$FNRUN" doctor --json
expect_same 'can run' "$(json '.can_run | tostring')" true

t 'a /proc that something is mounted over: no fresh one, and functions run all the same'
expect_exit 0 nested 'mount -t tmpfs none /proc/irq' "$FNRUN" doctor --json
expect_same proc "$(state proc)" degraded
expect_same user-namespaces "$(state user-namespaces)" ok
expect_same sandbox "$(state sandbox)" degraded
expect_stdout_has 'proc approximate'

t 'no network namespaces: they are missing, and a start fails'
expect_exit 1 nested 'echo 0 >/proc/sys/user/max_net_namespaces' "$FNRUN" doctor --json
expect_same net-namespace "$(state net-namespace)" missing
expect_same remedy "$(remedy net-namespace)" 'sudo sysctl -w user.max_net_namespaces=15000'
