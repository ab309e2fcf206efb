#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A blob that rotted is not used: what can be made again is, whatever else is refused with the way to repair it.
. "$(dirname "$0")/../lib.sh"
need jq jq

mkdir s t && head -c 300000 /dev/urandom >s/f && head -c 9000000 /dev/urandom >s/g && echo hi >t/g
build() { "$FN" build -t a:1 --layer x=s "$@"; }
build -q >/dev/null
layer=$("$FN" inspect a:1 --json | jq -r '.layers[0].digest')
good=$("$FN" inspect a:1 --json | jq -r .digest)
blob=$FN_HOME/blobs/sha256/${layer#sha256:}
cp -a "$FN_HOME" home.good
restore() { rm -rf "$FN_HOME" && cp -a home.good "$FN_HOME"; }
rot() { # KIND FILE
  chmod u+w "$2"
  case $1 in
    flip) printf XYZ | dd of="$2" bs=1 seek=5000 conv=notrunc status=none ;;
    end) printf X | dd of="$2" bs=1 seek=$(($(stat -c %s "$2") - 1)) conv=notrunc status=none ;;
    zeros) dd if=/dev/zero of="$2" bs=4096 seek=3 count=4 conv=notrunc status=none ;;
    cut) truncate -s 4000 "$2" ;;
    other) head -c "$(stat -c %s "$2")" /dev/urandom >x && mv x "$2" ;;
    link) mv "$2" moved && ln -s "$PWD/moved" "$2" ;;
    gone) rm "$2" ;;
  esac
}

t 'what a directory gives is made again, and the image is whole'
for kind in flip end zeros cut other link gone; do
  restore
  rot $kind "$blob"
  expect_exit 0 build --json
  expect_same "digest after $kind" "$(json .digest)" "$good"
  expect_same "reused after $kind" "$(json '.layers[0].reused | tostring')" false
  [ $kind = gone ] || [ $kind = link ] || expect_stderr_has "blob '$layer' is corrupt and is made again"
  expect_exit 0 "$FN" fsck --read-data
  rm -rf o && expect_exit 0 "$FN" unpack -q a:1 o
  expect_exit 0 build --json
  expect_same 'reused again' "$(json '.layers[0].reused | tostring')" true
  expect_same notes "$(cat err)" ''
done

t 'the same size and times do not make it the same'
restore
"$FN" build -q -t a:1 --layer x=s >/dev/null
touch -r "$blob" stamp
rot flip "$blob"
touch -r stamp "$blob"
expect_exit 0 build --json
expect_same reused "$(json '.layers[0].reused | tostring')" false
expect_exit 0 "$FN" fsck --read-data

t 'config and manifest are made again too'
for of in '.image' '.digest'; do
  restore
  document=$("$FN" inspect a:1 --json | jq -r "$of // .manifest.config.digest")
  [ "$document" != null ] || document=$(jq -r .config.digest "$FN_HOME/blobs/sha256/${good#sha256:}")
  printf X | dd of="$FN_HOME/blobs/sha256/${document#sha256:}" bs=1 seek=9 conv=notrunc status=none
  expect_exit 0 build -q
  expect_exit 0 "$FN" fsck --read-data
done

t 'a base, and a layer of another image, are proved before they are used'
for kind in flip zeros cut gone; do
  for with in '--from a:1 --layer y=t' '--layer z=image:a:1' '--layer y=t --layer z=image:a:1#x'; do
    restore
    rot $kind "$blob"
    # shellcheck disable=SC2086
    expect_exit 6 "$FN" build -t b:1 $with
    expect_stderr_has "$layer" 'which repairs it'
    expect_same images "$("$FN" ls -q)" a:1
    build -q >/dev/null 2>&1
    # shellcheck disable=SC2086
    expect_exit 0 "$FN" build -q -t b:1 $with
    expect_exit 0 "$FN" fsck --read-data
  done
done

t 'importing the image again repairs it'
restore
"$FN" export -q a:1 -o a.tar >/dev/null
rot flip "$blob"
expect_exit 0 "$FN" import -q a.tar -t a:1
expect_exit 0 "$FN" fsck --read-data

t 'a blob that is in the layout already is used by export if it is that blob'
"$FN" export -q a:1 --format oci-dir -o layout >/dev/null
for kind in flip end zeros cut other gone; do
  rot $kind "layout/blobs/sha256/${layer#sha256:}"
  expect_exit 0 "$FN" export -q a:1 --format oci-dir -o layout
  cmp "$blob" "layout/blobs/sha256/${layer#sha256:}"
done
