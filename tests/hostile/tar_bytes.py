# SPDX-License-Identifier: Apache-2.0
"""Tar, gzip and zstd made byte by byte, so that anything in them can be wrong."""
import struct
import zlib

BLOCK = 512
END = bytes(2 * BLOCK)


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode()


def pad(data):
    return data + bytes(-len(data) % BLOCK)


def number(value, length):
    """Octal, or GNU's base 256 for what octal can't hold."""
    if 0 <= value < 8 ** (length - 1):
        return b"%0*o\0" % (length - 1, value)
    return bytes([0xFF if value < 0 else 0x80]) + value.to_bytes(length - 1, "big", signed=value < 0)


def header(name, kind=b"0", size=0, mode=0o644, uid=0, gid=0, mtime=0, link=b"", device=(0, 0),
           magic=b"ustar\00000", at=()):
    """`at` is pairs of offset and bytes that are written over the rest before the checksum is taken."""
    block = bytearray(BLOCK)
    fields = [(0, as_bytes(name)[:100]), (100, number(mode, 8)), (108, number(uid, 8)), (116, number(gid, 8)),
              (124, number(size, 12)), (136, number(mtime, 12)), (156, kind), (157, as_bytes(link)[:100]),
              (257, magic), (329, number(device[0], 8)), (337, number(device[1], 8))]
    for offset, value in [*fields, *at, (148, b" " * 8)]:
        block[offset:offset + len(value)] = value
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def record(key, value):
    body = b" " + as_bytes(key) + b"=" + as_bytes(value) + b"\n"
    length = len(body) + 1
    while len(b"%d" % length) + len(body) != length:
        length += 1
    return b"%d" % length + body


def pax_raw(records, kind=b"x", size=None):
    return header("pax", kind, len(records) if size is None else size) + pad(records)


def pax(**records):
    return pax_raw(b"".join(record(key, value) for key, value in records.items()))


def xattr(name, value):
    return pax_raw(record("SCHILY.xattr." + name, value))


def gnu_long(kind, text, size=None):
    data = as_bytes(text) + b"\0"
    return header("././@LongLink", kind, len(data) if size is None else size, magic=b"ustar  \0") + pad(data)


def member(name, kind, content=b"", link=b"", **fields):
    """With a PAX header where the name or the link needs one."""
    name, link = as_bytes(name), as_bytes(link)
    long = {key: value for key, value in (("path", name), ("linkpath", link)) if len(value) > 100}
    return (pax(**long) if long else b"") + header(name, kind, len(content), link=link, **fields) + pad(content)


def file(name, content="new", **fields):
    return member(name, b"0", as_bytes(content), **fields)


def directory(name, mode=0o755, **fields):
    return member(name + "/", b"5", mode=mode, **fields)


def symlink(name, target):
    return member(name, b"2", link=target, mode=0o777)


def hardlink(name, target):
    return member(name, b"1", link=target)


def device(name, major, minor, kind=b"3"):
    return member(name, kind, device=(major, minor), mode=0o666)


def whiteout(name):
    return file(name, "")


def gnu_sparse(name, stored, real_size, extents, content):
    """GNU's old format: up to four extents stand in the header itself."""
    at = [(386 + 24 * n, number(offset, 12) + number(size, 12)) for n, (offset, size) in enumerate(extents)]
    return header(name, b"S", stored, magic=b"ustar  \0", at=[*at, (483, number(real_size, 12))]) + pad(content)


def pax_sparse(name, real_size, sparse_map, content):
    """PAX format 1.0: the map stands in front of the data."""
    records = [("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", name),
               ("GNU.sparse.realsize", str(real_size))]
    data = pad(as_bytes(sparse_map)) + content
    return (pax_raw(b"".join(record(key, value) for key, value in records)) +
            header("GNUSparseFile.0/" + name, size=len(data)) + pad(data))


def gzip_member(data, level=6, flags=0, extra=b"", crc=None, length=None):
    engine = zlib.compressobj(level, zlib.DEFLATED, -15)
    body = engine.compress(data) + engine.flush()
    trailer = struct.pack("<II", zlib.crc32(data) if crc is None else crc,
                          (len(data) if length is None else length) & 0xFFFFFFFF)
    return b"\x1f\x8b\x08" + bytes([flags]) + bytes(5) + b"\xff" + extra + body + trailer


ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
ZSTD_BLOCK = 128 << 10


def zstd_block(data, last=False):
    """Uncompressed."""
    return struct.pack("<I", len(data) << 3 | int(last))[:3] + data


def zstd_zeros(blocks):
    """Run-length blocks: four bytes stand for 128 KiB."""
    return (struct.pack("<I", ZSTD_BLOCK << 3 | 1 << 1)[:3] + b"\0") * blocks


def zstd_frame(*blocks, window=0x38):
    """The window is 2^(10 + window / 8) bytes: 128 KiB."""
    return ZSTD_MAGIC + b"\0" + bytes([window]) + b"".join(blocks) + zstd_block(b"", last=True)


def zstd_stored(data):
    return zstd_frame(*(zstd_block(data[at:at + ZSTD_BLOCK]) for at in range(0, len(data), ZSTD_BLOCK)))


def zstd_skippable(data):
    return struct.pack("<II", 0x184D2A50, len(data)) + data
