#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../lib.sh"

t 'no store has no problem'
expect_exit 0 "$FN" fsck --read-data
expect_same stderr "$(cat err)" ''

mkdir base && head -c 100000 /dev/urandom >base/b
"$FN" build -q -t app:v1 --layer base=base >/dev/null
layer=$("$FN" inspect app:v1 --json | json '.layers[0].digest')
blob=$FN_HOME/blobs/sha256/${layer#sha256:}
restore() { cp "$WORK/good" "$blob"; }
cp "$blob" good && chmod u+w "$blob"

t 'a whole store'
expect_exit 0 "$FN" fsck --read-data --json
expect_same findings "$(json '.findings | length')" 0
expect_same counts "$(json '"\(.images) \(.blobs)"')" '1 3'

t "a flipped byte is found where data is read, and is the digest's affair, not the decoder's"
printf X | dd of="$blob" bs=1 seek=5000 conv=notrunc status=none
expect_exit 0 "$FN" fsck
expect_exit 1 "$FN" fsck --read-data
expect_stdout_has "$layer: digest mismatch"
restore

t 'a damaged marker of the layout: its content is said'
cp "$FN_HOME/oci-layout" marker && echo x >"$FN_HOME/oci-layout"
expect_exit 6 "$FN" ls
expect_stderr_has "oci-layout'" 'hint: the file of every layout contains {"imageLayoutVersion":"1.0.0"}'
cp marker "$FN_HOME/oci-layout" && expect_exit 0 "$FN" fsck

t 'a blob that is missing or cut short is found without reading'
truncate -s 100 "$blob"
expect_exit 1 "$FN" fsck --json
expect_same subject "$(json '[.findings[] | .subject + .problem] | any(contains("'"$layer"'"))')" true
rm "$blob"
expect_exit 1 "$FN" fsck
expect_stdout_has "$layer"
restore

t 'a blob that no image needs is hashed too'
echo lie >"$FN_HOME/blobs/sha256/$(printf 'a%.0s' {1..64})"
expect_exit 1 "$FN" fsck --read-data -q
expect_same findings "$(wc -l <out)" 1
expect_stdout_has 'sha256:aaaa'
"$FN" gc -q

t 'a layer that blows up beyond the limit that was set'
expect_exit 1 "$FN" fsck --read-data --max-bytes 50k
expect_stdout_has "$layer: "

t 'a config that lies about its layer: only who decodes it finds out'
"$PY" - "$FN_HOME" <<'EOF'
import hashlib, json, sqlite3, sys
home = sys.argv[1]
db = sqlite3.connect(home + '/state.db')
blob = lambda digest: home + '/blobs/sha256/' + digest[7:]
def put(document):
    raw = json.dumps(document).encode()
    digest = 'sha256:' + hashlib.sha256(raw).hexdigest()
    open(blob(digest), 'wb').write(raw)
    return {'digest': digest, 'size': len(raw)}
manifest = json.load(open(blob(db.execute('SELECT digest FROM image').fetchone()[0])))
config = json.load(open(blob(manifest['config']['digest'])))
config['rootfs']['diff_ids'] = ['sha256:' + 'b' * 64]
manifest['config'].update(put(config))
made = put(manifest)
db.execute('UPDATE image SET digest = ?, size = ?', (made['digest'], made['size']))
db.execute('UPDATE image_layer SET diff_id = ?', ('sha256:' + 'b' * 64,))
db.commit()
EOF
"$FN" tag app:v1 app:lie >/dev/null
expect_exit 0 "$FN" fsck
expect_exit 1 "$FN" fsck --read-data
expect_stdout_has "$layer: the config says diffID 'sha256:bbbb"
expect_same findings "$(wc -l <out)" 1
