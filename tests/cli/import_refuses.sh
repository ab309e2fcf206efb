#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Import names nothing that unpack would refuse, and refuses nothing that unpack takes.
. "$(dirname "$0")/../lib.sh"
export PYTHONPATH=$REPO/tests PYTHONDONTWRITEBYTECODE=1
"$PY" - <<'PY'
import tarfile
from foreign_image import *
def link(name, target): return (name, b"", {"type": tarfile.LNKTYPE, "linkname": target})
def soft(name, target): return (name, b"", {"type": tarfile.SYMTYPE, "linkname": target})
def pax(name, **records): return (name, b"x", {"pax_headers": records})
bad = {
    "the name contains '..'": [[("a/../b", b"x")]],
    "'l': a hard link to 'gone', which is missing": [[link("l", "gone")]],
    "'l': a hard link to 'f', which is missing": [[("f", b"x")], [(".wh.f", b"")], [link("l", "f")]],
    "'l': a hard link to 'd', which is a directory": [[("d/f", b"x")], [link("l", "d")]],
    "'d/.wh...': whiteout without a name": [[("d/f", b"x")], [("d/.wh...", b"")]],
    "'.wh.d': a whiteout cannot be a directory": [[(".wh.d/f", b"x")]],
    "'f' is not a directory, but the layer has entries below it": [[("f", b"x")], [("f/below", b"x")]],
    "too many symbolic links": [[soft("a", "b"), soft("b", "a")], [("a/f", b"x")]],
    "name too long: 256 bytes": [[("n" * 256, b"x")]],
    "path too long": [[("/".join(["p" * 250] * 16), b"x"), soft("l", "/".join(["p" * 250] * 15))],
                      [("l/" + "/".join(["q" * 250] * 2), b"x")]],
    "'f': invalid owner 4294967295": [[pax("f", uid="4294967295")]],
    "invalid link target of 4096 bytes": [[soft("l", "x" * 4096)]],
    "cannot set attribute 'user.": [[pax("f", **{"SCHILY.xattr.user." + "n" * 300: "x"})]],
    "cannot set attribute 'security.capability' of 'f'": [[pax("f", **{"SCHILY.xattr.security.capability": "none"})]],
}
good = [
    [[("f", b"x")], [(".wh.f", b""), link("l", "f")]],
    [[("f", b"x")], [(".wh.f", b""), ("f/below", b"x")]],
    [[soft("a", "a")], [(".wh.a", b""), ("a/f", b"x")]],
    [[("n" * 255, b"x"), soft("l", "x" * 4095)], [(".wh." + "m" * 255, b"")]],
    [[pax("f", **{"SCHILY.xattr.nonsense": "x", "SCHILY.xattr.system.posix_acl_access": "none"})]],
]
with open("bad", "w") as table:
    for n, (why, layers) in enumerate(bad.items()):
        layout = Layout(f"bad{n}")
        layout.index((layout.image(*[tar(*layer) for layer in layers]), {}))
        print(f"bad{n}", why, file=table)
for n, layers in enumerate(good):
    layout = Layout(f"good{n}")
    layout.index((layout.image(*[tar(*layer) for layer in layers]), {}))
PY

t 'what is refused'
while read -r name why; do
  for again in no yes; do # the index knows the layers then
    expect_exit 6 "$FN" import -q "$name" -t "$name:1"
    expect_stderr_has "$why"
    expect_same "named $name, again: $again" "$("$FN" ls -q)" ''
  done
done <bad

t 'what is taken'
for name in good*; do
  expect_exit 0 "$FN" import -q "$name" -t "$name:1"
  expect_exit 0 "$FN" unpack "$name:1" "tree-$name"
  expect_exit 0 "$FN" build -t "$name:flat" --layer all="image:$name:1"
  expect_exit 0 "$FN" unpack "$name:flat" "flat-$name"
  diff -r --no-dereference "tree-$name" "flat-$name"
done

t 'a build makes nothing of the kind'
"$PY" - <<'PY'
from foreign_image import tar
for name, members in (("whiteout", [("d/.wh.", b"")]), ("long", [("n" * 256, b"x")]),
                      ("owner", [("f", b"x", {"pax_headers": {"gid": "4294967295"}})])):
    with open(name + ".tar", "wb") as file: file.write(tar(*members))
PY
refuses() { # SOURCE WHY
  expect_exit 6 "$FN" build -t b:1 --layer x="$1"
  expect_stderr_has "layer 'x': " "$2"
}
refuses whiteout.tar "'d/.wh.': whiteout without a name"
refuses long.tar 'name too long: 256 bytes'
refuses owner.tar "'f': invalid owner 4294967295"

t 'a pipe without an archive'
expect_exit 6 sh -c ': | "$FN" import -'
expect_stderr_has 'stdin was empty' 'the command before the pipe'
