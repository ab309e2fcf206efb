#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The files of an image on disk: all that a layer can hold comes out as it went in; whole or not at all.
. "$(dirname "$0")/../lib.sh"
mkdir -p src/dir/deep && cd src
seq 500 >file && ln file dir/link && ln -s ../file dir/symlink && mkfifo pipe && chmod 1777 dir &&
  chmod 0500 dir/deep && echo x >dir/data && chmod 4711 dir/data
head -c 9000000 /dev/urandom >large
if [ "$(id -u)" = 0 ]; then mknod null c 1 3 && chown 12:34 file && chown -h 5:6 dir/symlink; fi
setfattr -n user.note -v text file && { [ "$(id -u)" != 0 ] || setcap cap_net_raw+ep large; }
find . -exec touch -h -d '2001-02-03T04:05:06.789Z' {} +
cd ..
"$FN" build -q -t app:1 --layer a=src --owner keep --times keep >/dev/null

t 'the same tree'
expect_exit 0 "$FN" unpack app:1 tree
[ ! -s err ] || die "stderr: $(cat err)"
same_tree src tree --ignore root
[ ! -e .tree.unpacking ] || die 'rubbish is left'

t 'only into a place that is free'
expect_exit 2 "$FN" unpack app:1 tree
expect_stderr_has 'not empty' 'hint: '
mkdir empty && expect_exit 0 "$FN" unpack app:1 empty/
same_tree src empty --ignore root
expect_exit 2 "$FN" unpack app:1 .
expect_exit 2 "$FN" unpack app:1 src/file
expect_exit 4 "$FN" unpack app:1 no/such/parent

t 'a damaged layer leaves nothing'
cp -a "$FN_HOME" damaged
blob=$(find damaged/blobs -size +1000k)
printf X | dd of="$blob" bs=1 seek=500000 conv=notrunc status=none
expect_exit 6 "$FN" unpack app:1 bad --home damaged
expect_stderr_has "layer"
[ ! -e bad ] && [ ! -e .bad.unpacking ] || die 'something is left'

t 'Ctrl-C leaves nothing, and it dies by the signal'
code=0
strace -f -qq -o /dev/null -e trace=pwrite64,write -e inject=write,pwrite64:signal=INT:when=3 \
  "$FN" unpack app:1 stopped >/dev/null 2>err || code=$?
[ $code = 130 ] || [ $code = 2 ] || [ $code = 0 ] || die "exit $code"
[ $code = 0 ] || [ ! -e stopped ] || die 'something is left'
[ ! -e .stopped.unpacking ] || die 'rubbish is left'

t 'what a killed unpack left does not get in the way'
code=0
strace -f -qq -o /dev/null -e trace=write,pwrite64,utimensat -e inject=write,pwrite64,utimensat:signal=KILL:when=2 \
  "$FN" unpack app:1 killed >/dev/null 2>&1 || code=$?
[ ! -e killed ] || die 'a killed unpack looks whole'
expect_exit 0 "$FN" unpack app:1 killed
same_tree src killed --ignore root

if [ "$(id -u)" = 0 ]; then
  t 'as an ordinary user: owners are recorded, devices skipped, and both said'
  chmod 711 "$WORK" && mkdir -m 777 open && chmod -R go+rX "$FN_HOME"
  expect_exit 0 as_user "$FN" unpack app:1 open/tree
  expect_stderr_has 'device' 'owner'
  rm src/null
  same_tree src open/tree --ignore root,owner,mode,xattr
  [ ! -u open/tree/dir/data ] || die 'a setuid file of ours with the rights of nobody'
  # field 1 is the uid, field 2 the gid: umoci and others read it.
  expect_same 'the recorded owner' "$(getfattr -e hex -n user.rootlesscontainers --only-values open/tree/file |
    od -An -tx1 | tr -d ' ')" 080c1022
fi
