# SPDX-License-Identifier: Apache-2.0
"""Layers: what each tries stands in its name. `outside` is the canary directory, which must stay as it is."""
from case import GZIP, ZSTD, Blob, accept, refuse
from tar_bytes import *  # noqa: F403 (the words of this file)


def tar(*members):
    return b"".join(members) + END


def leave_the_root(outside):
    up = "../outside"
    return [
        refuse("dotdot-name", "the name contains '..'", tar(file("../outside/secret"))),
        refuse("dotdot-inside-name", "the name contains '..'", tar(file("a/b/../../../outside/secret"))),
        refuse("dotdot-last", "the name contains '..'", tar(directory("a/.."))),
        refuse("pax-path-dotdot", "the name contains '..'", tar(pax(path="../outside/secret") + file("innocent"))),
        accept("absolute-name", f"[ -f '.{outside}/secret' ]", tar(file(f"{outside}/secret", "mine"))),
        accept("symlink-dir-then-file", "[ -L d ] && [ -f outside/planted ]",
               tar(symlink("d", up), file("d/planted"))),
        accept("symlink-dir-two-hops-then-file", "[ -f outside/planted ]",
               tar(symlink("a", "b"), symlink("b", up), file("a/planted"))),
        accept("absolute-symlink-then-file", f"[ -f '.{outside}/planted' ]",
               tar(symlink("d", outside), file("d/planted"), file("d/secret"))),
        accept("symlink-up-many-times", "[ -f outside/planted ]",
               tar(symlink("up", ".."), file("up/up/up/up/outside/planted"))),
        accept("symlink-to-root-then-file", "[ -f f ]", tar(symlink("top", "/"), file("top/f"))),
        accept("symlink-in-lower-layer-then-file", "[ -f outside/secret ]",
               tar(symlink("d", up)), tar(file("d/secret", "mine"))),
        accept("symlink-onto-file-then-write", "[ ! -L f ] && [ \"$(cat f)\" = mine ]",
               tar(symlink("f", up + "/secret"), file("f", "mine"))),
        accept("dir-replaced-by-symlink-then-file", "[ -L d ] && [ -f outside/planted ] && [ ! -e outside/old ]",
               tar(directory("d"), file("d/old"), symlink("d", up), file("d/planted"))),
        accept("dir-replaced-by-symlink-in-upper-layer", "[ -L d ] && [ -f outside/planted ]",
               tar(directory("d"), file("d/old")), tar(symlink("d", up), file("d/planted"))),
        accept("directory-entry-over-symlink", "[ ! -L d ] && [ -f d/planted ]",
               tar(symlink("d", up), directory("d", 0o700), file("d/planted"))),
        accept("directory-mode-through-symlink", "[ -d outside/sub ]",
               tar(symlink("d", ".."), directory("d/outside/sub", 0o777))),
        refuse("symlink-loop", "too many symbolic links", tar(symlink("a", "b"), symlink("b", "a"), file("a/f"))),
        refuse("symlink-to-itself", "too many symbolic links", tar(symlink("a", "a"), file("a/f"))),
        refuse("symlink-41-hops", "too many symbolic links",
               tar(*(symlink(f"l{n}", f"l{n + 1}") for n in range(41)), file("l0/f"))),
        refuse("root-is-symlink", "without a name", tar(symlink(".", up), file("planted"))),
        refuse("root-is-file", "without a name", tar(file("./"))),
        refuse("root-is-hardlink", "without a name", tar(hardlink("/", "a"))),
        accept("dev-is-symlink", "[ -L dev ]", tar(symlink("dev", up), device("dev/null", 1, 3), file("dev/shm"))),
        accept("dev-null-is-symlink", "[ ! -L dev/null ]",
               tar(directory("dev"), symlink("dev/null", "../../outside/secret"), device("dev/null", 1, 3))),
        accept("dev-null-is-symlink-then-file", "[ -f dev/null ] && [ ! -L dev/null ]",
               tar(directory("dev"), symlink("dev/null", outside + "/secret"), file("dev/null", "mine"))),
        accept("proc-is-symlink", "[ -L proc ]", tar(symlink("proc", up), file("proc/self/attr/exec"))),
        accept("symlink-to-proc-self-fd", "[ -f proc/self/fd/0 ]",
               tar(symlink("d", "/proc/self/fd"), file("d/0"))),
    ]


def links(outside):
    up = "../outside"
    gone = "which is missing"
    return [
        refuse("hardlink-outside", "the name contains '..'", tar(hardlink("h", up + "/secret"))),
        refuse("hardlink-absolute", gone, tar(hardlink("h", outside + "/secret"))),
        refuse("hardlink-through-symlinked-dir", gone, tar(symlink("d", up), hardlink("h", "d/secret"))),
        refuse("hardlink-through-absolute-symlink", gone, tar(symlink("d", outside), hardlink("h", "d/secret"))),
        refuse("hardlink-to-self", gone, tar(hardlink("h", "h"))),
        refuse("hardlink-to-later", gone, tar(hardlink("h", "f"), file("f"))),
        refuse("hardlink-to-absent", gone, tar(hardlink("h", "absent"))),
        refuse("hardlink-to-directory", "which is a directory", tar(directory("d"), hardlink("h", "d"))),
        refuse("hardlink-to-root", "invalid link target", tar(hardlink("h", "/"))),
        refuse("hardlink-onto-its-own-parent", gone, tar(file("d/f"), hardlink("d", "d/f"))),
        accept("hardlink-to-what-the-layer-hides", "[ -f h ] && [ ! -e f ] && [ \"$(ls -A)\" = h ]",
               tar(file("f")), tar(whiteout(".wh.f"), hardlink("h", "f"))),
        accept("whiteout-of-what-is-kept-for-a-link", "[ \"$(ls -A)\" = h ]", tar(file("f")),
               tar(whiteout(".wh..wh..wh.kept.0"), whiteout(".wh..wh..opq"), hardlink("h", "f"))),
        refuse("hardlink-to-what-is-kept-for-a-link", gone, tar(file("f")),
               tar(whiteout(".wh.f"), hardlink("h", "f"), hardlink("g", ".wh..wh.kept.0"))),
        refuse("hardlink-with-content", "checksum",
               tar(header("h", b"1", 512, link="f") + b"x" * 512)),
        accept("hardlink-to-symlink-then-write", "[ -L l ] && [ ! -L h ] && [ \"$(cat h)\" = mine ]",
               tar(symlink("l", up + "/secret"), hardlink("h", "l"), file("h", "mine"))),
        accept("hardlink-to-existing-self", "[ \"$(cat f)\" = new ]", tar(file("f"), hardlink("f", "f"))),
        accept("hardlink-across-layers", "[ f -ef h ]", tar(file("f")), tar(hardlink("h", "f"))),
        accept("hardlink-then-new-content", "[ \"$(cat a)\" = two ] && [ \"$(cat b)\" = one ]",
               tar(file("a", "one"), hardlink("b", "a")), tar(file("a", "two"))),
    ]


def whiteouts(outside):
    up = "../outside"
    lower = tar(directory("d"), file("d/a", "old"), file("d/b", "old"), directory("d/s"), file("d/s/x", "old"))
    link = tar(symlink("d", up), symlink("e", outside))
    return [
        accept("whiteout-through-symlink", "[ -L d ]", link, tar(whiteout("d/.wh.secret"), whiteout("e/.wh.secret"))),
        accept("whiteout-of-symlink", "[ ! -L d ]", link, tar(whiteout(".wh.d"), whiteout(".wh.e"))),
        accept("opaque-through-symlink", "[ -L d ]", link, tar(whiteout("d/.wh..wh..opq"), whiteout("e/.wh..wh..opq"))),
        refuse("whiteout-dotdot", "whiteout without a name", lower, tar(whiteout("d/.wh..."))),
        refuse("whiteout-dot", "whiteout without a name", lower, tar(whiteout("d/.wh.."))),
        refuse("whiteout-empty", "whiteout without a name", lower, tar(whiteout("d/.wh."))),
        refuse("whiteout-as-directory", "a whiteout cannot be a directory", lower, tar(file(".wh.d/f"))),
        refuse("opaque-as-directory-with-files", "a whiteout cannot be a directory", lower,
               tar(directory("d/.wh..wh..opq"), file("d/.wh..wh..opq/f"))),
        accept("opaque-is-directory", "[ ! -e d/a ] && [ ! -e d/.wh..wh..opq ]", lower,
               tar(directory("d/.wh..wh..opq"))),
        accept("whiteout-is-symlink", "[ ! -e d/a ] && [ ! -L d/.wh.a ]", lower, tar(symlink("d/.wh.a", up))),
        accept("whiteout-of-whiteout", "[ -e d/a ] && [ ! -e d/.wh..wh.a ]", lower, tar(whiteout("d/.wh..wh.a"))),
        accept("whiteout-of-absent", "[ ! -e x ]", lower, tar(whiteout("x/y/.wh.z"), whiteout("d/a/.wh.z"))),
        accept("whiteout-before-own-entry", "[ \"$(cat d/a)\" = new ]", lower, tar(whiteout("d/.wh.a"), file("d/a"))),
        accept("whiteout-after-own-entry", "[ \"$(cat d/a)\" = new ]", lower, tar(file("d/a"), whiteout("d/.wh.a"))),
        accept("whiteout-of-directory-then-new-one", "[ ! -e d/a ] && [ -e d/new ]", lower,
               tar(whiteout(".wh.d"), directory("d"), file("d/new"))),
        accept("opaque-before-directory", "[ ! -e d/a ] && [ -e d/new ]", lower,
               tar(whiteout("d/.wh..wh..opq"), directory("d"), file("d/new"))),
        accept("opaque-after-siblings", "[ ! -e d/a ] && [ ! -e d/s/x ] && [ -e d/s/new ]", lower,
               tar(directory("d"), file("d/s/new"), whiteout("d/.wh..wh..opq"))),
        accept("opaque-root", "[ \"$(ls -A)\" = f ]", lower, tar(file("f"), whiteout(".wh..wh..opq"))),
        accept("whiteout-in-lowest-layer", "[ -e a ]", tar(file("a"), whiteout(".wh.a"))),
    ]


def kinds(_):
    return [
        accept("device-nodes", "[ ! -e null ] || [ -c null ]", tar(device("null", 1, 3), device("sda", 8, 0, b"4"))),
        refuse("device-number-too-large", "device", tar(device("d", 1 << 13, 0))),
        accept("setuid", "[ \"$(stat -c %a su)\" = 4755 ] || [ \"$(id -u)\" != 0 ]", tar(file("su", mode=0o4755))),
        accept("fifo", "[ -p p ]", tar(member("p", b"6"))),
        refuse("unknown-type", "unknown type", tar(member("s", b"s"))),
        accept("duplicate-entries", "[ \"$(cat f)\" = two ]", tar(file("f", "one"), file("f", "two"))),
        refuse("file-below-a-file", "is not a directory", tar(file("f"), file("f/below"))),
        refuse("file-below-a-lower-file", "is not a directory", tar(file("f")), tar(file("f/below"))),
        accept("negative-mtime", "[ \"$(stat -c %Y f)\" = -86400 ]", tar(file("f", mtime=-86400))),
        accept("huge-mtime", "[ -f f ]", tar(pax(mtime="99999999999.999999999") + file("f"))),
        refuse("mtime-is-a-word", "mtime", tar(pax(mtime="yesterday") + file("f"))),
        refuse("owner-2-to-the-32", "invalid owner", tar(pax(uid="4294967295") + file("f"))),
        refuse("owner-negative", "out of range", tar(file("f", uid=-1))),
        accept("xattr-trusted-overlay",
               "! \"$PY\" -c 'import os; os.getxattr(\"d\", \"trusted.overlay.opaque\")' 2>/dev/null",
               tar(xattr("trusted.overlay.opaque", "y") + directory("d"))),
        refuse("xattr-flood", "names and attributes",
               tar(pax_raw(b"".join(record(f"SCHILY.xattr.user.{n}", "x" * 100) for n in range(10000))) + file("f"))),
        refuse("xattr-too-large", "cannot set attribute", tar(xattr("user.x", "x" * 100000) + file("f"))),
        refuse("xattr-name-too-long", "cannot set attribute", tar(xattr("user." + "x" * 300, "x") + file("f"))),
        refuse("capability-nonsense", "cannot set attribute", tar(xattr("security.capability", "x") + file("f"))),
    ]


def names(_):
    deep = "/".join(["a"] * 2000)
    long_path = "/".join(["x" * 255] * 16)
    return [
        accept("name-255", "[ -f \"$(printf '%0255d' 0)\" ]", tar(file("0" * 255))),
        refuse("name-256", "name too long: 256 bytes", tar(file("0" * 256))),
        refuse("directory-name-256", "name too long: 256 bytes", tar(directory("0" * 256))),
        refuse("parent-name-256", "name too long: 256 bytes", tar(file("0" * 256 + "/f"))),
        accept("path-4000", "true", tar(file(long_path[:4000]))),
        refuse("path-4096", "path too long: 4096 bytes", tar(file(long_path + "/"), file(long_path[:-1] + "/y"))),
        refuse("path-5000", "name too long: 4999 bytes", tar(file("x/" * 2500))),
        refuse("link-4096", "invalid link target of 4096 bytes", tar(symlink("l", "x" * 4096))),
        refuse("path-grows-through-symlinks", "path too long",
               tar(directory(deep), symlink("l", deep), file("l/" + "y" * 200 + "/f"))),
        accept("deep-nesting-2000", f"[ -d {'a/' * 1000} ]", tar(file(deep + "/f"))),
        refuse("deep-nesting-5000", "name too long", tar(directory("/".join(["a"] * 5000)))),
        accept("nul-in-name", "[ -f a ]", tar(file(b"a\0b"))),
        refuse("nul-in-pax-name", "invalid value", tar(pax(path=b"a\0b") + file("f"))),
        refuse("nul-in-long-name", "NUL", tar(gnu_long(b"L", b"a\0b") + file("f"))),
        accept("newline-in-name", "[ -f $'two\\nlines' ]", tar(file("two\nlines"))),
        accept("escape-sequence-in-name", "[ -f $'\\e[2Jgone' ]", tar(file("\x1b[2Jgone"))),
        refuse("escape-sequence-in-refused-name", "the name contains '..'", tar(file("\x1b[2J\x1b]0;x\7/../f"))),
        accept("invalid-utf8-name", "[ -f $'\\xff\\xfe' ]", tar(file(b"\xff\xfe"))),
        accept("name-with-quotes-and-blanks", "[ -f \"-rf ' * \\$(id)\" ]", tar(file("-rf ' * $(id)"))),
        accept("dot-slash-names", "[ -f a/b ]", tar(directory("."), file("./a/./b"))),
    ]


def headers(_):
    whole = tar(file("f", "x" * 3000))
    gib4 = 1 << 32
    return [
        refuse("bad-checksum", "checksum", tar(file("f")[:-1024] + b"g" + file("f")[1:])),
        refuse("truncated-header", "truncated", file("f")[:300]),
        refuse("truncated-content", "truncated", whole[:2000]),
        refuse("garbage-after-end", "garbage after the end", whole + b"more" + bytes(508)),
        refuse("tar-after-end", "garbage after the end", whole + tar(file("hidden"))),
        accept("one-zero-block-end", "[ -f f ]", whole[:-512]),
        accept("no-zero-blocks-end", "[ -f f ]", whole[:-1024]),
        accept("many-zero-blocks-end", "[ -f f ]", whole + bytes(1 << 20)),
        accept("empty-layer", "[ -z \"$(ls -A)\" ]", END),
        refuse("not-a-tar", "checksum", b"#!/bin/sh\necho no\n" * 100),
        refuse("size-field-nonsense", "not a number", tar(header("f", at=[(124, b"not a number")]))),
        refuse("size-field-negative", "out of range", tar(header("f", size=-512))),
        refuse("size-field-2-to-the-63", "truncated", tar(header("f", size=(1 << 63) - 1))),
        refuse("pax-name-4gib-lie", "names and attributes", tar(pax_raw(b"x", size=gib4) + file("f"))),
        refuse("long-name-4gib-lie", "names and attributes", tar(gnu_long(b"L", "x", gib4) + file("f"))),
        refuse("pax-size-lie", "truncated", tar(pax(size=str(10 * gib4)) + file("f"))),
        refuse("pax-size-hides-entries", "checksum", tar(pax(size="0") + file("f", "not a header, surely"))),
        refuse("pax-size-negative", "size", tar(pax(size="-1") + file("f"))),
        refuse("pax-size-2-to-the-64", "size", tar(pax(size=str(1 << 64)) + file("f"))),
        refuse("pax-record-length-lie", "has the wrong length", tar(pax_raw(b"99 path=short\n") + file("f"))),
        refuse("pax-record-length-zero", "has the wrong length", tar(pax_raw(b"0 path=x\n") + file("f"))),
        refuse("pax-record-length-overflow", "has the wrong length",
               tar(pax_raw(b"18446744073709551617 path=x\n") + file("f"))),
        refuse("pax-record-without-equals", "no key", tar(pax_raw(b"10 path x\n") + file("f"))),
        refuse("pax-header-at-end", "ends after an extended header", tar(pax(path="x"))),
        refuse("pax-headers-without-end", "two PAX headers", tar(pax(comment="x") * 10000 + file("f"))),
        refuse("pax-global-path", "global", tar(pax_raw(record("path", "x"), b"g") + file("f"))),
        refuse("gnu-and-pax-names-disagree", "disagree on the name",
               tar(gnu_long(b"L", "a") + pax(path="b") + file("f"))),
        refuse("sparse-huge-hole", "holes", tar(gnu_sparse("f", 0, 1 << 50, [], b""))),
        refuse("sparse-map-overlap", "overlap",
               tar(gnu_sparse("f", 1024, 4096, [(0, 512), (256, 512)], b"x" * 1024))),
        refuse("sparse-map-beyond-size", "overlap or exceed the file",
               tar(gnu_sparse("f", 512, 1024, [(4096, 512)], b"x" * 512))),
        refuse("sparse-map-overflow", "overlap or exceed the file",
               tar(gnu_sparse("f", 512, 1024, [(512, (1 << 63) - 1)], b"x" * 512))),
        refuse("sparse-map-without-data", "more or less data", tar(gnu_sparse("f", 0, 1024, [(0, 512)], b""))),
        refuse("sparse-map-count-lie", "invalid map", tar(pax_sparse("f", 1024, "999999999999\n0\n512\n", b"x" * 512))),
        refuse("sparse-map-nonsense", "invalid map", tar(pax_sparse("f", 1024, "many\n", b"x" * 512))),
        accept("sparse-1-gib-hole", "[ \"$(stat -c %s f)\" = 1073741824 ] && [ \"$(stat -c %b f)\" -lt 4096 ]",
               tar(gnu_sparse("f", 512, 1 << 30, [((1 << 30) - 512, 512)], b"x" * 512))),
        accept("sparse-pax-1-0", "[ \"$(stat -c %s f)\" = 1024 ] && [ \"$(tail -c 4 f)\" = xxxx ]",
               tar(pax_sparse("f", 1024, "1\n512\n512\n", b"x" * 512))),
    ]


def many_entries():
    """200,000 empty files in 200 directories."""
    start = header("d000/000000", mode=0o600)
    rest = sum(start) - sum(start[148:156]) + 8 * ord(" ") - sum(start[:11])
    parts = []
    for n in range(200000):
        path = b"d%03d/%06d" % (n % 200, n)
        parts.append(path + start[11:148] + b"%06o\0 " % (rest + sum(path)) + start[156:])
    return b"".join(parts) + END


def compression(_):
    whole = tar(file("f", "x" * 3000), file("g"))
    packed = gzip_member(whole)
    both = "[ -f f ] && [ -f g ]"
    zeros, times = bytes(64 << 20), 32
    start = header("zeros", size=len(zeros) * times)
    bomb = Blob(GZIP, gzip_member(start) + gzip_member(zeros, 9) * times + gzip_member(END),
                [start, *[zeros] * times, END])
    many = many_entries()
    first, blocks = header("zeros", size=8192 * ZSTD_BLOCK), 8192
    densest = Blob(ZSTD, zstd_frame(zstd_block(first), zstd_zeros(blocks), zstd_block(END)),
                   [first, *[bytes(ZSTD_BLOCK)] * blocks, END])

    def gzipped(blob):
        return Blob(GZIP, blob, [whole])

    def zstandard(blob):
        return Blob(ZSTD, blob, [whole])

    return [
        accept("gzip-ok", both, gzipped(packed)),
        accept("gzip-multi-member", both,
               gzipped(gzip_member(whole[:700]) + gzip_member(b"") + gzip_member(whole[700:]))),
        accept("gzip-header-fields", both,
               gzipped(gzip_member(whole, flags=4 | 8 | 16, extra=b"\x02\0ab" + b"name\0" + b"comment\0"))),
        refuse("gzip-truncated", "truncated gzip stream", gzipped(packed[:-20])),
        refuse("gzip-without-trailer", "truncated gzip stream", gzipped(packed[:-8])),
        refuse("gzip-bad-crc", "wrong checksum or length", gzipped(gzip_member(whole, crc=1))),
        refuse("gzip-bad-length", "wrong checksum or length", gzipped(gzip_member(whole, length=1))),
        refuse("gzip-garbage-behind", "garbage after the gzip stream", gzipped(packed + b"garbage that is no member")),
        refuse("gzip-nothing", "not a gzip stream", gzipped(b"")),
        refuse("gzip-bomb", "expands", bomb, flags="--max-bytes 1GiB"),
        accept("gzip-2-gib-of-zeros", "[ \"$(stat -c %b zeros)\" -lt 4096 ]", bomb),
        accept("zstd-ok", both, zstandard(zstd_stored(whole))),
        accept("zstd-frames-and-skippable-ones", both,
               zstandard(zstd_skippable(b"index") + zstd_stored(whole[:700]) + zstd_skippable(b"x" * 1000) +
                         zstd_stored(whole[700:]) + zstd_skippable(b""))),
        refuse("zstd-bomb", "expands to more than", densest, flags="--max-bytes 512MiB"),
        refuse("zstd-bomb-by-ratio", "expands to more than 2000 times", densest, flags="--max-ratio 2000"),
        accept("zstd-1-gib-of-zeros", "[ \"$(stat -c %b zeros)\" -lt 4096 ]", densest),
        refuse("zstd-window-2-gib", "a window of more than", zstandard(zstd_frame(zstd_block(whole), window=21 << 3))),
        refuse("zstd-truncated", "truncated zstd stream", zstandard(zstd_stored(whole)[:-10])),
        refuse("zstd-block-too-large", "corrupt zstd stream", zstandard(zstd_frame(zstd_zeros(1)[:1] + b"\xff\xff\0"))),
        refuse("gzip-said-to-be-zstd", "not a zstd frame", zstandard(packed)),
        refuse("zstd-said-to-be-gzip", "not a gzip stream", gzipped(zstd_stored(whole))),
        refuse("gzip-said-to-be-plain", "truncated in a header", packed),
        refuse("gzip-in-gzip", "truncated in a header", Blob(GZIP, gzip_member(packed), [packed])),
        accept("entries-200000", "[ \"$(ls d199 | wc -l)\" = 1000 ]", Blob(GZIP, gzip_member(many, 1), [many])),
    ]


def odd_but_right(_):
    merged = tar(directory("usr"), directory("usr/lib"), directory("usr/bin"), symlink("lib", "usr/lib"),
                 symlink("bin", "/usr/bin"))
    old = tar(directory("d"), file("d/below"), file("f", "old"), symlink("l", "f"))
    return [
        accept("usr-merge", "[ -L lib ] && [ -f usr/lib/x ] && [ -f usr/bin/y ]", merged,
               tar(file("lib/x"), file("bin/y"))),
        accept("usr-merge-hardlink", "[ usr/lib/x -ef usr/bin/y ]", merged,
               tar(file("lib/x"), hardlink("bin/y", "lib/x"))),
        accept("symlink-replaced-by-file", "[ -f l ] && [ ! -L l ] && [ \"$(cat f)\" = old ]", old, tar(file("l"))),
        accept("symlink-replaced-by-dir", "[ -f l/x ] && [ ! -L l ]", old, tar(directory("l"), file("l/x"))),
        accept("file-replaces-dir", "[ -f d ]", old, tar(file("d"))),
        accept("symlink-replaces-dir", "[ -L d ]", old, tar(symlink("d", "f"))),
        accept("dir-replaces-file", "[ -f f/x ]", old, tar(directory("f"), file("f/x"))),
        accept("dir-mode-0", "[ \"$(stat -c %a d)\" = 0 ]", tar(directory("d", 0), file("d/f"), directory("d/e", 0))),
        accept("root-mode-0", "[ \"$(stat -c %a .)\" = 0 ]", tar(directory(".", 0), file("f"))),
        accept("file-mode-0", "[ \"$(stat -c %a f)\" = 0 ]", tar(file("f", mode=0), hardlink("g", "f"))),
        accept("dangling-symlinks", "[ -L l ] && [ ! -e l ]", tar(symlink("l", "/nowhere/at/all"))),
        accept("missing-parents", "[ -f a/b/c ] && [ \"$(stat -c %a a/b)\" = 755 ]", tar(file("a/b/c"))),
        accept("dir-entry-after-its-files", "[ \"$(stat -c %a d)\" = 700 ]", tar(file("d/f"), directory("d", 0o700))),
        accept("version-7-tar", "[ -f d/f ]", tar(header("d/", b"\0", magic=bytes(8), mode=0o755) +
                                                  header("d/f", b"\0", magic=bytes(8)))),
        accept("gnu-long-names", f"[ -f {'n' * 150} ]", tar(gnu_long(b"L", "n" * 150) + file("short"))),
        accept("directory-with-a-size", "[ -f f ]", tar(header("d/", b"5", 4096, mode=0o755), file("f"))),
        accept("empty-files", "[ -f a ] && [ ! -s a ]", tar(file("a", ""), file("b", ""))),
        accept("large-owner", "[ \"$(stat -c %u f)\" = 3000000 ] || [ \"$(id -u)\" != 0 ]",
               tar(file("f", uid=3000000))),
    ]


def all_cases(outside):
    groups = (leave_the_root, links, whiteouts, kinds, names, headers, compression, odd_but_right)
    return [each for group in groups for each in group(outside)]
