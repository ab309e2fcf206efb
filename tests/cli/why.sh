#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../lib.sh"
need jq jq

pack() { tar -C "$1" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -cf "$1.tar" .; }
events() {
  "$FN" why "$1" "$2" --json |
    jq -r '[.events[] | "\(.layer) \(.what)" +
      "\(if .aspects != [] then " " + (.aspects | join("+")) else "" end)" +
      "\(if .by then ": " + .by else "" end)"] | join(", ")'
}

mkdir -p base/etc/dir/sub base/usr/bin base/opq base/swap mid/etc mid/opq top/opq top/swap
echo a >base/etc/conf && echo g >base/etc/gone && echo d >base/etc/dir/sub/file && echo o >base/opq/old &&
  echo s >base/opq/stays
echo tool >base/usr/bin/tool && ln -s usr/bin base/bin && echo in >base/swap/in && ln -s one base/etc/link &&
  cp base/etc/conf base/etc/same
echo bb >mid/etc/conf && chmod 600 mid/etc/conf && : >mid/etc/.wh.gone && cp base/etc/same mid/etc/same &&
  ln -s two mid/etc/link
: >mid/opq/.wh..wh..opq && echo s >mid/opq/stays
rmdir top/swap && echo file >top/swap && echo back >top/opq/old && mkdir top/etc && : >top/etc/.wh.dir &&
  chmod 1777 top/opq
for layer in base mid top; do pack $layer; done
# without bin itself, which is a link
mkdir -p through/bin && : >through/bin/.wh.tool && tar -C through -rf mid.tar bin/.wh.tool
"$FN" build -q -t app:1 --layer base=base.tar --layer mid=mid.tar --layer top=top.tar >made

t 'brought, changed and in what, replaced, or the same again'
expect_same conf "$(events app:1 etc/conf)" 'base brought, mid changed content+mode'
expect_same link "$(events app:1 etc/link)" 'base brought, mid changed link'
expect_same same "$(events app:1 etc/same)" 'base brought, mid repeated'
expect_same swap "$(events app:1 swap)" 'base brought, top replaced type'
expect_same directory "$(events app:1 /opq/)" 'base brought, mid repeated, top changed mode'

t 'deleted, and by what: a whiteout, an opaque directory, one above, a file in the place of a directory'
expect_same whiteout "$(events app:1 etc/gone)" "base brought, mid deleted: whiteout 'etc/.wh.gone'"
expect_same opaque "$(events app:1 opq/old)" "base brought, mid deleted: opaque directory 'opq', top brought"
expect_same above "$(events app:1 etc/dir/sub/file)" "base brought, top deleted: whiteout 'etc/.wh.dir'"
expect_same file "$(events app:1 swap/in)" "base brought, top deleted: 'swap' became a file"
expect_same 'hidden and brought again' "$(events app:1 opq/stays)" 'base brought, mid repeated'

t 'the path as the image has it: through links, also when it is gone'
expect_same linked "$(events app:1 /bin/tool)" "base brought, mid deleted: whiteout 'bin/.wh.tool'"
expect_exit 0 "$FN" why app:1 bin/tool --json
expect_same path "$(json '"\(.path) \(.present | tostring)"')" 'usr/bin/tool false'

mkdir -p old/lib new/usr/lib && echo l >old/lib/x && ln -s usr/lib new/lib
"$FN" build -q -t merged:1 --layer old=old --layer new=new >made
expect_same 'where a link is now' "$(events merged:1 lib/x)" "old brought, new deleted: 'lib' became a symlink"

t 'what people read: sizes, digests, who made the layer, and how it ends'
expect_exit 0 "$FN" why app:1 etc/conf
grep -Eq "^mid +changed: content, mode +3 B +sha256:[0-9a-f]{12}  fnimg build: layer 'mid'$" out
expect_same end "$(tail -n 1 out)" "'etc/conf' is a file of 3 B, 0600 0:0"
expect_exit 0 "$FN" why app:1 etc/gone
expect_same end "$(tail -n 1 out)" "'etc/gone' is gone"
expect_exit 0 "$FN" why app:1 etc/gone -q
expect_stdout $'base\nmid'
expect_exit 0 "$FN" why app:1 etc/conf --json
expect_same content "$(json '.events[1] | "\(.position) \(.size) \(.content)"')" \
  "1 3 sha256:$(sha256sum <mid/etc/conf | cut -d' ' -f1)"
expect_same made "$(json '"\(.schema) \(.present) \(.events[0].created_by)"')" \
  "fnimg.why/1 true fnimg build: layer 'base'"

t 'times and owners, extended attributes and hard links'
mkdir -p a/d b/d && echo x >a/d/x && touch -d @5 a/d/x && cp a/d/x b/d/x && touch -d @9 b/d/x && echo y >a/d/y &&
  ln a/d/y a/d/z
chown 7 b/d/x 2>/dev/null || skip 'needs root'
"$FN" build -q -t attr:1 --layer a=a --layer b=b --times keep --owner keep >made
expect_same aspects "$(events attr:1 d/x)" 'a brought, b changed owner+time'
expect_exit 0 "$FN" why attr:1 d/z
expect_stdout_has "a hard link to 'd/y'"

t 'never there: what may be meant; the root always is'
expect_exit 4 "$FN" why app:1 etc/cnf
expect_stderr_has "'etc/cnf' is not in the image" "did you mean 'etc/conf'?"
expect_exit 4 "$FN" why app:1 bin/tol
expect_exit 0 "$FN" why app:1 /
expect_exit 2 "$FN" why app:1

t 'newlines and escapes in names and histories'
mkdir -p odd wh && echo o >odd/$'a\nb\e[1m' && : >wh/$'.wh.a\nb\e[1m'
pack wh
"$FN" build -q -t odd:1 --layer odd=odd --layer wh=wh.tar >made
expect_exit 0 "$FN" why odd:1 $'a\nb\e[1m'
expect_stdout_has "whiteout '.wh.a\\nb\\x1b[1m'" "'a\\nb\\x1b[1m' is gone"
expect_same lines "$(wc -l <out)" 4
expect_exit 0 "$FN" why odd:1 $'a\nb\e[1m' --json
expect_same by "$(json '.events[1].by')" $'whiteout \'.wh.a\nb\e[1m\''

t 'an image of another store, without its index'
"$FN" export -q app:1 -o app.tar >made
FN_HOME=$WORK/elsewhere "$FN" import -q app.tar -t app:1 >made
"$FN" why app:1 opq/old >here
FN_HOME=$WORK/elsewhere "$FN" why app:1 opq/old >there
cmp here there
