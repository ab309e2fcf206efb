#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What `diff --patch` prints makes one tree of the other: by patch(1) and by git apply, whatever the names.
. "$(dirname "$0")/../lib.sh"
need patch patch
need git git
need jq jq
unset GIT_DIR
export GIT_CONFIG_NOSYSTEM=1 HOME=$WORK GIT_CEILING_DIRECTORIES=$WORK

# apply PATCH OLD NEW: both make NEW of OLD, in time and owner alone not.
apply() {
  local tool
  for tool in patch git; do
    rm -rf made && cp -a "$2" made
    case $tool in
      patch) (cd made && patch -s -p1 --batch <"../$1") >said 2>&1 ;;
      git) (cd made && git apply "../$1") >said 2>&1 ;;
    esac || die "$tool: $(head -c 2000 said)"
    same_tree made "$3" --ignore root,mtime,owner,links
  done
}

t 'names of every byte and of every kind that means something to someone, in every way in which a file changes'
"$PY" "$REPO/tests/patch_trees.py" old new
expect_exit 0 "$FN" diff old new --by file --patch
cp out all.patch
apply all.patch old new

t 'the other way round, between images, and from the document'
"$FN" build -q -t old:1 --layer x=old >/dev/null && "$FN" build -q -t new:1 --layer x=new >/dev/null
expect_exit 0 "$FN" diff new:1 old:1 --by file --patch
cp out back.patch
apply back.patch new old
expect_exit 0 "$FN" diff old:1 new:1 --by file --patch --json
jq -j '.patches[].patch' out >json.patch
apply json.patch old new

t 'permissions as patch(1) sets them'
mkdir m1 m2 && echo x >m1/f && echo x >m2/f && chmod 640 m1/f && chmod 4751 m2/f && : >m2/empty && chmod 600 m2/empty
expect_exit 0 "$FN" diff m1 m2 --by file --patch
(cd m1 && patch -s -p1 --batch <../out) && chmod 4751 m1/f
same_tree m1 m2 --ignore root,mtime
expect_exit 0 "$FN" diff m1 m2 --by file --patch --ignore mode
! grep -q '^diff' out || die 'a mode that is ignored'

t 'what a patch cannot say, or one of the two cannot take, is said and not in it'
mkdir -p n1/{was-dir,was-empty,kept,full} n2/{was-file,new-empty,kept,full/.git}
for file in n1/was-file n1/was-dir/f n1/kept/last n2/was-dir n2/was-file/f n2/full/.git/config n2/GIT~1 n2/text; do
  mkdir -p "${file%/*}" && echo x >$file
done
: >n2/was-empty && mkfifo n2/pipe && printf 'a\0b' >n2/binary && ln -s $'a\x01' n2/odd-link
expect_exit 0 "$FN" diff n1 n2 --by file --patch
expect_stdout_has 'was-dir: a directory on one side, not shown' 'was-file: a directory on one side, not shown' \
  'was-empty: a directory on one side, not shown' 'new-empty: directory, not shown' 'pipe: fifo, not shown' \
  'kept: a directory left empty, not shown' 'full/.git/config: a name that git refuses, not shown' \
  'GIT~1: a name that git refuses' 'binary: binary, not shown' 'odd-link: binary, not shown'
cp out rest.patch
cp -a n2 n3 && rm -r n3/{was-dir,was-file,was-empty,new-empty,pipe,kept,full/.git,'GIT~1',binary,odd-link}
cp -a n1/was-* n3
apply rest.patch n1 n3
