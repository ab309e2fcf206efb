#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A second run of an image is read from a record beside the database. It must never run what the reference does not
# name any more, whoever changed it, and whenever that one was killed.
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/sandbox.sh"
need strace strace
need jq jq
need python3 python3

small_root tree
for n in 1 2 3; do
  printf '#!/bin/sh\nexit %s\n' "$n" >"tree/bin/exit-$n"
  chmod 755 "tree/bin/exit-$n"
done
image() { "$FN" build -q -t "$1" --layer root=tree --entrypoint "/bin/exit-$2" >/dev/null; } # NAME CODE
for n in 1 2; do image "app:$n" "$n"; done
"$FN" tag app:1 app
mkdir nothing
says() { expect_exit "$1" "$FNRUN" run app; }
# The program of all verbs is out of reach.
from_record() { expect_exit "$1" env FN_LIBEXEC="$PWD/nothing" "$FNRUN" run app; }

t 'the first run makes a record, the second needs nothing else'
from_record 3
expect_stderr_has 'fnrun-verbs'
says 1
from_record 1
expect_exit 0 "$FNRUN" run --dry-run app:2
[ ! -e "$FN_HOME/runs/app:2" ] || die 'a dry run made a record'

t 'the state is named by a relative path'
mkdir elsewhere
says_from() { (cd elsewhere && expect_exit "$1" "${@:2}"); } # CODE COMMAND..
says_from 1 env FN_HOME=../home FN_LIBEXEC="$PWD/nothing" "$FNRUN" run app
says_from 1 env -u FN_HOME "$FNRUN" run --home ../home app
"$FN" ls --home ./home/../elsewhere/relative >/dev/null
(cd home && FN_HOME=../new "$FN" build -q -t app --layer root=../tree --entrypoint /bin/exit-2 >/dev/null)
says_from 2 env FN_HOME=../new "$FNRUN" run app
says_from 1 env FN_HOME=../new "$FNRUN" invoke --keep-alive 1s app -q
says_from 0 env FN_HOME=../new "$FNRUN" stop -q --all

t 'another image under the name, by each verb that gives names, while somebody reads: state.db itself stays as it is'
mkfifo stay
python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("SELECT count(*) FROM image").fetchall()
open("stay").read()' "$FN_HOME/state.db" &
reader=$!
"$FN" tag app:2 app
says 2
from_record 2
image app 3
says 3
"$FN" rm app
expect_exit 125 "$FNRUN" run app
expect_stderr_has "'app' not found"
"$FN" tag app:1 app
says 1

echo >stay
wait $reader

t 'an older state.db put back by hand, a document that changed'
cp "$FN_HOME/state.db" older
"$FN" tag app:2 app
says 2
cp older "$FN_HOME/state.db"
says 1
manifest=$FN_HOME/blobs/sha256/$("$FN" inspect --json app | jq -r '.digest[7:]')
cp "$manifest" whole
tr a b <whole >"$manifest"
expect_exit 125 "$FNRUN" run app
cp whole "$manifest"
says 1

t 'layers that gc took, while the name stayed'
rm -rf "$FN_HOME/layers"
says 1
from_record 1

t 'whoever changes the name is killed at each of its calls that write: the run says what the state says'
for call in unlinkat fsync fdatasync pwrite64 rename renameat; do
  for n in 1 2 3 4 6 8; do
    "$FN" tag app:1 app
    says 1
    { strace -f -qq -o /dev/null -e trace=$call -e inject=$call:signal=SIGKILL:when=$n \
      "$FN" tag app:2 app || true; } >/dev/null 2>&1
    says "$("$FN" inspect --json app | jq -r '.entrypoint[0][10:]')"
  done
done

t 'names change while runs are started: never the old one once the change is done'
for n in $(seq 20); do
  "$FN" tag "app:$((n % 2 + 1))" app
  says $((n % 2 + 1))
  { "$FNRUN" run app || true; } &
  "$FN" tag "app:$(((n + 1) % 2 + 1))" app
  says $(((n + 1) % 2 + 1))
  wait $!
done
