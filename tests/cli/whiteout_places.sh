#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Wherever a whiteout stands in its layer, the layer means the same: to unpack, to files, and to a build of the image.
. "$(dirname "$0")/../lib.sh"
export PYTHONPATH=$REPO/tests PYTHONDONTWRITEBYTECODE=1
"$PY" - >cases <<'PY'
import tarfile
from foreign_image import *
def member(text):  # "path", "path/", "link -> target", "name = first name"
    kind, name, link = tarfile.REGTYPE, text, ""
    for sign, each in ((" -> ", tarfile.SYMTYPE), (" = ", tarfile.LNKTYPE)):
        if sign in text: kind, (name, link) = each, text.split(sign)
    if text.endswith("/"): kind = tarfile.DIRTYPE
    return (name, name.encode() if kind == tarfile.REGTYPE else b"", {"type": kind, "linkname": link})
cases = [  # lower; upper but its whiteouts; whiteouts; what there is, or "refused"
    ("l -> t|t/x", "l/y", ".wh.l", "l l/y t t/x"),
    ("usr/lib/x|lib -> usr/lib", "lib/|lib/y", "lib/.wh.x", "lib lib/y usr usr/lib usr/lib/x"),
    ("usr/lib/x|lib -> usr/lib", "lib/y", "lib/.wh.x", "lib usr usr/lib usr/lib/y"),
    ("a/x|t/x", "a -> t", "a/.wh.x", "a t t/x"),
    ("a", "a/b", ".wh.a", "a a/b"),
    ("l -> t|t/x", "l/|l/y", "l/.wh..wh..opq", "l l/y t t/x"),
    ("l -> t|t/x|t/z", "l/y", "l/.wh..wh..opq", "l t t/y"),
    ("a/x|b", "a/y = a/x", "a/.wh.x", "a a/y b"),
    ("a/x|b", "y = a/x|z = a/x", ".wh.a", "b y z"),
    ("a/x|b = a/x", "y = a/x", "a/.wh.x|.wh.b", "a y"),
    ("a/x|a/s/z", "a/|y = a/s/z|y/x", "a/.wh..wh..opq", "refused"),
    ("a/x|a/s/z", "a/|a/y = a/s/z|x = a/x", "a/.wh..wh..opq", "a a/y x"),
    ("l -> t|t/x", "y = l/x", ".wh.l", "t t/x y"),
    ("l -> t|t/x", "y = l/x", ".wh.l|t/.wh.x", "t y"),
    ("a", "a = a|b", ".wh.a", "b"),
    ("d/f", "d = d/f", ".wh.d", "d"),
    ("a -> a", "a/x|y = a/x", ".wh.a|a/.wh.z", "a a/x y"),
    ("a|b", "x = c", ".wh.a", "refused"),
    ("k -> l|l -> t|t/x|t/s/x", "l/|l/s/y", "k/s/.wh.x", "k l l/s l/s/y t t/s t/s/x t/x"),
    ("d/x|d/s/x", "d/s/y|d/n", ".wh.d|d/.wh.x", "d d/n d/s d/s/y"),
    ("l -> t|t/x|t/y", "z", ".wh.l|l/.wh.x", "t t/y z"),
]
for n, (lower, upper, whiteouts, expected) in enumerate(cases):
    upper = upper.split("|")
    for place in {0, len(upper)}:
        name = f"{n}.{place}"
        members = upper[:place] + whiteouts.split("|") + upper[place:]
        layout = Layout(name)
        layout.index((layout.image(*[tar(*map(member, layer)) for layer in (lower.split("|"), members)]), {}))
        print(name, expected)
PY

t 'unpack, files and a build agree, for the index that an import fills and without it'
names() { # DIR
  (cd "$1" && find . -mindepth 1 -printf '%P\n' | LC_ALL=C sort | xargs)
}
while read -r name wanted; do
  if [ "$wanted" = refused ]; then
    expect_exit 6 "$FN" import -q "$name" -t "i:$name"
    continue
  fi
  expect_exit 0 "$FN" import -q "$name" -t "i:$name"
  expect_same "files of $name" "$("$FN" files -q "i:$name" | xargs)" "$wanted"
  expect_exit 0 "$FN" unpack "i:$name" "known$name"
  rm "$FN_HOME"/state.db* && expect_exit 0 "$FN" unpack "i:$name" "read$name"
  expect_exit 0 "$FN" build -t "flat:$name" --layer all="image:i:$name"
  expect_exit 0 "$FN" unpack "flat:$name" "flat$name"
  expect_same "tree of $name" "$(names "known$name")" "$wanted"
  for tree in read flat; do diff -r --no-dereference "known$name" "$tree$name"; done
done <cases
