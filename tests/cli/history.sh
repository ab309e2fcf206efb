#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../lib.sh"

mkdir base code && echo b >base/b && echo c >code/c
"$FN" build -q -t base:v1 --layer base=base >/dev/null
"$FN" build -q -t app:v1 --from base:v1 --layer code=code >/dev/null

t 'a line for each step, newest last, with its layer'
expect_exit 0 "$FN" history app:v1
expect_stdout_has 'CREATED' 'CREATED BY'
expect_same layers "$(sed 1d out | awk '{print $4}' | paste -sd ,)" base,code

t 'steps that added nothing are shown with size 0'
expect_exit 0 "$FN" export base:v1 --format oci-dir -o layout
"$PY" - <<'EOF'
import hashlib, json, os
def put(document):
    raw = json.dumps(document).encode()
    name = hashlib.sha256(raw).hexdigest()
    open('layout/blobs/sha256/' + name, 'wb').write(raw)
    return {'digest': 'sha256:' + name, 'size': len(raw)}
read = lambda digest: json.load(open('layout/blobs/sha256/' + digest[7:]))
index = json.load(open('layout/index.json'))
manifest = read(index['manifests'][0]['digest'])
config = read(manifest['config']['digest'])
config['history'].append({'created_by': 'ENV \x1b[31mA=b', 'empty_layer': True})
manifest['config'].update(put(config))
index['manifests'][0].update(put(manifest))
json.dump(index, open('layout/index.json', 'w'))
EOF
expect_exit 0 "$FN" import layout -t foreign:v1
expect_exit 0 "$FN" history foreign:v1
expect_stdout_has 'ENV \x1b[31mA=b' '0 B'
expect_exit 0 "$FN" history foreign:v1 --json
expect_same step "$(json '.history[-1] | "\(.size) \(.empty_layer) \(has("layer"))"')" '0 true false'
expect_same first "$(json '.history[0].layer')" base
