#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# unpack REF DIR PATH..: these paths are what they are in the whole image, and layers without them are not read.
. "$(dirname "$0")/../lib.sh"
mkdir -p low/usr/lib/a low/etc mid/etc high/usr/lib && ln -s usr/lib low/lib && chmod 750 low/usr/lib/a
echo lib >low/usr/lib/a/lib.so && ln low/usr/lib/a/lib.so low/usr/lib/a/twin && ln low/usr/lib/a/lib.so low/usr/lib/b
echo one >low/etc/conf && echo gone >low/etc/gone && echo two >mid/etc/conf && echo high >high/usr/lib/high
(cd high && tar -cf ../high.tar --transform 's,^usr/lib,lib,' usr/lib/high) # below the link
"$FN" build -q -t app:1 --layer low=low --layer mid=mid --remove mid=etc/gone --layer high=high.tar >/dev/null
"$FN" unpack -q app:1 whole >/dev/null
part() { # EXPECTED PATH.. : the names of what is unpacked
  local expected=$1
  shift
  rm -rf part && expect_exit 0 "$FN" unpack app:1 part "$@"
  expect_same "names of $*" "$(cd part && find . -mindepth 1 | sort | paste -sd' ')" "$expected"
  (cd part && find . ! -type d) | while read -r name; do
    expect_same "$name" "$(stat -c '%A %u %g %Y %s' "part/$name")" "$(stat -c '%A %u %g %Y %s' "whole/$name")"
    [ -L "part/$name" ] || cmp "part/$name" "whole/$name"
  done
}

t 'files and directories, with the directories above, as they are in the image'
part './etc ./etc/conf' etc
part './etc ./etc/conf' /etc/conf
expect_same content "$(cat part/etc/conf)" two
part './usr ./usr/lib ./usr/lib/a ./usr/lib/a/lib.so ./usr/lib/a/twin' usr/lib/a
expect_same mode "$(stat -c %a part/usr/lib/a)" 750
expect_same 'one file' "$(stat -c %h part/usr/lib/a/lib.so)" 2

t 'links are followed on the way, and a path may be below one in its layer'
part './usr ./usr/lib ./usr/lib/high' lib/high
part './lib' lib
part './etc ./etc/conf ./lib' lib etc/conf
part "$(cd whole && find . -mindepth 1 | sort | paste -sd' ')" /

t 'of a file that is named by its other names only, one is the file'
part './usr ./usr/lib ./usr/lib/b' usr/lib/b
part './usr ./usr/lib ./usr/lib/a ./usr/lib/a/twin ./usr/lib/b' usr/lib/b usr/lib/a/twin
expect_same 'one file' "$(stat -c %h part/usr/lib/b)" 2

t 'what is not there is said, and nothing is left'
expect_exit 4 "$FN" unpack app:1 none etc/gone
expect_exit 4 "$FN" unpack app:1 none etc/conf etc/cnf
[ ! -e none ] || die 'it made the directory'
expect_exit 0 "$FN" unpack -n app:1 none etc/conf
expect_stdout_has 'would unpack 1 layer to none'

t 'a damaged layer that has nothing of it is not in the way'
blob=$FN_HOME/blobs/sha256/$("$FN" inspect app:1 --json | json '.layers[2].digest' | cut -d: -f2)
chmod 644 "$blob" && truncate -s 5 "$blob"
part './etc ./etc/conf' etc
rm -rf part && expect_exit 6 "$FN" unpack app:1 part lib/high
[ ! -e part ] || die 'it left something'
