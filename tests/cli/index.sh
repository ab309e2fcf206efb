#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The index of files: exact after gc, made again when it is gone, and proven against the blobs.
. "$(dirname "$0")/../lib.sh"
need jq jq
need sqlite3 sqlite3

rows() { sqlite3 "$FN_HOME/state.db" "SELECT count(*) FROM $1"; }
layer_of() { "$FN" inspect "$1" --json | jq -r '.layers[0].digest'; }
# Directories are remembered where the file system stamps all writes.
remembered=0
case $(stat -f -c %T .) in ext2/ext3 | xfs | btrfs | f2fs) remembered=1 ;; esac
mkdir -p in/etc other
echo one >in/etc/a && echo two >in/etc/b && echo other >other/x
"$FN" build -q -t app:1 --layer code=in >made
"$FN" build -q -t gone:1 --layer code=other >made

t 'gc forgets layers and directories that are gone, and nothing else'
expect_same layers "$(rows layer) $(rows source)" "2 $((2 * remembered))"
"$FN" rm -q gone:1 >made && rm -r other
expect_exit 0 "$FN" fsck
expect_exit 0 "$FN" gc -q
expect_same layers "$(rows layer) $(rows segment) $(rows layer_segment) $(rows source)" "1 1 1 $remembered"

t 'an index that was forgotten is made again by who needs it, and says the same'
expect_exit 0 "$FN" files app:1
cp out before
expect_exit 0 "$FN" gc -q --reindex
expect_same layers "$(rows layer) $(rows source)" '0 0'
expect_exit 0 "$FN" files app:1
cmp out before
expect_same layers "$(rows layer)" 1
expect_exit 0 "$FN" fsck --read-data

t 'rows that were damaged: fsck says so, a reader goes back to the blob and mends them'
sqlite3 "$FN_HOME/state.db" "UPDATE segment SET files = CAST(substr(files, 1, length(files) - 3) || x'000000' AS BLOB)"
expect_exit 1 "$FN" fsck
expect_stdout_has "$(layer_of app:1): its files do not match the index" 'gc --reindex'
expect_exit 0 "$FN" files app:1
cmp out before
expect_exit 0 "$FN" fsck --read-data

t 'rows that contradict their blob though they are whole: only who reads the data can tell'
"$PY" - "$FN_HOME/state.db" <<'EOF'
import hashlib, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
id, files = db.execute('SELECT id, files FROM segment').fetchone()
forged = files.replace(hashlib.sha256(b'two\n').digest(), hashlib.sha256(b'too\n').digest())
assert forged != files
db.execute('UPDATE segment SET files = ?, key = ? WHERE id = ?', (forged, hashlib.sha256(forged).digest(), id))
db.commit()
EOF
expect_exit 0 "$FN" fsck
expect_exit 1 "$FN" fsck --read-data
expect_stdout_has "$(layer_of app:1): its files do not match the index"
expect_exit 0 "$FN" gc -q --reindex
expect_exit 0 "$FN" fsck --read-data

t 'what an import proved is known, and what a build knew of the same layer stays'
"$FN" files app:1 >made
"$FN" export -q app:1 -o app.tar >made
FN_HOME=$WORK/elsewhere expect_exit 0 "$FN" import -q app.tar -t app:1
expect_same layers "$(sqlite3 elsewhere/state.db 'SELECT count(*) FROM layer')" 1
rm "elsewhere/blobs/sha256/$(layer_of app:1 | cut -d: -f2)"
FN_HOME=$WORK/elsewhere expect_exit 0 "$FN" files app:1
cmp out before
echo more >in/etc/more
"$FN" build -q -t more:1 --layer code=in >made
expect_same made "$(sqlite3 "$FN_HOME/state.db" 'SELECT sum(made) FROM layer')" 1
"$FN" export -q more:1 -o more.tar >made
expect_exit 0 "$FN" import -q more.tar -t more:2
expect_same made "$(sqlite3 "$FN_HOME/state.db" 'SELECT sum(made) FROM layer')" 1
"$FN" rm -q more:1 more:2 >made && "$FN" gc -q

t 'a blob that the index knows and that is gone'
"$FN" files app:1 >made
mv "$FN_HOME/blobs/sha256/$(layer_of app:1 | cut -d: -f2)" kept
expect_exit 1 "$FN" fsck
expect_stdout_has 'is in the index, but its blob is missing'

t 'a state from before the index: its images stay, and are indexed when they are needed'
sqlite3 "$FN_HOME/state.db" \
  'DROP TABLE segment_facts; DROP TABLE earlier_image; DROP TABLE updated_layer; DROP TABLE image_update;
   DROP TABLE channel_version; DROP TABLE channel; DROP TABLE unwritten; DROP TABLE proof;
   DROP TABLE package_list; DROP TABLE layer_segment; DROP TABLE segment; DROP TABLE layer; DROP TABLE source;
   DROP TABLE function_env; DROP TABLE function; PRAGMA user_version = 1'
mv kept "$FN_HOME/blobs/sha256/$(sqlite3 "$FN_HOME/state.db" 'SELECT substr(digest, 8) FROM image_layer')"
expect_exit 0 "$FN" files app:1
cmp out before
