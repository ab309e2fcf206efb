#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What other tools write, right or nearly so, is read: histories that don't fit, docker's types in OCI manifests,
# layouts of links, the attributes of bsdtar, the members that only GNU tar knows.
. "$(dirname "$0")/../lib.sh"
export PYTHONPATH=$REPO/tests PYTHONDONTWRITEBYTECODE=1
"$PY" - <<'PY'
import gzip
from foreign_image import *
f, g = tar(("f", b"f")), tar(("g", b"g"))
step = {"created_by": "step"}; nothing = dict(step, empty_layer=True)
def one(name, *layers, **more):
    layout = Layout(name); layout.index((layout.image(*layers, **more), {}))
histories = {"h-less": [step], "h-more": [step] * 4, "h-empty": [nothing, nothing], "h-none": [], "h-null": None}
for name, history in histories.items():
    one(name, f, g, history=history)
one("t-docker-gzip", f, g, layer_type=DOCKER + "image.rootfs.diff.tar.gzip")
one("t-docker-tar", f, g, layer_type=DOCKER + "image.rootfs.diff.tar", pack=lambda tar: tar)
one("t-docker-foreign", f, g, layer_type=DOCKER + "image.rootfs.foreign.diff.tar.gzip")
one("t-oci-in-docker", f, g, manifest_type=DOCKER + "distribution.manifest.v2+json")
one("lies", f, g, layer_type=DOCKER + "image.rootfs.diff.tar.gzip", pack=lambda tar: tar)
PY

t 'a history of any length, docker types, and what is built on them is an image for strict readers'
for name in h-* t-*; do
  expect_exit 0 "$FN" import "$name" -t "$name:1"
  expect_same files "$("$FN" files -q "$name:1" | tr '\n' ' ')" 'f g '
  expect_exit 0 "$FN" history "$name:1" --json
  expect_same 'layers in the history' "$(json '[.history[] | select(.digest)] | length')" 2
  expect_exit 0 "$FN" why "$name:1" g
  "$FN" build -q -t "$name:2" --from "$name:1" --layer more="$name/blobs" >/dev/null
  config=$FN_HOME/blobs/sha256/$("$FN" inspect "$name:2" --json | jq -r '.image[7:]')
  expect_same 'entries for layers' "$(jq '[.history[] | select(.empty_layer | not)] | length' "$config")" 3
  "$FN" inspect "$name:2" --manifest | jq -e 'all(.layers[].mediaType; startswith("application/vnd.oci."))' >/dev/null
done
expect_exit 6 "$FN" import lies -t lies:1

t 'a layout whose blobs are links, as Bazel makes it; somebody else'\''s links are not followed'
mkdir store && for blob in h-less/blobs/sha256/*; do
  mv "$blob" store/ && ln -s "$WORK/store/${blob##*/}" "$blob"
done
expect_exit 0 "$FN" import h-less -t links:1 --home linked
expect_exit 0 "$FN" fsck --read-data --home linked
[ -z "$(find linked/blobs -type l)" ]
expect_exit 0 "$FN" diff h-less h-none --by file
if [ "$(id -u)" = 0 ]; then
  chown -h 12345 "$(find h-less/blobs -type l | head -n 1)"
  expect_exit 6 "$FN" import h-less -t links:1 --home foreign
  expect_stderr_has 'not a regular file'
fi

t 'attributes that stand in a tar as bsdtar and libarchive write them'
"$PY" - <<'PY'
from foreign_image import *
def pax(**records): return {"mode": 0o755, "pax_headers": {k.replace("__", "."): v for k, v in records.items()}}
cap = "AQAAAgAEAAAAAAAAAAAAAAAAAAA"
open("attributes.tar", "wb").write(tar(
    ("padded", b"", pax(LIBARCHIVE__xattr__security__capability=cap + "=")),
    ("bare", b"", pax(LIBARCHIVE__xattr__security__capability=cap)),
    ("both", b"", pax(LIBARCHIVE__xattr__user__note="aGk", SCHILY__xattr__user__note="hi")),
    ("encoded", b"", {"pax_headers": {"LIBARCHIVE.xattr.user.a%20b": "aGk="}})))
open("lie.tar", "wb").write(tar(("f", b"", pax(LIBARCHIVE__xattr__user__note="aGk", SCHILY__xattr__user__note="ho"))))
PY
"$FN" build -q -t attributes:1 --layer x=attributes.tar >/dev/null
expect_exit 0 "$FN" files attributes:1 --json
expect_same attributes "$(json '[.files[] | .path + " " + (.xattrs | keys | join(","))] | sort | join("; ")')" \
  'bare security.capability; both user.note; encoded user.a b; padded security.capability'
expect_exit 6 "$FN" build -t lie:1 --layer x=lie.tar

t "GNU tar's own: an incremental archive, a label; a part of a file is refused"
mkdir -p inc/d && echo x >inc/d/f
tar -C inc --format=gnu -g "$WORK/snapshot" -V 'of monday' -cf gnu.tar .
expect_exit 0 "$FN" build -q -t gnu:1 --layer x=gnu.tar
rm "$WORK/snapshot"
tar -C inc --format=posix -g "$WORK/snapshot" -V 'of monday' -cf posix.tar .
expect_exit 0 "$FN" build -q -t posix:1 --layer x=posix.tar
for name in gnu posix; do expect_same files "$("$FN" files -q $name:1 | tr '\n' ' ')" '. d d/f '; done
head -c 30000 /dev/urandom >inc/large
printf 'n %s\n' part2.tar | tar -C inc --format=gnu -M -L 20 -cf "$WORK/part1.tar" large >/dev/null 2>&1 || true
if [ -s inc/part2.tar ]; then mv inc/part2.tar .; fi
[ ! -s part2.tar ] || expect_exit 6 "$FN" build -t part:1 --layer x=part2.tar
