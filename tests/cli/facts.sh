#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the index keeps of programs, libraries and scripts: learned by who builds, imports or reads, and by an older
# state afterwards.
. "$(dirname "$0")/../lib.sh"
need jq jq
need sqlite3 sqlite3
need strace strace

sql() { sqlite3 "$FN_HOME/state.db" "$1"; }
facts() { sql 'SELECT hex(facts) FROM segment_facts JOIN segment ON segment = id ORDER BY key'; }
known() { sql 'SELECT count(*) FROM segment_facts'; }
# Builds, and prints how many of the source's files it opened.
opened() {
  strace -f -qq -e trace=open,openat,openat2 -o trace "$FN" build -q -t app:1 --layer code=in >made
  grep -c '"bin/' trace || true
}
mkdir -p in/bin in/etc in/plain
cp /bin/sh in/bin/sh
printf '#!/bin/sh\necho\n' >in/bin/script
head -c 200 /bin/sh >in/bin/liar && printf 'only text\n' >in/bin/text
echo 'root:x:0:0:root:/:/bin/sh' >in/etc/passwd
chmod +x in/bin/*

t 'a build learns them, and a file that lies about itself is no error'
expect_exit 0 "$FN" build -q -t app:1 --layer code=in
expect_same segments "$(known)" "$(sql 'SELECT count(*) FROM segment')"
facts >learned
[ -n "$(<learned)" ] || die 'nothing was learned'
expect_exit 0 "$FN" fsck --read-data

t 'what did not change is not read again'
expect_same opened "$(opened)" 0
facts | cmp - learned

t 'a build learns what an earlier state did not'
sql 'DELETE FROM segment_facts'
[ "$(opened)" -gt 0 ] || die 'nothing was read'
facts | cmp - learned
expect_same opened "$(opened)" 0

t 'facts of a form that is not ours are as good as none'
sql 'UPDATE segment_facts SET form = form + 1'
expect_exit 0 "$FN" fsck
"$FN" build -q -t app:1 --layer code=in >made
facts | cmp - learned
expect_same form "$(sql 'SELECT DISTINCT form FROM segment_facts')" 1

t 'an import learns the same, also where the layer was known without them'
"$FN" export -q app:1 -o app.tar >made
FN_HOME=$WORK/other expect_exit 0 "$FN" import -q app.tar -t app:1
FN_HOME=$WORK/other facts | cmp - learned
FN_HOME=$WORK/other sql 'DELETE FROM segment_facts'
FN_HOME=$WORK/other expect_exit 0 "$FN" import -q app.tar -t app:2
FN_HOME=$WORK/other facts | cmp - learned
sql 'DELETE FROM segment_facts'
expect_exit 0 "$FN" import -q app.tar -t app:2
facts | cmp - learned
expect_same made "$(sql 'SELECT made FROM layer')" 1

t 'so does who reads a layer that the index forgot'
"$FN" rm -q app:2 >made
expect_exit 0 "$FN" gc -q --reindex
expect_same facts "$(known)" 0
expect_exit 0 "$FN" files app:1
facts | cmp - learned

t 'a damaged row is a finding, and made again with the index'
sql "UPDATE segment_facts SET facts = CAST(substr(facts, 1, length(facts) - 2) || x'0000' AS BLOB)"
expect_exit 1 "$FN" fsck
expect_stdout_has 'what the index says of its programs and libraries is wrong' 'gc --reindex'
expect_exit 0 "$FN" gc -q --reindex
expect_exit 0 "$FN" files app:1
expect_exit 0 "$FN" fsck --read-data
facts | cmp - learned

t 'one that is whole and wrong: only who reads the data can tell'
"$FN" build -q -t other:1 --layer code=in/plain >made
sql "UPDATE segment_facts SET facts =
       (SELECT f.facts FROM segment_facts AS f WHERE f.segment <> segment_facts.segment
        ORDER BY length(f.facts) LIMIT 1)
     WHERE length(facts) = (SELECT max(length(facts)) FROM segment_facts)"
expect_exit 0 "$FN" fsck
expect_exit 1 "$FN" fsck --read-data
expect_stdout_has 'what the index says of its programs and libraries is wrong'

t 'they go with their layer'
"$FN" rm -q app:1 other:1 >made
expect_exit 0 "$FN" gc -q
expect_same facts "$(known)" 0

