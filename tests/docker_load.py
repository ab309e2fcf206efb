# SPDX-License-Identifier: Apache-2.0
"""docker_load.py ARCHIVE: reads an archive as the classic `docker load` does, by docker's documented layout alone.

Docker Image Specification v1.2, "Combined Image JSON + Filesystem Changeset Format": manifest.json is a list with
Config, RepoTags and Layers, whose paths are members of the archive. A layer is a tar, which docker decompresses by its
first bytes (gzip; zstd since version 23), and whose digest must be the diffID that the config has for it. Prints a line
for each image: its ID (the digest of the config), its tags, and the paths in its layers. Nothing else is looked at, so
nothing of an OCI layout can help.
"""
import gzip
import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile


def read(archive, path):
    # docker unpacks the archive and opens paths in it: links are followed, absolute paths and ".." are refused.
    if path.startswith("/") or ".." in path.split("/"):
        sys.exit(f"{path} leads out of the archive")
    return archive.extractfile(path).read()


def plain(layer):
    if layer[:2] == b"\x1f\x8b":
        return gzip.decompress(layer)
    if layer[:4] == b"\x28\xb5\x2f\xfd":
        return subprocess.run(["zstd", "-dc"], input=layer, stdout=subprocess.PIPE, check=True).stdout
    return layer


def main():
    with open(sys.argv[1], "rb") as file:
        raw = plain(file.read())
    with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as archive:
        images = json.loads(read(archive, "manifest.json"))
        if not isinstance(images, list):
            sys.exit("manifest.json is not a list")
        for image in images:
            config = read(archive, image["Config"])
            facts = json.loads(config)
            diff_ids = facts["rootfs"]["diff_ids"] or []
            layers = image["Layers"] or []
            if facts["rootfs"]["type"] != "layers" or not facts["os"] or not facts["architecture"]:
                sys.exit("the config is not one of an image")
            if len(layers) != len(diff_ids):
                sys.exit(f"invalid manifest, layers length mismatch: expected {len(diff_ids)}, got {len(layers)}")
            names = []
            for path, diff_id in zip(layers, diff_ids):
                tar = plain(read(archive, path))
                if "sha256:" + hashlib.sha256(tar).hexdigest() != diff_id:
                    sys.exit(f"invalid diffID for layer {path}")
                with tarfile.open(fileobj=io.BytesIO(tar), mode="r:") as layer:
                    names += layer.getnames()
            tags = image["RepoTags"] or []
            for tag in tags:
                if not re.fullmatch(r"([\w.:-]+/)*[a-z0-9._-]+:[\w.-]{1,128}", tag):
                    sys.exit(f"invalid tag {tag}")
            print("sha256:" + hashlib.sha256(config).hexdigest(), ",".join(tags), " ".join(names))


main()
