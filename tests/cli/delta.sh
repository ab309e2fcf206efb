#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# delta:DIR: an image is unpacked and edited, and the layer of what was edited makes the same tree of the image again.
. "$(dirname "$0")/../lib.sh"
need_root
need jq jq
need setfattr attr

mkdir -p src/{etc,gone/deep,was-dir,kept/sub,bin,dev} && echo one >src/etc/conf && echo two >src/etc/other
echo x >src/gone/deep/f && echo x >src/was-dir/f && echo x >src/was-file && ln -s conf src/etc/link
seq 9999 >src/large && ln src/large src/large-2 && echo x >src/kept/sub/a
cp /bin/true src/bin/su && mknod src/dev/null c 1 3
chown -R 33:44 src/kept && chown -h 5:6 src/etc/link && chown 1000:1000 src/bin/su && chmod 4711 src/bin/su
setcap cap_net_raw+ep src/large && setfattr -n user.note -v old src/etc/other && mkfifo src/pipe && chown 7:7 src/pipe
find src -exec touch -h -d '2001-02-03T04:05:06.5Z' {} +
"$FN" build -q -t base:1 --layer a=src --owner keep --times keep >made
edit() (
  cd "$1"
  echo more >>etc/conf && rm -r gone && rm -r was-dir && echo now >was-dir && rm was-file && mkdir was-file
  echo in >was-file/in && chmod 700 kept && mv kept/sub/a kept/sub/renamed && ln large large-3 && ln -sfn other etc/link
  setfattr -n user.note -v new etc/other && mkdir -p added/dir && echo new >added/dir/f && ln added/dir/f added/hard
  chmod 755 etc/other
  # Of a new link in the place of an old one a user can't say whose it is.
  [ "$(id -u)" != 0 ] || chown -h 5:6 etc/link
)
built() { json '.layers[-1].digest'; }
entries() { "$FN" files "$1" --layer fix --json | jq -r '[.files[].path] | join(" ")'; }

t 'the layer has what differs and no more: one whiteout for a directory, all names of a file'
"$FN" unpack -q base:1 tree >made && edit tree
expect_exit 0 "$FN" build -t new:1 --from base:1 --layer fix=delta:tree --json
digest=$(built)
tar -tf <(gzip -dc "$FN_HOME/blobs/sha256/${digest#sha256:}") >names
expect_same members "$(tr '\n' ' ' <names)" '.wh.gone added/ added/dir/ added/dir/f added/hard etc/conf etc/link '\
'etc/other kept/ kept/sub/.wh.a kept/sub/renamed large large-2 large-3 was-dir was-file/ was-file/in '
expect_exit 0 "$FN" unpack -q new:1 again
same_tree tree again --ignore root,mtime
expect_exit 0 "$FN" diff new:1 tree --by file --ignore time --exit-code

t 'one digest: again, with any number of threads, after a touch, in a copy of the tree, and unpacked by a user'
for jobs in 1 7; do
  expect_exit 0 "$FN" build -t new:2 --from base:1 --layer fix=delta:tree --jobs $jobs --json
  expect_same digest "$(built)" "$digest"
done
touch tree/bin/su && cp -a tree copy && find copy -type f -exec touch {} +
expect_exit 0 "$FN" build -t new:2 --from base:1 --layer fix=delta:copy --json
expect_same 'digest of the copy' "$(built)" "$digest"
chmod 711 "$WORK" && chmod -R go+rX "$FN_HOME" && mkdir -m 777 open
as_user "$FN" unpack -q base:1 open/tree >made 2>&1
export -f edit && as_user bash -c 'edit open/tree' && rm tree/large-3 && ln tree/large tree/large-3
"$FN" export -q base:1 -o base.tar >made
as_user "$FN" --home open/home import -q base.tar -t base:1 >made
expect_exit 0 as_user "$FN" --home open/home build -t new:1 --from base:1 --layer fix=delta:open/tree --json
expect_same 'digest by a user' "$(built)" "$digest"
expect_exit 0 "$FN" build -t new:3 --from base:1 --layer fix=delta:open/tree --json
expect_same 'digest by root of what a user unpacked' "$(built)" "$digest"

t 'times that are kept are compared, and kept'
expect_exit 0 "$FN" build -q -t kept:1 --from base:1 --layer fix=delta:tree --times keep
expect_exit 0 "$FN" unpack -q kept:1 kept
same_tree tree kept --ignore root
"$FN" unpack -q base:1 touched >made && touch touched/etc/conf
expect_exit 0 "$FN" build -t touched:1 --from base:1 --layer fix=delta:touched --times keep --json
expect_same files "$(json '.layers[-1].files')" 1

t 'nothing was edited: an empty layer, and a word'
"$FN" unpack -q base:1 same >made && as_user "$FN" unpack -q base:1 open/same >made 2>&1
for dir in same open/same; do
  expect_exit 0 "$FN" build -t same:1 --from base:1 --layer fix=delta:$dir --json
  expect_stderr_has "layer 'fix' has no files"
  expect_same files "$(json '.layers[-1].files')" 0
done

t 'what is selected of it; in a file, below whose directory the tree is; and what is deleted in great number'
expect_exit 0 "$FN" build -q -t part:1 --from base:1 --layer fix=delta:tree --include etc --include gone --exclude other
expect_exit 0 "$FN" diff base:1 part:1 --by file -q
expect_stdout $'etc/conf\netc/link\ngone\ngone/deep\ngone/deep/f'
mkdir sub && printf 'tag = "toml:1"\nfrom = "base:1"\n[[layer]]\nname = "fix"\nfrom = "delta:../tree"\n' >sub/fnimg.toml
expect_exit 0 "$FN" build -f sub/fnimg.toml --json
expect_same digest "$(built)" "$digest"
cp -a same few && rm -r few/[a-km-z]*
expect_exit 0 "$FN" build -t few:1 --from base:1 --layer fix=delta:few
expect_stderr_has "'few' lacks" "they are deleted"

t 'what it cannot be'
expect_exit 2 "$FN" build -t no:1 --layer fix=delta:tree
expect_stderr_has "'delta:tree' is the difference to a base, and there is none" '--from REF'
expect_exit 4 "$FN" build -t no:1 --from base:1 --layer fix=delta:tre
expect_exit 2 "$FN" build -t no:1 --from base:1 --layer fix=delta:src/large
mkdir empty && echo x >empty/else
expect_exit 2 "$FN" build -t no:1 --from base:1 --layer fix=delta:empty
expect_stderr_has "'empty' has nothing of the image 'base:1'" 'NAME=DIR'
echo 'into = "srv"' >>sub/fnimg.toml
expect_exit 2 "$FN" build -f sub/fnimg.toml
expect_stderr_has "cannot be moved into 'srv'"
expect_exit 0 "$FN" build -t no:1 --from base:1 --layer fix=delta:tree -n
expect_stdout_has 'difference to directory tree'
