#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../lib.sh"
need jq jq
need strace strace

found() {
  "$FN" find "$@" --json |
    jq -r '[.matches[] | "\(.reference) \(.layer) \(.path)\(if .hidden then " hidden" else "" end)"] | join(", ")'
}
digest_of() { echo "sha256:$(sha256sum <"$1" | cut -d' ' -f1)"; }

mkdir -p base/usr/lib base/etc code/srv/lib code/etc
echo library >base/usr/lib/libx.so.1 && ln -s libx.so.1 base/usr/lib/libx.so && echo one >base/etc/conf &&
  ln base/etc/conf base/etc/other && : >base/etc/empty
cp base/usr/lib/libx.so.1 code/srv/lib/copy && echo two >code/etc/conf
"$FN" build -q -t base:1 --layer base=base >made
"$FN" build -q -t app:1 --from base:1 --layer code=code --remove code=usr/lib/libx.so >made
"$FN" tag -q app:1 same:1 >made

t 'by the last part of a path, or by all of it'
expect_same name "$(found libx.so.1)" \
  'app:1 base usr/lib/libx.so.1, base:1 base usr/lib/libx.so.1, same:1 base usr/lib/libx.so.1'
expect_same path "$(found '/srv/**' --image app:1)" 'app:1 code srv/lib, app:1 code srv/lib/copy'
expect_same 'two patterns, once each' "$(found 'libx*' '**/libx.so.1' --image base:1 --image base:1)" \
  'base:1 base usr/lib/libx.so, base:1 base usr/lib/libx.so.1'

t 'hidden: overwritten or deleted by a layer above, in this image'
expect_same overwritten "$(found conf --image app:1 --image base:1)" \
  'app:1 base etc/conf hidden, app:1 code etc/conf, base:1 base etc/conf'
expect_same deleted "$(found libx.so --image app:1)" 'app:1 base usr/lib/libx.so hidden'
if [ -n "$(found '.wh.*')" ]; then die 'whiteouts are no files'; fi
expect_exit 0 "$FN" find conf --image app:1
grep -Eq '^app:1 +base +4 B +etc/conf  hidden$' out

t 'by content: the whole digest or its beginning; the empty file has one too'
library=$(digest_of base/usr/lib/libx.so.1)
expect_same content "$(found "${library:0:13}" --image app:1)" 'app:1 base usr/lib/libx.so.1, app:1 code srv/lib/copy'
expect_same empty "$(found "$(digest_of base/etc/empty)" --image base:1)" 'base:1 base etc/empty'
expect_exit 0 "$FN" find "$library" --image app:1 --json
expect_same document "$(json '.matches[0] | "\(.type) \(.size) \(.digest == "'"$library"'") \(.hidden)"')" \
  'file 8 true false'
expect_same image "$(json '.matches[0].image_digest')" "$("$FN" inspect -q app:1)"

t 'by the digest of a blob: who uses it'
blobs() { "$FN" find "$1" --json | jq -r '[.blobs[] | "\(.reference) \(.kind)"] | join(", ")'; }
layer=$("$FN" inspect base:1 --json | jq -r '.layers[0].digest')
expect_same layer "$(blobs "$layer")" 'app:1 layer, base:1 layer, same:1 layer'
expect_same config "$(blobs "$("$FN" inspect base:1 --json | jq -r .image)")" 'base:1 config'
expect_same manifest "$(blobs "$("$FN" inspect -q app:1)")" 'app:1 manifest, same:1 manifest'
expect_exit 0 "$FN" find "$layer"
expect_stdout_has "base:1     layer  $layer"

t '-q: references, each once'
expect_exit 0 "$FN" find 'lib*' conf -q
expect_stdout $'app:1\nbase:1\nsame:1'
expect_exit 0 "$FN" find copy -q
expect_stdout $'app:1\nsame:1'

t 'nothing found: exit 1 and not a word'
expect_exit 1 "$FN" find nothing
expect_stdout ''
expect_exit 1 "$FN" find sha256:000000 -q
expect_stdout ''
expect_exit 1 "$FN" find nothing --json
expect_same document "$(json '"\(.schema) \(.matches | length) \(.blobs | length)"')" 'fnimg.find/1 0 0'

t 'what can mean nothing'
expect_exit 2 "$FN" find sha256:12345
expect_stderr_has 'hint: '
expect_exit 2 "$FN" find sha256:12345G
expect_exit 2 "$FN" find /
expect_exit 2 "$FN" find
expect_exit 4 "$FN" find conf --image ap:1
expect_stderr_has "did you mean 'app:1'?"

t 'newlines, escapes and bytes that are no UTF-8'
mkdir odd && echo x >odd/$'a\nb\e[1m' && echo x >odd/$'a\xff'
"$FN" build -q -t odd:1 --layer odd=odd >made
expect_exit 0 "$FN" find 'a*' --image odd:1
expect_stdout_has 'a\nb\x1b[1m' 'a\xff'
expect_exit 0 "$FN" find 'a*' --image odd:1 --json
expect_same bytes "$(json '.matches[] | select(.path_b64) | .path_b64' | base64 -d)" $'a\xff'

t 'images that share layers and are not indexed, in a store that is read only: each blob is opened once'
"$FN" export -q base:1 -o base.oci >made && "$FN" export -q app:1 -o app.oci >made
for image in base app; do FN_HOME=$WORK/elsewhere "$FN" import -q $image.oci -t $image:1 >made; done
FN_HOME=$WORK/elsewhere "$FN" gc -q --reindex
"$FN" find conf --image app:1 --image base:1 >here
chmod 711 "$WORK" && chmod -R a+rX elsewhere
reader=()
[ "$(id -u)" != 0 ] || reader=(as_user)
mkdir -m 777 trace
"${reader[@]}" strace -f -qq -o trace/log -e trace=openat,openat2 "$FN" find conf --home "$WORK/elsewhere" >there
cmp here there
expect_same opened "$(grep -c "\"\(blobs/sha256/\)\?${layer#sha256:}\"" trace/log)" 1
FN_HOME=$WORK/elsewhere "$FN" find conf >there
cmp here there

t 'an image that cannot be read is no image without the file'
rm "$FN_HOME/blobs/sha256/$("$FN" inspect odd:1 --json | jq -r '.image[7:]')"
expect_exit 4 "$FN" find conf
expect_stderr_has "image 'odd:1'"
expect_exit 0 "$FN" find conf --image app:1
