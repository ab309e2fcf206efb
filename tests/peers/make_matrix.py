#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes two layers: LOWER with one folder a case, UPPER with a change to each. Prints the name of each case.

Every case has a folder of its own, so that all of them fit into one image and one comparison.
"""
import io
import sys
import tarfile

BELOW = ["nothing", "file", "dir", "full-dir", "symlink-to-file", "symlink-to-dir", "hardlink", "fifo"]
ABOVE = ["nothing", "file", "dir", "symlink", "hardlink", "fifo", "whiteout", "whiteout-then-file",
         "file-then-whiteout",
         "whiteout-then-dir", "opaque", "opaque-late", "opaque-and-file", "file-inside"]


class Layer:
    def __init__(self, path):
        self.tar = tarfile.open(path, "w", format=tarfile.PAX_FORMAT)

    def add(self, name, kind=tarfile.REGTYPE, content=b"", link="", mode=0o644):
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.mode, info.mtime = kind, link, mode, 1000000000
        info.uid, info.gid, info.size = 3, 4, len(content)
        self.tar.addfile(info, io.BytesIO(content))

    def dir(self, name, mode=0o755):
        self.add(name, tarfile.DIRTYPE, mode=mode)


def put_below(layer, what, here):
    layer.dir(here)
    layer.add(f"{here}/beside", content=b"beside")
    layer.dir(f"{here}/other")
    layer.add(f"{here}/other/inner", content=b"inner")
    x = f"{here}/x"
    if what == "file":
        layer.add(x, content=b"lower", mode=0o600)
    elif what == "dir":
        layer.dir(x, 0o700)
    elif what == "full-dir":
        layer.dir(x, 0o750)
        layer.add(f"{x}/a", content=b"lower a")
        layer.dir(f"{x}/sub")
        layer.add(f"{x}/sub/b", content=b"lower b")
    elif what == "symlink-to-file":
        layer.add(x, tarfile.SYMTYPE, link="beside")
    elif what == "symlink-to-dir":
        layer.add(x, tarfile.SYMTYPE, link="other")
    elif what == "hardlink":
        layer.add(x, tarfile.LNKTYPE, link=f"{here}/beside")
    elif what == "fifo":
        layer.add(x, tarfile.FIFOTYPE)


def put_above(layer, what, here):
    x, hidden = f"{here}/x", f"{here}/.wh.x"
    if what == "file":
        layer.add(x, content=b"upper")
    elif what == "dir":
        layer.dir(x, 0o711)
    elif what == "symlink":
        layer.add(x, tarfile.SYMTYPE, link="beside")
    elif what == "hardlink":
        layer.add(f"{here}/first", content=b"first")
        layer.add(x, tarfile.LNKTYPE, link=f"{here}/first")
    elif what == "fifo":
        layer.add(x, tarfile.FIFOTYPE, mode=0o600)
    elif what == "whiteout":
        layer.add(hidden)
    elif what == "whiteout-then-file":
        layer.add(hidden)
        layer.add(x, content=b"after")
    elif what == "file-then-whiteout":
        layer.add(x, content=b"before")
        layer.add(hidden)
    elif what == "whiteout-then-dir":
        layer.add(hidden)
        layer.dir(x)
        layer.add(f"{x}/fresh", content=b"fresh")
    elif what == "opaque":
        layer.dir(x)
        layer.add(f"{x}/.wh..wh..opq")
    elif what == "opaque-late":
        layer.dir(x)
        layer.add(f"{x}/kept", content=b"kept")
        layer.add(f"{x}/.wh..wh..opq")
    elif what == "opaque-and-file":
        layer.dir(x)
        layer.add(f"{x}/.wh..wh..opq")
        layer.add(f"{x}/a", content=b"upper a")
    elif what == "file-inside":
        layer.add(f"{x}/a", content=b"upper a")


def sensible(below, above):
    """Left out: what no builder writes and the specification leaves open."""
    into_a_file = above == "file-inside" and below in ("file", "hardlink", "fifo", "symlink-to-file")
    nothing_to_hide = below == "nothing" and above in ("nothing", "file-then-whiteout", "whiteout")
    return not into_a_file and not nothing_to_hide


def main():
    lower, upper = Layer(sys.argv[1]), Layer(sys.argv[2])
    for below in BELOW:
        for above in ABOVE:
            if sensible(below, above):
                case = f"{below}--{above}"
                put_below(lower, below, case)
                put_above(upper, above, case)
                print(case)
    lower.tar.close()
    upper.tar.close()


main()
