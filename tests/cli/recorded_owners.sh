#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Owners that an ordinary user's unpack could only record: builds and comparisons take them for the real ones, and the
# record itself gets into no layer.
. "$(dirname "$0")/../lib.sh"
need_root
need jq jq
need setfattr attr
key=user.rootlesscontainers

mkdir -p src/dir/deep && echo one >src/file && echo two >src/dir/data && ln src/file src/dir/second
echo root >src/dir/deep/root && ln -s ../file src/dir/link && mkfifo src/pipe && echo mine >src/mine
chown -R 33:44 src/dir && chown 1000 src/file && chown -h 5:6 src/dir/link && chown 7:8 src/pipe
chown 65534:65534 src/mine && chown 0:0 src/dir/deep/root
chmod 4711 src/dir/data && mknod src/dir/null c 1 3 && setcap cap_net_raw+ep src/mine
"$FN" build -q -t app:1 --layer a=src --owner keep >made
chmod 711 "$WORK" && chmod -R go+rX "$FN_HOME" && mkdir -m 777 open
as_user "$FN" unpack -q app:1 open/tree >made
owners() { jq -r '.files[] | select(.path | test("link|pipe|null") | not) | "\(.path) \(.uid):\(.gid)"' "$@"; }
"$FN" files app:1 --json | owners >want

t 'a build that keeps owners takes the recorded ones: files, directories, hard links; twice, by the cache'
for n in 1 2; do
  expect_exit 0 as_user "$FN" --home open/home build -q -t b:$n --layer x=open/tree --owner keep
  expect_exit 0 as_user "$FN" --home open/home files b:$n --json
  owners out | diff want - || die 'other owners'
  ! grep -q rootlesscontainers out || die 'the record is in the image'
done
expect_exit 0 "$FN" build -q -t root:1 --layer x=open/tree --owner keep
"$FN" files root:1 --json | owners | diff want - || die 'root reads other owners'

t 'also in a part of the tree, an archive of it, and an image that has records'
expect_exit 0 as_user "$FN" --home open/home build -q -t part:1 --layer x=open/tree/dir --owner keep
expect_same 'a file of root' "$(as_user "$FN" --home open/home files part:1 deep/root --json | jq '.files[0].uid')" 0
tar -C open/tree --xattrs --xattrs-include='*' -cf tree.tar .
expect_exit 0 "$FN" build -q -t tar:1 --layer x=tree.tar
expect_exit 0 "$FN" files tar:1 --json
expect_same 'owner by the archive' "$(json '.files[] | select(.path == "dir/data") | "\(.uid):\(.gid)"')" 33:44
! grep -q rootlesscontainers out || die 'the record is in the image'

t 'what a foreign layer brings is not set on this disk, nor taken into a layer of ours; its blob stays as it is'
export PYTHONPATH=$REPO/tests PYTHONDONTWRITEBYTECODE=1
"$PY" - <<'PY'
from foreign_image import *
record = {"pax_headers": {"SCHILY.xattr.user.rootlesscontainers": "\x08\x0c"}, "uid": 3}
layout = Layout("leaky"); layout.index((layout.image(tar(("f", b"f", record), ("g", b"g"))), {}))
PY
expect_exit 0 "$FN" import -q leaky -t leaky:1
expect_exit 0 "$FN" unpack -q leaky:1 open/leaky
! getfattr -n $key open/leaky/f >out 2>&1 || die 'the record is on the disk'
expect_exit 0 as_user "$FN" unpack -q leaky:1 open/leaky-user
expect_same 'the owner that the layer gives' \
  "$(getfattr -e hex -n $key --only-values open/leaky-user/f | od -An -tx1)" ' 08 03'
expect_exit 0 "$FN" diff leaky:1 open/leaky-user --by file --exit-code
expect_exit 0 "$FN" build -q -t taken:1 --layer 'x=image:leaky:1' --exclude g
expect_exit 0 "$FN" files taken:1 --json
! grep -q rootlesscontainers out || die 'the record is in the image'
expect_same 'its owner' "$(json '.files[0].uid')" 3

t 'the tree does not differ from its image, for the user and for root'
"$FN" export -q app:1 -o open/app.tar >made
expect_exit 0 as_user "$FN" --home open/copy import -q open/app.tar -t app:1
expect_exit 0 as_user "$FN" --home open/copy diff app:1 open/tree --by file --exit-code
expect_exit 0 as_user "$FN" --home open/copy diff open/tree app:1 --by file --exit-code
expect_exit 0 "$FN" diff app:1 open/tree --by file --exit-code
"$FN" unpack -q app:1 by-root
expect_exit 0 "$FN" diff app:1 by-root --by file --exit-code
tar -cf open/dot.tar --owner 7 --group 7 -C src ./mine . && chmod 644 open/dot.tar
expect_exit 0 as_user "$FN" --home open/copy build -q -t dot:1 --layer x=open/dot.tar --owner keep
expect_exit 0 as_user "$FN" --home open/copy unpack -q dot:1 open/dot
expect_exit 0 as_user "$FN" --home open/copy diff dot:1 open/dot --by file --exit-code
expect_exit 0 "$FN" --home open/copy diff open/dot dot:1 --by file --exit-code
setfattr -n $key -v 0x0801 open/tree/file && chmod 700 open/tree/dir/data && rm -r open/tree/dir/deep
expect_exit 0 "$FN" diff app:1 open/tree --by file --json
expect_same changes "$(json '[.files[] | "\(.change) \(.path) \(.what | join("+"))"] | join("; ")')" \
  'modified dir/data mode; removed dir/deep ; removed dir/deep/root ; modified dir/second owner; modified file owner'

t 'a record that is none is said once and ignored; others are theirs, in all forms'
mkdir odd && for n in a b c d; do echo $n >odd/$n; done
setfattr -n $key -v junk odd/a && setfattr -n $key -v 0x08 odd/b && setfattr -n $key -v 0x0805 odd/c &&
  setfattr -n $key -v 0x08ffffffff0f1009 odd/d && chown 70:71 odd/*
expect_exit 0 "$FN" build -t odd:1 --layer x=odd --owner keep
expect_stderr_has "'odd/a' and 1 more" "invalid owner in 'user.rootlesscontainers'"
expect_same owners "$("$FN" files odd:1 --json | jq -r '[.files[] | "\(.path)=\(.uid):\(.gid)"] | join(" ")')" \
  'a=70:71 b=70:71 c=5:0 d=70:9'

t 'root records nothing'
expect_exit 0 "$FN" unpack -q app:1 again
! getfattr -R -d -m - again 2>/dev/null | grep -q rootlesscontainers || die 'root records owners'
