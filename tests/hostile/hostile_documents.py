# SPDX-License-Identifier: Apache-2.0
"""Layouts, manifests and configs that lie. Each has two good layers otherwise."""
import os

from case import GZIP, MEDIA, Blob, accept, refuse
from tar_bytes import END, file, gzip_member

INDEX = MEDIA + "index.v1+json"
MANIFEST = MEDIA + "manifest.v1+json"
ZEROS = "sha256:" + "0" * 64


def good_layers():
    tars = [file(name, name * 1000) + END for name in ("f", "g")]
    return [Blob(GZIP, gzip_member(tar), [tar]) for tar in tars]


def liar(name, check, **changes):
    return refuse(name, check, *good_layers(), **changes)


def odd(name, check="[ -f f ] && [ -f g ]", **changes):
    return accept(name, check, *good_layers(), **changes)


def set_layer(**fields):
    return lambda _, manifest: manifest["layers"][0].update(fields)


def set_size(text):
    """JSON that Python can't say: a number of any form."""
    def change(manifest):
        head, size, tail = manifest.rpartition(b'"size": ')
        return head + size + text + tail.lstrip(b"0123456789")
    return change


def replace(old, new):
    return lambda text: text.replace(old, new)


def manifests():
    nested = b"[" * 100000 + b"]" * 100000
    return [
        liar("manifest-duplicate-keys", "occurs twice",
             manifest_text=replace(b'"layers": [', b'"layers": [], "layers": [')),
        liar("manifest-depth-100000", "more than 64 levels",
             manifest_text=lambda text: text[:-1] + b', "x": ' + nested + b"}"),
        liar("manifest-open-brackets", "more than 64 levels", manifest_text=lambda _: b"[" * 1000000),
        liar("manifest-not-json", "not valid JSON", manifest_text=lambda _: b"\x7fELF\0\0\0"),
        liar("manifest-empty", "not valid JSON", manifest_text=lambda _: b""),
        liar("manifest-null", "is not an object", manifest_text=lambda _: b"null"),
        liar("manifest-behind-manifest", "not valid JSON", manifest_text=lambda text: text + text),
        liar("manifest-cut-short", "not valid JSON", manifest_text=lambda text: text[:-30]),
        liar("manifest-17-mib", "limit 16777216", manifest_text=lambda text: text + b" " * (17 << 20)),
        liar("manifest-schema-version-1", "'schemaVersion' is 1",
             manifest=lambda _, manifest: manifest.update(schemaVersion=1)),
        liar("manifest-without-layers", "'layers' is missing", manifest=lambda _, manifest: manifest.pop("layers")),
        liar("manifest-without-config", "'config' is missing", manifest=lambda _, manifest: manifest.pop("config")),
        liar("manifest-layers-is-object", "is not an array", manifest=lambda _, manifest: manifest.update(layers={})),
        liar("manifest-layer-is-string", "is not an object",
             manifest=lambda _, manifest: manifest.update(layers=["x"])),
        liar("manifest-100000-layers", "has 100000 layers",
             manifest=lambda _, manifest: manifest.update(layers=manifest["layers"] * 50000)),
        liar("manifest-says-it-is-an-index", "not the media type of an image manifest",
             manifest=lambda _, manifest: manifest.update(mediaType=INDEX)),
        liar("size-2-to-the-64", "too large", manifest_text=set_size(b"18446744073709551616")),
        liar("size-2-to-the-63", "too large", manifest_text=set_size(b"9223372036854775808")),
        liar("size-1e3", "not an integer", manifest_text=set_size(b"1e3")),
        liar("size-negative", "not a number of bytes", manifest_text=set_size(b"-1")),
        liar("size-string", "not an integer", manifest_text=set_size(b'"12"')),
        liar("size-zero", "its descriptor says 0", manifest=set_layer(size=0)),
        liar("descriptor-wrong-size", "its descriptor says 1000000", manifest=set_layer(size=1000000)),
        liar("descriptor-wrong-digest", "is missing", manifest=set_layer(digest=ZEROS)),
        liar("digest-with-slash", "lower-case hexadecimal",
             manifest=set_layer(digest="sha256:../../../outside/secret")),
        liar("digest-with-slash-and-right-length", "lower-case hexadecimal",
             manifest=set_layer(digest="sha256:" + "../../../outside/secret".rjust(64, "0"))),
        liar("digest-uppercase", "lower-case hexadecimal", manifest=lambda _, manifest: manifest["layers"][0].update(
            digest=manifest["layers"][0]["digest"].upper().replace("SHA256", "sha256"))),
        liar("digest-short", "lower-case hexadecimal", manifest=set_layer(digest="sha256:" + "0" * 63)),
        liar("digest-with-newline", "lower-case hexadecimal", manifest=set_layer(digest=ZEROS[:-1] + "\n")),
        liar("digest-with-nul", "lower-case hexadecimal", manifest=set_layer(digest=ZEROS[:-1] + "\0")),
        liar("digest-of-nothing", "lower-case hexadecimal", manifest=set_layer(digest="")),
        liar("digest-md5", "'md5' is not supported", manifest=set_layer(digest="md5:" + "0" * 32)),
        liar("digest-escape-sequence", "lower-case hexadecimal", manifest=set_layer(digest="sha256:\x1b[2J")),
        liar("unknown-layer-media-type", "unknown media type", manifest=set_layer(mediaType="application/x-unknown")),
        liar("layer-media-type-escape-sequence", "unknown media type",
             manifest=set_layer(mediaType="\x1b[2J\x1b]0;x\x07")),
        liar("docker-layer-type-of-nobody", "unknown media type",
             manifest=set_layer(mediaType="application/vnd.docker.image.rootfs.diff.tar.zstd")),
        liar("layer-is-the-config", "not a gzip stream", manifest=lambda _, manifest: manifest["layers"].__setitem__(
            0, dict(manifest["config"], mediaType=GZIP))),
        liar("swapped-layers", "diffID", manifest=lambda _, manifest: manifest["layers"].reverse()),
        liar("layer-left-out", "the manifest has 1 layers", manifest=lambda _, manifest: manifest["layers"].pop()),
        odd("manifest-unknown-keys", manifest=lambda _, manifest: manifest.update(x=[1.5, None, {"y": "z"}])),
        odd("manifest-without-media-type", manifest=lambda _, manifest: manifest.pop("mediaType")),
    ]


def configs():
    def diff_ids(change):
        return lambda config: change(config["rootfs"]["diff_ids"])

    def document(content):
        return lambda layout, manifest: manifest.update(config=layout.put(MEDIA + "config.v1+json", content))

    return [
        liar("forged-diffid", "diffID", config=diff_ids(lambda ids: ids.__setitem__(0, ZEROS))),
        liar("swapped-diffids", "diffID", config=diff_ids(lambda ids: ids.reverse())),
        liar("diffid-count-wrong", "the config 3 diffIDs", config=diff_ids(lambda ids: ids.append(ZEROS))),
        liar("diffid-is-number", "is not a string", config=diff_ids(lambda ids: ids.__setitem__(0, 7))),
        liar("rootfs-missing", "'rootfs' is missing", config=lambda config: config.pop("rootfs")),
        liar("rootfs-of-other-type", "not 'layers'", config=lambda config: config["rootfs"].update(type="squashfs")),
        odd("history-count-wrong", config=lambda config: config["history"].append({})),
        odd("history-all-empty",
            config=lambda config: [each.update(empty_layer=True) for each in config["history"]]),
        liar("config-not-json", "not valid JSON", manifest=document(b"#!/bin/sh\n")),
        liar("config-is-array", "is not an object", manifest=document(b"[]")),
        liar("config-duplicate-keys", "occurs twice", manifest=document(b'{"os": "linux", "os": "windows"}')),
        liar("config-depth-100000", "more than 64 levels", manifest=document(b'{"a":' * 100000 + b"0" + b"}" * 100000)),
        liar("config-environment-is-number", "'Env'", config=lambda config: config["config"].update(Env=7)),
        odd("history-missing", config=lambda config: config.pop("history")),
        odd("history-with-empty-layers",
            config=lambda config: config["history"].insert(1, {"created_by": "ENV", "empty_layer": True})),
        odd("config-unknown-keys", config=lambda config: config.update(container="x", docker_version="20", big=2**53)),
    ]


def indexes():
    def nest(times):
        def change(layout, index):
            for _ in range(times):
                index["manifests"] = [layout.put_json(INDEX, {"schemaVersion": 2, "manifests": index["manifests"]})]
        return change

    def to_itself(layout, index):
        layout.write("self", b"")
        inner = {"schemaVersion": 2, "manifests": [{"mediaType": INDEX, "digest": ZEROS, "size": 200}]}
        descriptor = layout.put_json(INDEX, inner)
        os.rename(layout.blob(descriptor["digest"]), layout.blob(ZEROS))
        index["manifests"] = [dict(descriptor, digest=ZEROS)]

    def wrong_type(_, index):
        index["manifests"][0]["mediaType"] = INDEX

    return [
        liar("index-nested-1000-times", "nested more than", index=nest(1000)),
        liar("index-loop", "digest mismatch", index=to_itself),
        liar("index-empty", "contains no image", index=lambda _, index: index.update(manifests=[])),
        liar("index-says-manifest-is-index", "not the media type of an index", index=wrong_type),
        liar("index-descriptor-wrong-size", "its descriptor says 7",
             index=lambda _, index: index["manifests"][0].update(size=7)),
        liar("index-duplicate-keys", "occurs twice",
             files=lambda layout, _: layout.write("index.json", b'{"schemaVersion":2,"manifests":[],"manifests":[]}')),
        liar("index-not-json", "not valid JSON", files=lambda layout, _: layout.write("index.json", b"<html>")),
        odd("index-in-index", index=nest(1)),
    ]


def layouts():
    def first_blob(change):
        def changed(layout, manifest):
            path = layout.blob(manifest["layers"][0]["digest"])
            with open(path, "rb") as blob:
                content = blob.read()
            os.remove(path)
            change(path, content)
        return changed

    def rewrite(edit):
        def change(path, content):
            with open(path, "wb") as blob:
                blob.write(edit(content))
        return first_blob(change)

    def flipped(content):
        return content[:20] + bytes([content[20] ^ 1]) + content[21:]

    def link_outside(path, _):
        os.symlink("../../../outside/secret", path)

    def as_fifo(name):
        def change(layout, _):
            os.remove(layout.file(name))
            os.mkfifo(layout.file(name))
        return change

    return [
        liar("flipped-byte", "digest mismatch", files=rewrite(flipped)),
        liar("truncated-blob", "its descriptor says", files=rewrite(lambda content: content[:-1])),
        liar("longer-blob", "its descriptor says", files=rewrite(lambda content: content + b"x")),
        liar("empty-blob", "its descriptor says", files=rewrite(lambda _: b"")),
        liar("missing-blob", "is missing", files=first_blob(lambda *_: None)),
        liar("missing-config", "is missing",
             files=lambda layout, manifest: os.remove(layout.blob(manifest["config"]["digest"]))),
        liar("blob-is-directory", "not a regular file", files=first_blob(lambda path, _: os.mkdir(path))),
        # A link of our own is followed, as layouts of links have them; what it leads to has to have the digest.
        liar("blob-is-symlink-outside", "bytes, its descriptor says", files=first_blob(link_outside)),
        liar("blob-is-dev-zero", "not a regular file", files=first_blob(lambda path, _: os.symlink("/dev/zero", path))),
        liar("blob-is-fifo", "not a regular file", files=first_blob(lambda path, _: os.mkfifo(path))),
        liar("index-is-fifo", "index.json", files=as_fifo("index.json")),
        liar("layout-version-2", "'2.0.0' is not 1.0.0",
             files=lambda layout, _: layout.write("oci-layout", b'{"imageLayoutVersion":"2.0.0"}')),
        liar("layout-file-missing", "'oci-layout' is missing",
             files=lambda layout, _: os.remove(layout.file("oci-layout"))),
        liar("index-missing", "'index.json' is missing", files=lambda layout, _: os.remove(layout.file("index.json"))),
        odd("layout-with-strange-files", files=lambda layout, _: layout.write("blobs/sha256/../README", b"hello")),
    ]


def all_cases(_):
    return [*manifests(), *configs(), *indexes(), *layouts()]
