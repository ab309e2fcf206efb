#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Results go into what stands where they are wanted: pipes, devices, links and empty directories stay what they are.
# What can't be written is said before the work.
. "$(dirname "$0")/../lib.sh"
mkdir src && echo hi >src/f
digest=$("$FN" build -q -t app:v1 --layer x=src)
"$FN" export -q app:v1 -o plain.tar >/dev/null

t 'an archive into a named pipe, a descriptor, a link, a file that has another name'
mkfifo pipe && { timeout 60 cat pipe >got & }
expect_exit 0 "$FN" export app:v1 -o pipe
wait
cmp got plain.tar && [ -p pipe ]
expect_exit 0 "$FN" export app:v1 -o >(cat >got2)
wait
until cmp -s got2 plain.tar; do sleep 0.05; done
mkdir elsewhere && ln -s elsewhere/app.tar link
expect_exit 0 "$FN" export app:v1 -o link
[ -L link ] && cmp elsewhere/app.tar plain.tar
echo old >one && ln one two
expect_exit 0 "$FN" export app:v1 -o one
cmp two plain.tar

t 'stdout by any of its names is the archive and nothing else'
for name in - /dev/stdout /dev/fd/1 /proc/self/fd/1; do
  "$FN" export app:v1 -o "$name" | cmp - plain.tar
done
ln -s /dev/stdout log && "$FN" export app:v1 -o log >redirected && cmp redirected plain.tar
echo before >appended && "$FN" build -q -t app:v1 --layer x=src --digest-file /dev/stdout >>appended
expect_same 'what was appended' "$(cat appended)" "$(printf 'before\n%s\n%s' "$digest" "$digest")"

t 'mode and owner of what is replaced'
echo old >kept && chmod 604 kept
if [ "$(id -u)" = 0 ]; then chown 12:34 kept; fi
before=$(stat -c '%a %u %g' kept)
expect_exit 0 "$FN" build -q -t app:v1 --layer x=src --digest-file kept
expect_same digest "$(cat kept)" "$digest"
expect_same 'mode and owner' "$(stat -c '%a %u %g' kept)" "$before"

t 'a digest that goes nowhere: nothing is built, nothing is named'
ln -s loop loop
for place in no/such/dir/d src loop /dev/full; do
  expect_exit "$(case $place in no/*) echo 4 ;; /dev/full) echo 3 ;; *) echo 2 ;; esac)" \
    "$FN" build -t lost:1 --layer x=src --digest-file "$place"
done
for place in no/such/dir/d src loop; do
  "$FN" build -n -t lost:1 --layer x=src --digest-file "$place" >/dev/null 2>&1 && die "--dry-run does not see $place"
done
expect_same references "$("$FN" ls -q)" app:v1
expect_exit 2 "$FN" export app:v1 -o src
expect_exit 4 "$FN" export app:v1 -o no/such/dir/app.tar

t 'a tree into a directory that keeps its place'
"$FN" unpack -q app:v1 reference >/dev/null
mkdir here linked && ln -s linked to
(cd here && expect_exit 0 "$FN" unpack app:v1 .)
expect_exit 0 "$FN" unpack app:v1 to
same_tree reference here --ignore dirmtime
same_tree reference linked --ignore dirmtime
[ -L to ]
expect_exit 2 "$FN" unpack app:v1 here
mkdir remains && mkdir -p remains/.fnimg.unpacking/half
(cd remains && expect_exit 0 "$FN" unpack app:v1 .)
same_tree reference remains --ignore dirmtime

t 'a layout into an empty directory, not among other files'
mkdir empty && expect_exit 0 "$FN" export app:v1 --format oci-dir -o empty
expect_exit 0 "$FN" export app:v1 --format oci-dir -o empty
cp -a src before && expect_exit 2 "$FN" export app:v1 --format oci-dir -o src
expect_exit 2 "$FN" export app:v1 --format oci-dir -n -o src
same_tree src before

t 'mount points: a file, a directory, a fresh file system'
[ "$(id -u)" = 0 ] || skip 'mounting needs root'
echo old >under && touch over
unshare -m sh -euc '
  mount --bind under over && "$FN" export -q app:v1 -o over >/dev/null && cmp over plain.tar
  mkdir volume && mount -t tmpfs none volume && mkdir volume/lost+found
  "$FN" unpack -q app:v1 volume >/dev/null && diff -r reference/f volume/f
  mkdir layout && mount -t tmpfs none layout && "$FN" export -q app:v1 --format oci-dir -o layout >/dev/null
  [ -f layout/oci-layout ] && [ "$(stat -c %a volume)" = "$(stat -c %a reference)" ]
' || die 'a mount point was not taken'
cmp under plain.tar
