# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# How to call every verb of every tool on a state made for it: what the sweeps (tests/crash, tests/race) go through.
# They take the list of verbs from the tools' own schema, so a verb without an entry here fails them.
#
#   prepare_state          makes $FN_HOME with images, a function and a channel, and inputs in $WORK/in; then `tree`
#                          holds the names of verbs' results
#   verbs all|state|state-effects   "TOOL VERB" a line, from the schema; state: without those that only start and steer
#                          processes; state-effects: of these, those that change something
#   needs_instance TOOL VERB        the verb is about an instance that runs, and $FN_HOME has none. VERB may be two
#                          words
#   call_of TOOL VERB      sets CALL to the command line
#   next_point N           of a sweep over the system calls of a verb, the one after the Nth: with --soak each, else
#                          1 2 4 8 16 ..
#   outcome_of TOOL VERB   prints what the call must have brought about, the same after every successful run
#   again TOOL VERB        makes the call a second time, after one that was cut short
#   undo TOOL VERB         takes away what the call left outside of $FN_HOME

tools() { printf '%s\n' "$FN" "$FNRUN"; }

# What starts and steers processes changes nothing in the state (tests/crash/leftovers.sh kills these); the last ones
# need an instance.
on_processes=' run invoke serve start stop doctor '
on_instances=' logs shell debug pause resume '

verbs() {
  local tool verb filter='.verbs[].name'
  [[ $1 != *effects ]] || filter='.verbs[] | select(.effects) | .name'
  for tool in $(tools); do
    "$tool" --generate schema | jq -r "$filter" | while read -r verb; do
      [[ $1 == all || ${tool##*/} == fnimg || "$verb" == pool* || "$on_processes$on_instances" != *" $verb "* ]] ||
        continue
      [[ $1 == all || "$verb" != pool* ]] || continue
      echo "${tool##*/} $verb"
    done
  done
}
# Looks at instances and at the host, not into state.db.
needs_no_state() { [[ "$1" == fnrun && "ps stop doctor pool start pool stop" == *"$2"* ]]; } # TOOL VERB
needs_home() { [[ "$1" != fnrun || "doctor pool start pool stop" != *"$2"* ]]; } # TOOL VERB
needs_instance() { [[ "$1" == fnrun && "$on_instances" == *" $2 "* ]]; } # TOOL VERB

prepare_state() {
  mkdir -p in/tree/bin in/tree/data
  printf '#!/bin/sh\necho hello\n' >in/tree/bin/hello
  chmod 755 in/tree/bin/hello
  ln -s hello in/tree/bin/greet
  seq 1 20000 >in/tree/data/numbers
  cp "$BUILD/tests/probe/nothing" in/tree/bin/nothing
  tar -C in/tree --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf in/extra.tar .
  "$FN" build -q -t base:1 --layer base=in/tree >/dev/null
  "$FN" build -q -t gone:1 --layer gone=in/tree/data >/dev/null
  "$FN" rm -q gone:1 >/dev/null
  "$FN" build -q -t app:1 --from base:1 --layer extra=in/extra.tar --exclude numbers \
    --entrypoint /bin/nothing >/dev/null
  "$FN" export -q app:1 -o in/app.tar >/dev/null
  "$FNRUN" function set -q greet app:1 --env A=1 >/dev/null
  "$FN" channel publish -q data in/tree/data >/dev/null
  "$FN" build -q -t follower:1 --layer data=channel:data --layer base=in/extra.tar --follow data=data >/dev/null
  "$FN" tag -q follower:1 taken-back:1 >/dev/null
  "$FN" channel publish -q data in/tree/bin >/dev/null
  "$FN" update -q taken-back:1 >/dev/null
}

next_point() { echo $(($1 + ${FN_SOAK:-$1})); }

# shellcheck disable=SC2034 # CALL is for the caller
call_of() {
  case "$1 $2" in
    'fnimg build') CALL=("$FN" build -q -t made:1 --from base:1 --layer 'code=in/tree' --layer more=in/extra.tar) ;;
    'fnimg ls') CALL=("$FN" ls) ;;
    'fnimg inspect') CALL=("$FN" inspect app:1) ;;
    'fnimg files') CALL=("$FN" files app:1) ;;
    'fnimg cat') CALL=("$FN" cat app:1 bin/hello) ;;
    'fnimg history') CALL=("$FN" history app:1) ;;
    'fnimg diff') CALL=("$FN" diff base:1 app:1) ;;
    'fnimg size') CALL=("$FN" size app:1) ;;
    'fnimg why') CALL=("$FN" why app:1 bin/hello) ;;
    'fnimg find') CALL=("$FN" find hello) ;;
    'fnimg unpack') CALL=("$FN" unpack -q app:1 out-tree) ;;
    'fnimg import') CALL=("$FN" import -q in/app.tar -t imported:1) ;;
    'fnimg export') CALL=("$FN" export -q app:1 -o out.tar) ;;
    'fnimg tag') CALL=("$FN" tag -q app:1 other:1) ;;
    'fnimg rm') CALL=("$FN" rm -q app:1) ;;
    'fnimg gc') CALL=("$FN" gc -q) ;;
    'fnimg fsck') CALL=("$FN" fsck --read-data) ;;
    'fnimg update') CALL=("$FN" update -q follower:1) ;;
    'fnimg rollback') CALL=("$FN" rollback -q taken-back:1) ;;
    'fnimg outdated') CALL=("$FN" outdated) ;;
    'fnimg compat') CALL=("$FN" compat app:1 app:1) ;;
    'fnimg channel publish') CALL=("$FN" channel publish -q data in/tree --version 3) ;;
    'fnimg channel ls') CALL=("$FN" channel ls) ;;
    'fnimg channel show') CALL=("$FN" channel show data) ;;
    'fnimg channel follow') CALL=("$FN" channel follow -q app:1 extra=data) ;;
    'fnimg channel pin') CALL=("$FN" channel pin -q data 1) ;;
    'fnimg channel hold') CALL=("$FN" channel hold -q data) ;;
    'fnimg channel rm') CALL=("$FN" channel rm -q data@2) ;;
    'fnimg explain-digest') CALL=("$FN" explain-digest app:1 in/app.tar) ;;
    'fnrun run') CALL=("$FNRUN" run app:1) ;;
    'fnrun invoke') CALL=("$FNRUN" invoke app:1 --event '{}') ;;
    'fnrun start') CALL=("$FNRUN" start -q app:1 --keep-alive 1s) ;;
    'fnrun ps') CALL=("$FNRUN" ps) ;;
    'fnrun logs') CALL=("$FNRUN" logs greet) ;;
    'fnrun shell') CALL=("$FNRUN" shell greet -- true) ;;
    'fnrun debug') CALL=("$FNRUN" debug greet) ;;
    'fnrun pause') CALL=("$FNRUN" pause greet) ;;
    'fnrun resume') CALL=("$FNRUN" resume greet) ;;
    'fnrun stop') CALL=("$FNRUN" stop --all --grace 0s) ;;
    'fnrun serve') CALL=("$FNRUN" serve -q app:1 --listen 127.0.0.1:0 --for 1ms) ;;
    'fnrun function set') CALL=("$FNRUN" function set -q made app:1 --memory 64MiB --env A=1) ;;
    'fnrun function show') CALL=("$FNRUN" function show greet) ;;
    'fnrun function ls') CALL=("$FNRUN" function ls) ;;
    'fnrun function rm') CALL=("$FNRUN" function rm -q greet) ;;
    'fnrun pool start') CALL=("$FNRUN" pool start -q --idle 300ms) ;;
    'fnrun pool stop') CALL=("$FNRUN" pool stop) ;;
    'fnrun doctor') CALL=("$FNRUN" doctor) ;;
    *) die "'$1 $2' is in the schema, but tests/verbs.sh does not say how to call it" ;;
  esac
}

outcome_of() {
  case "$1 $2" in
    'fnimg unpack') tree out-tree --ignore dirmtime ;;
    'fnimg export') sha256sum out.tar ;;
    'fnimg gc') "$FN" ls -q && find "$FN_HOME/blobs" -type f | sort ;;
    'fnrun pool start') "$FNRUN" pool start --json | jq -c '.pid > 0' ;;
    'fnrun pool stop') "$FNRUN" pool stop --json | jq -c .stopped ;;
    'fnimg channel'*)
      "$FN" channel ls --json | jq -c .channels && "$FN" channel show data --json | jq -c '[.versions[].digest]' &&
        "$FN" ls --json | jq -c '[.images[] | [.reference, .digest, .follows]]'
      ;;
    'fnrun function'*) "$FNRUN" function ls --json | jq -c '[.functions[] | del(.created, .updated)]' ;;
    *) "$FN" ls --json | jq -c '[.images[] | [.reference, .digest]]' ;;
  esac
}

undo() {
  case "$1 $2" in
    'fnimg unpack') rm -rf out-tree ;;
    'fnimg export') rm -f out.tar ;;
    'fnrun start') "$FNRUN" stop -q --all --grace 0s >/dev/null 2>&1 || true ;;
  esac
}

# If the first call got as far as its last step there is nothing left to do, and some verbs say so.
again() { # TOOL VERB
  local done_already
  case "$1 $2" in
    'fnimg rm' | 'fnimg channel rm' | 'fnrun function rm' | 'fnimg rollback') done_already=4 ;;
    'fnimg unpack') done_already=2 ;;
    *) done_already=0 ;;
  esac
  "${CALL[@]}" >again.out 2>&1 || [ $? = $done_already ] || die "again: $(cat again.out)"
}
