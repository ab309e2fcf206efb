#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What is exported comes back as the same image: archives and layouts, files and pipes. What is damaged on the way
# doesn't come back.
. "$(dirname "$0")/../lib.sh"
mkdir src && seq 1000 >src/numbers && ln src/numbers src/also
digest=$("$FN" build -q -t app:v1 --layer a=src --layer b=src --compression zstd)

t 'OCI layout and archive: the digest stays'
for format in oci-archive oci-dir; do
  expect_exit 0 "$FN" export app:v1 --format $format -o "out.$format"
  expect_exit 0 "$FN" import "out.$format" --home "home.$format"
  expect_same reference "$("$FN" ls -q --home "home.$format")" app:v1
  expect_same digest "$("$FN" ls --json --home "home.$format" | jq -r '.images[0].digest')" "$digest"
  expect_exit 0 "$FN" fsck --read-data --home "home.$format"
done

t 'docker-archive: config and layers stay, a manifest is made'
expect_exit 0 "$FN" export app:v1 --format docker-archive -o docker.tar
expect_exit 0 "$FN" import docker.tar -t app:docker
expect_same 'image ID' "$("$FN" inspect --json app:docker | jq -r .image)" \
  "$("$FN" inspect --json app:v1 | jq -r .image)"

t 'pipes, also compressed ones'
"$FN" export app:v1 -o - | "$FN" import - -t app:piped >/dev/null
"$FN" export app:v1 -o - | gzip | "$FN" import - -t app:zipped >/dev/null
expect_same digests \
  "$("$FN" ls --json | jq -r '[.images[] | select(.reference != "app:docker") | .digest] | unique | length')" 1

t 'the same image gives the same archive, and a layout takes a second one'
"$FN" export -q app:v1 -o again.tar >/dev/null && cmp out.oci-archive again.tar
"$FN" build -q -t other:1 --layer a=src >/dev/null
expect_exit 0 "$FN" export other:1 --format oci-dir -o out.oci-dir
expect_exit 2 "$FN" import out.oci-dir --home two
expect_stderr_has 'app:v1' 'other:1' '--image'
expect_exit 0 "$FN" import out.oci-dir --image other:1 --home two
expect_exit 4 "$FN" import out.oci-dir --image othr:1 --home two
expect_stderr_has "did you mean 'other:1'?"

t 'a byte that flipped, an archive that ends early, something else'
cp out.oci-archive flipped.tar
printf 'X' | dd of=flipped.tar bs=1 seek=2100 conv=notrunc status=none
expect_exit 6 "$FN" import flipped.tar -t bad:1
head -c 3000 docker.tar >short.tar
expect_exit 6 "$FN" import short.tar -t bad:1
tar -cf plain.tar src
expect_exit 2 "$FN" import plain.tar -t bad:1
expect_stderr_has 'hint: '
expect_exit 4 "$FN" import nowhere.tar -t bad:1
expect_exit 4 "$FN" inspect bad:1
expect_exit 2 "$FN" export app:v1
expect_exit 0 "$FN" fsck --read-data
