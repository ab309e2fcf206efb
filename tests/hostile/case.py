# SPDX-License-Identifier: Apache-2.0
"""A case: an image, and what fnimg must make of it."""
import dataclasses
import typing

MEDIA = "application/vnd.oci.image."
PLAIN, GZIP, ZSTD = (MEDIA + "layer.v1.tar" + suffix for suffix in ("", "+gzip", "+zstd"))


class Blob(typing.NamedTuple):
    """A layer; `tar` is pieces of what it should decode to."""
    media_type: str
    content: bytes
    tar: typing.Sequence[bytes]


@dataclasses.dataclass
class Case:
    name: str
    expect: str  # accept or refuse
    check: str   # accept: a bash condition that holds in the unpacked tree; refuse: text in the message
    layers: typing.Sequence = ()  # Blobs, or bytes for a plain tar
    flags: str = ""               # of import
    # What is done to a layout that is right without: to its documents before they are written, to the manifest's bytes,
    # and to the directory at the end.
    config: typing.Callable = None
    manifest: typing.Callable = None
    manifest_text: typing.Callable = None
    index: typing.Callable = None
    files: typing.Callable = None


def accept(name, check, *layers, **more):
    return Case(name, "accept", check, layers, **more)


def refuse(name, check, *layers, **more):
    return Case(name, "refuse", check, layers, **more)
