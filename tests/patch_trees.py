# SPDX-License-Identifier: Apache-2.0
"""Two trees for the story of patches: patch_trees.py OLD NEW. Every name is there in each way in which a file can
change, come or go."""
import os
import random
import sys

texts = [b"", b"one\n", b"two\nlines\n", b"no newline", b"cr\r\nlf\r\n", b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-x\n",
         b"".join(b"%d\n" % n for n in range(60)),
         b"".join(b"%d\n" % n for n in range(60) if n % 29)]
kinds = [b"changed", b"mode", b"came", b"went", b"deep", b"link", b"link-file", b"file-link"]
words = [b"plain", b"my file", b" first", b"last ", b"a -> b", b"-rf", b"--- a", b"+++ b", b"@@ -1 +1 @@", b"*** 1",
         b"diff --git a", b"Index:", b"Prereq:", b"a\nb", b"\n", b"new\nfile mode 1", b"x\t2024-01-01", b'"', b'"q"',
         b"\\", b"\\n", b"\\101", b"'", b"$x", b"`x`", b"%s", b"\xff\xfe", b"\xc3\xa9", "x\u202ey".encode(),
         b"dev", b"null", b"...", b".gitx", b"a:b", b"~", b"#", b"x" * 240]
letters = [n for n in range(1, 256) if n != 0x2f and not chr(n).isalnum() and (n < 0x80 or n % 9 == 0)]
names = words + [b"x%cy" % n for n in letters] + [b"%c" % n for n in letters if n != 0x2e]


def write(path, text, mode):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(text)
    os.chmod(path, mode)


def is_text(name):
    return name.isascii() and name.decode().isprintable()


def main(old, new):
    roll = random.Random(1)
    for name in dict.fromkeys(names):
        for kind in kinds:
            place = kind + b"/" + name + (b"/" + name if kind == b"deep" else b"")
            before, after = roll.sample(texts, 2)
            # Of a target, too, only text can be shown.
            target = [b"to/" + name, b"other " + name] if is_text(name) else [b"x", b"yy"]
            in_old, in_new = os.path.join(old, place), os.path.join(new, place)
            if kind in (b"link", b"link-file"):
                os.makedirs(os.path.dirname(in_old), exist_ok=True)
                os.symlink(target[0][:255], in_old)
            elif kind != b"came":
                write(in_old, before, 0o644)
            if kind in (b"link", b"file-link"):
                os.makedirs(os.path.dirname(in_new), exist_ok=True)
                os.symlink(target[1][:255], in_new)
            elif kind != b"went":
                write(in_new, before if kind == b"mode" else after, roll.choice((0o644, 0o755)))
    write(old + b"/went-stays", b"x", 0o644)
    for tree in (old, new):
        write(tree + b"/went/stays", b"", 0o644)


main(*map(os.fsencode, sys.argv[1:]))
