# SPDX-License-Identifier: Apache-2.0
"""Writes a case as an OCI image layout."""
import hashlib
import json
import os

from case import MEDIA, PLAIN, Blob


def digest_of(*pieces):
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return "sha256:" + digest.hexdigest()


class Layout:
    def __init__(self, path):
        self.path = path
        os.makedirs(os.path.join(path, "blobs", "sha256"))
        self.write("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')

    def file(self, name):
        return os.path.join(self.path, name)

    def write(self, name, content):
        with open(self.file(name), "wb") as file:
            file.write(content)

    def blob(self, digest):
        return self.file("blobs/" + digest.replace(":", "/"))

    def put(self, media_type, content):
        """The descriptor of a new blob."""
        digest = digest_of(content)
        with open(self.blob(digest), "wb") as file:
            file.write(content)
        return {"mediaType": media_type, "digest": digest, "size": len(content)}

    def put_json(self, media_type, document):
        return self.put(media_type, json.dumps(document).encode())


def edited(edit, *arguments):
    if edit:
        edit(*arguments)
    return arguments[-1]


def write_case(directory, case):
    layout = Layout(os.path.join(directory, case.name))
    layers = [each if isinstance(each, Blob) else Blob(PLAIN, each, [each]) for each in case.layers]
    config = {"architecture": "amd64", "os": "linux", "config": {},
              "rootfs": {"type": "layers", "diff_ids": [digest_of(*each.tar) for each in layers]},
              "history": [{"created_by": "make_hostile.py"} for _ in layers]}
    manifest = {"schemaVersion": 2, "mediaType": MEDIA + "manifest.v1+json",
                "config": layout.put_json(MEDIA + "config.v1+json", edited(case.config, config)),
                "layers": [layout.put(each.media_type, each.content) for each in layers]}
    text = json.dumps(edited(case.manifest, layout, manifest)).encode()
    if case.manifest_text:
        text = case.manifest_text(text)
    index = {"schemaVersion": 2, "manifests": [layout.put(MEDIA + "manifest.v1+json", text)]}
    layout.write("index.json", json.dumps(edited(case.index, layout, index)).encode())
    edited(case.files, layout, manifest)
