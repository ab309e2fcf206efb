#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The same input gives the same digest, whatever the machine, the user and the hour.
. "$(dirname "$0")/../lib.sh"
mkdir -p tree/sub && cd tree
for n in $(seq 300); do echo "$n" >"file$n"; done
head -c 12000000 /dev/zero | openssl enc -aes-128-ctr -K 00 -iv 00 >sub/large 2>/dev/null
ln file1 sub/link && ln -s ../file2 sub/symlink && mkfifo sub/pipe && touch 'sub/umlaut-ä' $'sub/new\nline' &&
  chmod 4755 file3
cd ..

digest() { "$FN" build -q -t same:1 --layer a=tree "$@"; }
for codec in gzip zstd none; do
  want=$(digest --compression $codec --jobs 1)
  t "$codec: any number of threads"
  for jobs in 2 3 8 32; do
    expect_same "$jobs threads and one" "$(digest --compression $codec --jobs $jobs)" "$want"
  done
done
want=$(digest)

t 'umask, zone, locale, folder, home'
expect_same umask "$(umask 077 && digest)" "$want"
expect_same zone "$(TZ=Asia/Tokyo digest)" "$want"
expect_same locale "$(LC_ALL=C digest)" "$want"
expect_same folder "$(cd tree && "$FN" build -q -t same:1 --layer a=.)" "$want"
expect_same home "$(digest --home elsewhere)" "$want"

t 'a copy: another order of names in directories, other times, other inodes'
mkdir copy && (cd tree && find . -type d | sort -r | xargs -I{} mkdir -p ../copy/{}) &&
  (cd tree && find . ! -type d -print0 | sort -zr | tar --null -T - -c) | tar -C copy -x
find copy -print0 | xargs -0 touch -h -d '2031-01-01'
expect_same copy "$("$FN" build -q -t same:1 --layer a=copy)" "$want"

if [ "$(id -u)" = 0 ]; then
  t 'another user, who owns the files'
  cp -a tree theirs && chown -R 65534:65534 theirs && chmod 4755 theirs/file3 && mkdir -m 777 open && chmod 711 "$WORK"
  expect_same user "$(as_user "$FN" build -q -t same:1 --layer a=theirs --home open/home)" "$want"
fi

t 'SOURCE_DATE_EPOCH'
a=$(SOURCE_DATE_EPOCH=1700000000 digest)
b=$(SOURCE_DATE_EPOCH=1700000000 digest --jobs 7)
expect_same 'two builds' "$a" "$b"
[ "$a" != "$want" ] || die 'the time is not in the image'
expect_exit 0 "$FN" inspect --json same:1
expect_same created "$(json .created)" 2023-11-14T22:13:20Z
expect_exit 2 env SOURCE_DATE_EPOCH=yesterday "$FN" build -t same:1 --layer a=tree

t 'what is different is different'
chmod 755 tree/file9
[ "$(digest)" != "$want" ] || die 'a changed mode gave the same digest'
