# SPDX-License-Identifier: Apache-2.0
"""A function that makes thumbnails: a PNG in, a smaller PNG out. It needs no more than Debian's python3-minimal.

    event   {"image": "/srv/photo.png", "width": 48}     and, if wanted, "save": "/tmp/small.png"
    answer  {"width": 48, "height": 36, "bytes_in": .., "bytes_out": .., "image": PNG in base64}
"""
import ast
import base64
import os
import struct
import sys
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}  # colour type: samples in a pixel
MAX_PIXELS = 64 * 1024 * 1024


def chunks(data):
    if not data.startswith(SIGNATURE):
        raise ValueError("this is not a PNG")
    at = len(SIGNATURE)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8:at + 8 + length]
        (crc,) = struct.unpack_from(">I", data, at + 8 + length)
        if crc != zlib.crc32(kind + body):
            raise ValueError("a chunk of the PNG is damaged")
        yield kind, body
        at += 12 + length


def paeth(left, up, corner):
    estimate = left + up - corner
    by_left, by_up, by_corner = abs(estimate - left), abs(estimate - up), abs(estimate - corner)
    if by_left <= by_up and by_left <= by_corner:
        return left
    return up if by_up <= by_corner else corner


def unfilter(kind, row, above, step):
    """Undoes one row's filter in place (PNG specification, section 9)."""
    for i in range(len(row)):
        left = row[i - step] if i >= step else 0
        up = above[i]
        corner = above[i - step] if i >= step else 0
        row[i] = (row[i] + (0, left, up, (left + up) // 2, paeth(left, up, corner))[kind]) & 255


def decode(data):
    """Width, height, samples in a pixel, rows of 8-bit samples."""
    header, packed = None, b""
    for kind, body in chunks(data):
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", body)
        elif kind == b"IDAT":
            packed += body
    if header is None:
        raise ValueError("the PNG has no header")
    width, height, depth, colour, _, _, interlaced = header
    if depth != 8 or colour not in CHANNELS or interlaced:
        raise ValueError("only 8-bit PNGs without palette and interlace are understood")
    if not 0 < width * height <= MAX_PIXELS:
        raise ValueError("the PNG is too large")
    step = CHANNELS[colour]
    stride = width * step
    raw = zlib.decompressobj().decompress(packed, height * (stride + 1))
    if len(raw) != height * (stride + 1):
        raise ValueError("the PNG ends too early")
    rows, above = [], bytes(stride)
    for y in range(height):
        start = y * (stride + 1)
        row = bytearray(raw[start + 1:start + 1 + stride])
        unfilter(raw[start], row, above, step)
        rows.append(row)
        above = row
    return width, height, step, rows


def shrink(width, height, step, rows, new_width):
    """Each new pixel is the mean of the box of old pixels that it covers."""
    new_height = max(1, height * new_width // width)
    small = []
    for y in range(new_height):
        box_rows = rows[y * height // new_height:max((y + 1) * height // new_height, y * height // new_height + 1)]
        line = bytearray()
        for x in range(new_width):
            first = x * width // new_width
            last = max((x + 1) * width // new_width, first + 1)
            for channel in range(step):
                total = sum(sum(row[first * step + channel:last * step:step]) for row in box_rows)
                line.append(total // (len(box_rows) * (last - first)))
        small.append(line)
    return new_height, small


def encode(width, height, step, rows):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    colour = {samples: kind for kind, samples in CHANNELS.items()}[step]
    packed = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows), 9)
    return (SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)) +
            chunk(b"IDAT", packed) + chunk(b"IEND", b""))


def handler(event, context):
    with open(event["image"], "rb") as file:
        data = file.read()
    width, height, step, rows = decode(data)
    new_width = min(int(event.get("width", 48)), width)
    if new_width < 1:
        raise ValueError("the width must be at least 1")
    new_height, small = shrink(width, height, step, rows, new_width)
    png = encode(new_width, new_height, step, small)
    if "save" in event:
        with open(event["save"], "wb") as file:
            file.write(png)
    return {"width": new_width, "height": new_height, "bytes_in": len(data), "bytes_out": len(png),
            "image": base64.b64encode(png).decode()}


def main():
    # python3-minimal has no json module. An event of strings and numbers is a Python literal as well, and so is the
    # answer once its quotes are JSON's.
    event = ast.literal_eval(sys.stdin.read())
    answer = handler(event, {"function": os.environ.get("FN_FUNCTION", "thumbnailer")})
    print(str(answer).replace("'", '"'))


if __name__ == "__main__":
    main()
