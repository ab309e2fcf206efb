#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../lib.sh"

mkdir -p base/usr/lib base/etc app/etc
echo new >app/etc/conf && echo old >base/etc/conf && echo release >base/usr/lib/os-release
ln -s ../usr/lib/os-release base/etc/os-release && ln base/usr/lib/os-release base/usr/lib/same
ln -s /usr/lib base/lib && ln -s b base/a && ln -s a base/b && head -c 3000000 /dev/urandom >base/big && : >base/empty
"$FN" build -q -t app:v1 --layer base=base --layer app=app --compression none >/dev/null

t 'bytes come out as they went in, through links and other names, the upper layer first'
"$FN" cat app:v1 big | cmp - base/big
for path in etc/os-release /lib/os-release usr/lib/same ../lib/./same; do
  expect_exit 0 "$FN" cat app:v1 "$path"
  expect_stdout release
done
expect_exit 0 "$FN" cat app:v1 etc/conf
expect_stdout new
expect_exit 0 "$FN" cat app:v1 empty
expect_stdout ''
expect_exit 0 "$FN" cat app:v1 etc/conf --json
expect_same content "$(json .content_b64 | base64 -d)" new

t 'a file whose first name an upper layer deletes'
"$FN" build -q -t app:v2 --layer base=base --layer app=app --remove app=usr/lib/os-release >/dev/null
expect_exit 0 "$FN" cat app:v2 usr/lib/same
expect_stdout release
expect_exit 4 "$FN" cat app:v2 etc/os-release
expect_stderr_has "a link points to 'usr/lib/os-release'"

t 'what can not be printed'
expect_exit 2 "$FN" cat app:v1 etc
expect_stderr_has "'etc' is a directory" "fnimg files app:v1 etc"
expect_exit 4 "$FN" cat app:v1 etc/cnf
expect_stderr_has "did you mean 'etc/conf'?"
expect_exit 4 "$FN" cat app:v1 a
expect_stderr_has "more than 40 symbolic links"
expect_exit 4 "$FN" cat app:v1 etc/conf/x

t 'not a byte of a layer that is damaged behind the file'
blob=$FN_HOME/blobs/sha256/$("$FN" inspect app:v1 --json | json '.layers[0].digest[7:]')
chmod u+w "$blob" && printf X | dd of="$blob" bs=1 seek=2000000 conv=notrunc status=none
expect_exit 6 "$FN" cat app:v1 usr/lib/os-release
expect_stdout ''
expect_stderr_has "digest mismatch"
