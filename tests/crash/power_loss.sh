#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The power goes while a verb works: its writes and fsyncs are recorded, and for points of the run the state is made
# that a disk may hold then (power_loss.py says which). It must be whole, with the images of before or of after; after
# the end of the run, of after. Running the verb again must do its work as if nothing had happened.
# early
# limit 2400
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/verbs.sh"
need strace strace
need jq jq

points=${FN_POWER_POINTS:-$([ -n "${FN_SOAK:-}" ] && echo 30 || echo 10)}
recorded=openat,write,writev,pwrite64,pwritev,pwritev2,ftruncate,truncate,fallocate
recorded+=,copy_file_range,sendfile,lseek,fsync,fdatasync
recorded+=,rename,renameat,renameat2,link,linkat,unlink,unlinkat,rmdir,mkdir,mkdirat,symlink,symlinkat

export FN_HOME=$WORK/disk/home
mkdir disk
prepare_state
cp -a disk pristine

images() {
  if [ -e "$FN_HOME/state.db" ]; then "$FN" ls --json | jq -c '[.images[] | [.reference, .digest]]'; else echo '[]'; fi
}
restore() { # FROM
  rm -rf disk
  cp -a "$1" disk
}

record() { # TOOL VERB FROM : leaves trace.txt, and in $before, $after and $want what the run is about
  restore "$3"
  call_of "$1" "$2"
  before=$(images)
  restore "$3"
  strace -f -y -xx -s 100000000 -qq -e signal=none -o trace.txt -e trace="$recorded" "${CALL[@]}" >/dev/null
  after=$(images)
  want=$(outcome_of "$1" "$2")
  cp "$FN_HOME/index.json" index.after
}

check() { # TOOL VERB end|cut
  local now
  # What other tools read is not repaired by what they do.
  if [ "$3" = end ]; then
    cmp "$FN_HOME/index.json" index.after
  elif [ -e "$FN_HOME/index.json" ]; then
    jq -e .manifests "$FN_HOME/index.json" >/dev/null
  fi
  # A home that has no state yet is none.
  [ ! -e "$FN_HOME/state.db" ] || expect_exit 0 "$FN" fsck --read-data
  now=$(images)
  [ "$now" = "$after" ] || { [ "$3" = cut ] && [ "$now" = "$before" ]; } ||
    die "the images are neither those of before nor of after: $now"
  [[ $now != *base:1* ]] || "$FN" cat base:1 data/numbers | cmp - in/tree/data/numbers
  again "$1" "$2"
  expect_same "the outcome after a power cut and an undisturbed run" "$(outcome_of "$1" "$2")" "$want"
  expect_exit 0 "$FN" fsck --read-data
}

lose_power() { # TOOL VERB FROM
  local name kind states=0
  record "$@"
  rm -rf states
  mkdir states
  "$PY" "$REPO/tests/crash/power_loss.py" trace.txt "$3" "$WORK/disk" states "$points" >states.txt
  while read -r name kind; do
    t "$1 $2 from $3, $name"
    rm -rf disk
    mv "states/$name" disk
    check "$1" "$2" "$kind"
    states=$((states + 1))
  done <states.txt
  echo "$1 $2 from $3: $states states"
}

mkdir empty
lose_power fnimg import empty
while read -r tool verb; do
  case "$tool $verb" in
    # These change nothing but what they were told to write; what is there after a power cut is theirs to write again.
    'fnimg unpack' | 'fnimg export') continue ;;
  esac
  lose_power "$tool" "$verb" pristine
done < <(verbs state-effects)
[ -n "${FN_SOAK:-}" ] || echo 'not run: 30 moments of a power cut for each verb (10 were)'
