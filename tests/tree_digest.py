#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints one line for each entry of a directory tree, sorted by path, so that two trees can be compared with diff.

Type, mode, owner, mtime, size, SHA-256 of the content, link target, device number, extended attributes, and the first
name of the group of hard links that it belongs to. The directory itself is the entry '.'.

  --ignore a,b   leave out: root, owner, mtime, dirmtime, linkmtime, mode, xattr, links
  --seconds      whole seconds of mtime only
"""
import argparse
import hashlib
import os
import stat
import sys

TYPES = {stat.S_IFDIR: "dir", stat.S_IFREG: "file", stat.S_IFLNK: "link", stat.S_IFIFO: "fifo",
         stat.S_IFCHR: "char", stat.S_IFBLK: "block", stat.S_IFSOCK: "socket"}


def content(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def names(top):
    """All paths relative to top, as bytes, directories before what is in them."""
    pending = [b""]
    while pending:
        here = pending.pop()
        yield here or b"."
        for entry in os.scandir(os.path.join(top, here)):
            path = os.path.join(here, entry.name)
            if entry.is_dir(follow_symlinks=False):
                pending.append(path)
            else:
                yield path


def show(path):
    return path.decode("utf-8", "backslashreplace").replace("\n", "\\n").replace(" ", "\\040")


def xattrs(path):
    found = []
    for name in sorted(os.listxattr(path, follow_symlinks=False)):
        if not name.startswith(("security.selinux", "system.")):
            found.append(name + "=" + os.getxattr(path, name, follow_symlinks=False).hex())
    return found


def describe(full, path, info, first_name, args):
    kind = stat.S_IFMT(info.st_mode)
    fields = [show(path), TYPES[kind]]
    if kind != stat.S_IFLNK and "mode" not in args.ignore:
        fields.append(f"{stat.S_IMODE(info.st_mode):04o}")
    if "owner" not in args.ignore:
        fields.append(f"{info.st_uid}:{info.st_gid}")
    skip_time = "mtime" in args.ignore or (kind == stat.S_IFDIR and "dirmtime" in args.ignore) or (
        kind == stat.S_IFLNK and "linkmtime" in args.ignore)
    if not skip_time:
        fields.append(f"@{info.st_mtime_ns // 1000000000}" if args.seconds else f"@{info.st_mtime_ns}")
    if kind == stat.S_IFREG:
        fields += [str(info.st_size), content(full)]
    if kind == stat.S_IFLNK:
        fields.append("-> " + show(os.readlink(full)))
    if kind in (stat.S_IFCHR, stat.S_IFBLK):
        fields.append(f"{os.major(info.st_rdev)},{os.minor(info.st_rdev)}")
    if kind != stat.S_IFDIR and info.st_nlink > 1 and "links" not in args.ignore:
        fields.append("same-as " + show(first_name))
    if "xattr" not in args.ignore:
        fields += xattrs(full)
    return " ".join(fields)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tree")
    parser.add_argument("--ignore", default="", type=lambda text: set(text.split(",")))
    parser.add_argument("--seconds", action="store_true")
    args = parser.parse_args()
    top = os.fsencode(args.tree)
    first = {}
    for path in sorted(names(top)):
        full = os.path.join(top, path)
        info = os.lstat(full)
        if path == b"." and "root" in args.ignore:
            continue
        group = first.setdefault((info.st_dev, info.st_ino), path)
        sys.stdout.write(describe(full, path, info, group, args) + "\n")


main()
