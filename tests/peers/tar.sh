#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Our layers are tars to everybody: GNU tar, bsdtar and Python extract the tree that went in. And their tars, in every
# format that they write, are read by us as they meant them.
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/rich_image.sh"
need bsdtar libarchive-tools
need_root
rich_tree rich

blob_of() { echo "$FN_HOME/blobs/sha256/$("$FN" inspect --json "$1" | jq -r '.layers[0].digest[7:]')"; }

for codec in gzip zstd none; do
  t "$codec: GNU tar and bsdtar extract it, and the stream is whole"
  "$FN" build -q -t "rich:$codec" --layer a=rich --owner keep --times keep --compression $codec >/dev/null
  blob=$(blob_of "rich:$codec")
  case $codec in
    gzip) gzip -t <"$blob" && gzip -dc <"$blob" >plain.tar ;;
    zstd) zstd -q -t <"$blob" && zstd -q -dc <"$blob" >plain.tar ;;
    none) cp "$blob" plain.tar ;;
  esac
  expect_same diffID "sha256:$(sha256sum <plain.tar | cut -d' ' -f1)" \
    "$("$FN" inspect --json "rich:$codec" | jq -r '.layers[0].diff_id')"
  mkdir gnu bsd
  tar -C gnu --delay-directory-restore --xattrs --xattrs-include='*' --numeric-owner -xpf plain.tar
  same_tree rich gnu --ignore root
  bsdtar -C bsd --numeric-owner -xpf "$blob"
  same_tree rich bsd --ignore root
  "$PY" - plain.tar <<'END' || die 'Python does not like it'
import sys, tarfile
with tarfile.open(sys.argv[1]) as tar:
    members = tar.getmembers()
    assert all(m.uname == "" and m.gname == "" for m in members), "names of users"
    names = [m.name for m in members]
    assert names == sorted(names, key=lambda n: n.encode("utf-8", "surrogateescape")), "order"
END
  rm -rf gnu bsd plain.tar
done

t 'their tars come in as they meant them'
for format in gnu posix ustar oldgnu bsd-pax bsd-ustar python; do
  exclude=(--exclude './nnnn*' --exclude './dir/symlink' --exclude './long-link')
  case $format in
    ustar) tar -C rich "${exclude[@]}" --exclude ./empty --format=ustar --numeric-owner -cf in.tar . ;;
    bsd-ustar) bsdtar -C rich "${exclude[@]}" --exclude ./empty --format=ustar --numeric-owner -cf in.tar . ;;
    bsd-pax) bsdtar -C rich --format=pax --numeric-owner --xattrs -cf in.tar . ;;
    python) (cd rich && "$PY" -c 'import tarfile
with tarfile.open("../in.tar", "w", format=tarfile.GNU_FORMAT) as tar: tar.add(".")') ;;
    posix) tar -C rich --format=posix --sparse --xattrs --xattrs-include='*' --numeric-owner -cf in.tar . ;;
    *) tar -C rich --format="$format" --sparse --numeric-owner -cf in.tar . ;;
  esac
  mkdir want
  case $format in
    bsd-*) bsdtar -C want --numeric-owner -xpf in.tar ;;
    *) tar -C want --delay-directory-restore --xattrs --xattrs-include='*' --numeric-owner -xpf in.tar ;;
  esac
  "$FN" build -q -t "in:$format" --layer a=in.tar >/dev/null
  expect_exit 0 "$FN" unpack "in:$format" got
  same_tree want got --ignore root
  rm -rf want got in.tar
done
for version in 0.0 0.1 1.0; do
  tar -C rich --format=posix --sparse --sparse-version=$version -cf in.tar sparse large
  "$FN" build -q -t "sparse:$version" --layer a=in.tar >/dev/null
  "$FN" cat "sparse:$version" sparse | cmp - rich/sparse
done
