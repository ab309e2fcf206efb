#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A dry run changes nothing: not the state, not the index, not the place that it would write to.
. "$(dirname "$0")/../lib.sh"
need jq jq

# Every file below a directory, with what it has. Not what SQLite makes to read a database: shared memory, an empty log.
state_of() {
  find "$1" -mindepth 1 ! -name state.db-shm ! '(' -name state.db-wal -empty ')' -printf '%P %y %m %s %T@\n' | sort
  find "$1" -type f ! -name state.db-shm ! -empty -exec sha256sum {} + | sort
}

mkdir -p in/etc
echo one >in/etc/a
"$FN" build -q -t app:1 --layer code=in >made
"$FN" export app:1 -o app.tar >made
"$FN" tag app:1 app:old >made
"$FN" rm -q app:old >made
"$FN" gc -q --reindex
echo two >in/etc/b

t 'a dry run leaves the state as it was, also where nothing was indexed yet'
state_of "$FN_HOME" >before
while read -r -a words; do
  expect_exit 0 "$FN" "${words[@]}" --dry-run
  state_of "$FN_HOME" >after
  cmp before after || die "fnimg ${words[*]} --dry-run changed the state"
done <<'VERBS'
build -t app:2 --layer code=in
build -t app:2 --from app:1 --layer more=image:app:1#code
build -t app:2 --layer all=app.tar
import app.tar -t app:2
export app:1 -o out.tar
tag app:1 app:3
rm app:1
gc
gc --reindex
unpack app:1 there
VERBS
[ ! -e out.tar ] && [ ! -e there ] || die 'a dry run wrote what it only was to tell of'

t 'a dry run makes no state where there is none'
expect_exit 0 env FN_HOME="$PWD/none" "$FN" build -t app:1 --layer code=in --dry-run
expect_exit 0 env FN_HOME="$PWD/none" "$FN" import app.tar -t app:1 --dry-run
expect_exit 0 env FN_HOME="$PWD/none" "$FN" gc --dry-run
[ ! -e none ] || die 'a dry run made a state'

t 'a verb that only reads may fill the index, and says the same with and without'
expect_exit 0 "$FN" files app:1 --json
cp out first
state_of "$FN_HOME" >after
! cmp -s before after || die 'files kept nothing'
expect_exit 0 "$FN" files app:1 --json
cmp out first
