#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What build makes, all readers accept, however far it expands: holes and repetitions, of any codec and source.
. "$(dirname "$0")/../lib.sh"
need xz xz-utils
need zstd zstd

mkdir holes words
truncate -s 200M holes/disk.img
printf end | dd of=holes/disk.img bs=1 seek=150000000 conv=notrunc status=none
head -c 100000000 /dev/zero | tr '\0' x >words/x
truncate -s 100M plain.img
tar -cf plain.tar plain.img
tar -cSf gnu.tar --format=gnu -C holes disk.img
tar -cSf pax.tar --format=pax -C holes disk.img
xz -k plain.tar && zstd -q plain.tar

reads() { # NAME SOURCE CODEC
  t "$1: $2 with $3"
  rm -rf tree flat
  expect_exit 0 "$FN" build -t "$1:1" --layer x="$2" --compression "$3"
  expect_exit 0 "$FN" fsck --read-data
  expect_exit 0 "$FN" unpack "$1:1" tree
  expect_exit 0 "$FN" export "$1:1" -o "$1.tar"
  rm -rf other && expect_exit 0 "$FN" --home other import "$1.tar"
  rm -f "$1.tar"
  expect_exit 0 "$FN" build -t "$1:flat" --layer x="image:$1:1" --include '*' --compression "$3"
  expect_exit 0 "$FN" unpack "$1:flat" flat
  cmp tree/* flat/*
}

reads holes holes zstd:3
reads words words zstd:1
reads gnu gnu.tar gzip:1
reads pax pax.tar zstd:9
reads xz plain.tar.xz none
reads zst plain.tar.zst zstd:3

t 'more than a reader takes is not made'
mkdir vast && truncate -s 65G vast/disk.img
expect_exit 7 "$FN" build -t vast:1 --layer x=vast --compression zstd:1
expect_stderr_has "layer 'x': the layer would be of 69.8 GB, and none of more than 68.7 GB can be read"
