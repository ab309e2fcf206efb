#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../lib.sh"
need jq jq

# Two images, a:1 and b:1, of one layer each, with times and owners as the tar has them.
images() { # A.tar B.tar
  "$FN" build -q -t a:1 --layer code="$1" --times keep --owner keep >made
  "$FN" build -q -t b:1 --layer code="$2" --times keep --owner keep >made
}
# The causes' names on one line.
names() { "$FN" explain-digest "$@" -q >names.out || [ $? = 1 ] && paste -sd' ' names.out; }
cause() { # NAME FILTER : of that cause in the last document
  json ".causes[] | select(.what == \"$1\") | $2"
}

mkdir -p in/bin in/etc
echo 'echo hello' >in/bin/hello && chmod 755 in/bin/hello
echo a >in/etc/a && echo b >in/etc/b && echo c >in/etc/c
find in -exec touch -d @1000000000 {} +
tar=(tar --sort=name --numeric-owner --owner=0 --group=0 --format=ustar)
"${tar[@]}" -C in -cf base.tar bin etc

t 'the same: two names of one image, and what is in an archive'
"$FN" build -q -t app:1 --layer code=base.tar --env MODE=old >made
"$FN" tag -q app:1 same:1 >made
expect_exit 0 "$FN" explain-digest app:1 same:1
expect_stdout_has 'the same image: sha256:'
"$FN" export -q app:1 -o app.tar >made
expect_exit 0 "$FN" explain-digest app:1 app.tar --json
expect_same document "$(json '"\(.schema) \(.same) \(.causes | length)"')" 'fnimg.explain-digest/1 true 0'
"$FN" export -q app:1 --format oci-dir -o layout >made
expect_exit 0 "$FN" explain-digest ./layout app.tar -q
expect_stdout ''

t 'times: how many, from when to when, and what makes them equal'
touch -d @1700000000 in/etc/a
"${tar[@]}" -C in -cf time.tar bin etc
touch -d @1000000000 in/etc/a
images base.tar time.tar
expect_exit 1 "$FN" explain-digest a:1 b:1
expect_stdout_has 'layer code' 'mtime  1 of 6 entries' \
  '(A: 2001-09-09T01:46:40Z; B: 2001-09-09T01:46:40Z to 2023-11-14T22:13:20Z)' \
  'etc/a  2001-09-09T01:46:40Z  /  2023-11-14T22:13:20Z' 'SOURCE_DATE_EPOCH'
expect_same names "$(names a:1 b:1)" mtime

t 'owners and the names of owners'
tar --sort=name --owner=alice:1000 --group=users:100 --format=ustar -C in -cf owner.tar bin etc
images base.tar owner.tar
expect_exit 1 "$FN" explain-digest a:1 b:1 --json
expect_same owner \
  "$(cause owner '"\(.level) \(.layer) \(.count) \(.examples | length) \(.examples[0].a) \(.examples[0].b)"')" \
  'layer code 6 5 0:0 1000:100'
expect_exit 1 "$FN" explain-digest a:1 b:1 --json --all
expect_same 'all examples' "$(cause owner '.examples | length')" 6

t 'content, mode, type, links, and what only one has'
cp -a in other
echo more >>other/etc/a && chmod 600 other/etc/b && rm other/etc/c && mkdir other/etc/c && ln -s x other/etc/link &&
  ln -s hello in/bin/link
ln -s other other/bin/link && touch other/new
find in other -exec touch -h -d @1000000000 {} +
"${tar[@]}" -C in -cf one.tar bin etc
"${tar[@]}" -C other -cf two.tar bin etc new
images one.tar two.tar
expect_same names "$(names a:1 b:1)" 'only_in_b type content link mode'
expect_exit 1 "$FN" explain-digest a:1 b:1 --json
expect_same only "$(cause only_in_b '[.examples[].path] | join(" ")')" 'etc/link new'
expect_same mode "$(cause mode '.examples[0] | "\(.path) \(.a) \(.b)"')" 'etc/b 0644 0600'
expect_same link "$(cause link '.examples[0] | "\(.path) \(.a) \(.b)"')" 'bin/link hello other'
rm in/bin/link
touch -d @1000000000 in/bin

tar --no-recursion --numeric-owner --owner=0 --group=0 --format=ustar -C in -cf order.tar bin bin/hello \
  etc/c etc etc/a etc/b

# A layer of fnimg's is written anew, so what other programs write gets into images as blobs.
cat >layout.py <<'PY'
import gzip, hashlib, json, os, sys
out, tar, blob, media = sys.argv[1:5]
annotations = json.loads(sys.argv[5]) if len(sys.argv) > 5 else {}
os.makedirs(out + "/blobs/sha256")
def put(data):
    name = hashlib.sha256(data).hexdigest()
    open(f"{out}/blobs/sha256/{name}", "wb").write(data)
    return {"digest": "sha256:" + name, "size": len(data)}
read = lambda path: open(path, "rb").read()
diff_id = "sha256:" + hashlib.sha256(read(tar)).hexdigest()
rootfs = {"type": "layers", "diff_ids": [diff_id]}
config = put(json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": rootfs}).encode())
layer = put(read(blob))
layer["mediaType"] = "application/vnd.oci.image.layer.v1." + media
layer["annotations"] = {"dev.fn.layer.name": "code", **annotations}
config["mediaType"] = "application/vnd.oci.image.config.v1+json"
media_type = "application/vnd.oci.image.manifest.v1+json"
manifest = {"schemaVersion": 2, "mediaType": media_type, "config": config, "layers": [layer]}
manifest = put(json.dumps(manifest).encode())
manifest["mediaType"] = "application/vnd.oci.image.manifest.v1+json"
json.dump({"schemaVersion": 2, "manifests": [manifest]}, open(out + "/index.json", "w"))
json.dump({"imageLayoutVersion": "1.0.0"}, open(out + "/oci-layout", "w"))
PY
layout() { rm -rf "$1" && "$PY" layout.py "$@"; }
plain() { layout one "$1" "$1" tar && layout two "$2" "$2" tar; }

t 'order, of tars as they are'
plain base.tar order.tar
expect_same names "$(names ./one ./two)" order
expect_exit 1 "$FN" explain-digest ./one ./two
expect_stdout_has '1 of 6 entries is in a different order' 'etc/c  entry 5  /  entry 2'

t 'names of owners, formats, headers and trailers, which no layer needs'
plain base.tar owner.tar
expect_same names "$(names ./one ./two)" 'owner owner_name'
tar --sort=name --numeric-owner --owner=0 --group=0 --format=gnu -C in -cf gnu.tar bin etc
plain base.tar gnu.tar
expect_same names "$(names ./one ./two)" format
tar --sort=name --numeric-owner --owner=0 --group=0 --format=ustar -C in -cf dot.tar ./bin ./etc
plain base.tar dot.tar
expect_same names "$(names ./one ./two)" header
expect_exit 1 "$FN" explain-digest ./one ./two
expect_stdout_has 'header  6 of 6 entries have the same metadata in different header bytes (name in 6)' \
  "name 'bin/hello'  /  name './bin/hello'"
"${tar[@]}" -b 1 -C in -cf short.tar bin etc
plain base.tar short.tar
expect_same names "$(names ./one ./two)" trailer
tar --sort=name --numeric-owner --owner=0 --group=0 --format=posix --pax-option=delete=ctime -C in -cf pax.tar bin etc
tar --sort=name --numeric-owner --owner=0 --group=0 --format=posix -C in -cf times.tar bin etc
plain pax.tar times.tar
expect_exit 1 "$FN" explain-digest ./one ./two
expect_stdout_has 'PAX ctime in 6'
expect_same names "$(names ./one ./two)" header

t 'padding that is not zero: nothing else differs'
"$PY" -c '
data = bytearray(open("base.tar", "rb").read())
data[data.index(b"echo hello\n") + 100] = 1
open("padding.tar", "wb").write(data)'
plain base.tar padding.tar
expect_same names "$(names ./one ./two)" padding

t 'codecs of fnimg: gzip:4 and gzip:6, zstd and gzip'
seq 1 50000 >in/etc/c && touch -d @1000000000 in/etc/c
"$FN" build -q -t gzip4:1 --layer code=in >made
"$FN" build -q -t gzip6:1 --layer code=in --compression gzip:6 >made
"$FN" build -q -t zstd:1 --layer code=in --compression zstd >made
expect_exit 1 "$FN" explain-digest gzip4:1 gzip6:1
expect_stdout_has 'both hold the same tar' 'gzip:4' 'gzip:6' '--compression'
expect_same names "$(names gzip4:1 gzip6:1)" codec
expect_same names "$(names gzip4:1 zstd:1)" compression
expect_exit 1 "$FN" explain-digest gzip4:1#code zstd:1#0
expect_stdout_has 'two layers that differ' 'A is gzip, B is zstd'

t 'the gzip header of another program'
"${tar[@]}" -C in -cf big.tar bin etc
gzip -n -9 <big.tar >n.gz
cp big.tar named && touch -d @1700000000 named && gzip -9 named
layout one big.tar n.gz tar+gzip
layout two big.tar named.gz tar+gzip
expect_same names "$(names ./one ./two)" gzip_header
expect_exit 1 "$FN" explain-digest ./one ./two
expect_stdout_has 'mtime  none  /  2023-11-14T22:13:20Z' 'name   -     /  named' 'gzip -n'
gzip -n -1 <big.tar >fast.gz
layout two big.tar fast.gz tar+gzip
expect_same names "$(names ./one ./two)" 'gzip_header compressed_bytes'
{ head -c 10000 big.tar | gzip -n -9 && tail -c +10001 big.tar | gzip -n -9; } >members.gz
layout two big.tar members.gz tar+gzip
expect_same names "$(names ./one ./two)" gzip_members
gzip -n -8 <big.tar |
  "$PY" -c 'import sys; data = bytearray(sys.stdin.buffer.read()); data[8] = 2; sys.stdout.buffer.write(data)' >eight.gz
if ! cmp -s eight.gz n.gz; then
  layout two big.tar eight.gz tar+gzip
  expect_same names "$(names ./one ./two)" compressed_bytes
fi

t 'zstd frames of another program'
if command -v zstd >/dev/null; then
  zstd -q -3 --no-check <big.tar >three.zst
  zstd -q -3 --check <big.tar >check.zst
  layout one big.tar three.zst tar+zstd
  layout two big.tar check.zst tar+zstd
  expect_same names "$(names ./one ./two)" zstd_frames
  expect_exit 1 "$FN" explain-digest ./one ./two
  expect_stdout_has 'frames with a checksum  none  /  all'
fi

t 'the config: what it does before when it was made'
"$FN" build -q -t new:1 --layer code=base.tar --env MODE=new --label team=x >made
SOURCE_DATE_EPOCH=1700000000 "$FN" build -q -t later:1 --layer code=base.tar --env MODE=old >made
expect_exit 1 "$FN" explain-digest app:1 new:1 --json
expect_same env "$(cause env '"\(.level) \(.examples[0].name) \(.examples[0].a) \(.examples[0].b)"')" \
  'config MODE old new'
expect_same names "$(names app:1 new:1)" 'env labels'
expect_same names "$(names app:1 later:1)" 'created history'

t 'layers that only one image has, and annotations'
"$FN" build -q -t two:1 --from app:1 --layer more=in/etc --annotation k=v >made
expect_exit 1 "$FN" explain-digest app:1 two:1
expect_stdout_has 'A has 1 layer, B has 2' 'more  -  /'
[[ "$(names app:1 two:1)" == layers*annotations* ]] || die "$(names app:1 two:1)"

t 'the digest of any blob: config and layer'
config=$("$FN" inspect app:1 --json | jq -r .image) other=$("$FN" inspect new:1 --json | jq -r .image)
expect_same names "$(names "$config" "$other")" 'env labels'
layer=$("$FN" inspect gzip4:1 --json | jq -r '.layers[0].digest')
second=$("$FN" inspect gzip6:1 --json | jq -r '.layers[0].digest')
expect_same names "$(names "$layer" "${second:7:12}")" codec
expect_exit 2 "$FN" explain-digest "$layer" app:1
expect_stderr_has "cannot compare layer '$layer' with image 'app:1'" 'compare two things of the same kind'

t 'a docker-archive, compressed, has no manifest of its own'
"$FN" export -q app:1 --format docker-archive -o docker.tar >made
gzip -n docker.tar
mkdir tmp
TMPDIR=$WORK/tmp expect_exit 1 "$FN" explain-digest app:1 docker.tar.gz
expect_stdout_has 'compression' 'both hold the same tar'
expect_same 'left in TMPDIR' "$(ls -A tmp)" ''

t 'an archive on stdin; Ctrl-C leaves nothing behind'
expect_exit 0 env TMPDIR="$WORK/tmp" sh -c '"$@" <app.tar' sh "$FN" explain-digest app:1 -
{ head -c 4000 app.tar && sleep 3; } |
  TMPDIR=$WORK/tmp timeout -s INT 1 "$FN" explain-digest app:1 - >out 2>err || code=$?
expect_same 'exit code' "$code" 124
expect_same 'left in TMPDIR' "$(ls -A tmp)" ''
expect_exit 2 env TMPDIR="$WORK/none" "$FN" explain-digest app:1 app.tar
expect_stderr_has "TMPDIR '$WORK/none' is not a directory"

t 'what is not there, what has no digest, and one stdin'
expect_exit 4 "$FN" explain-digest app:1 appp:1
expect_stderr_has "image 'appp:1' not found" "did you mean 'app:1'?"
expect_exit 4 "$FN" explain-digest app:1 Missing.tar
expect_stderr_has "'Missing.tar' is neither a stored image nor a file"
expect_exit 4 "$FN" explain-digest app:1#cod app:1
expect_stderr_has "did you mean 'code'?"
expect_exit 2 "$FN" explain-digest app:1 ./in
expect_stderr_has 'is a plain directory' 'fnimg build'
expect_exit 2 "$FN" explain-digest - -
expect_exit 2 "$FN" explain-digest app:1

t 'a damaged layer is no answer'
blob=$FN_HOME/blobs/sha256/${layer#sha256:}
chmod u+w "$blob"
printf 'X' | dd of="$blob" bs=1 seek=200 conv=notrunc status=none
expect_exit 6 "$FN" explain-digest gzip4:1 gzip6:1
expect_stderr_has "layer '$layer': digest mismatch"
TMPDIR=$WORK/tmp expect_exit 6 "$FN" explain-digest gzip4:1 docker.tar.gz
expect_same 'left in TMPDIR' "$(ls -A tmp)" ''

t 'limits'
expect_exit 6 "$FN" explain-digest app:1 gzip6:1 --max-entries 2
expect_stderr_has 'more than 2 entries'
