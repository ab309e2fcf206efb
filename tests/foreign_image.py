# SPDX-License-Identifier: Apache-2.0
"""What other tools write, for stories that read it: tars, layers, OCI layouts, archives of docker save."""
import gzip
import hashlib
import io
import json
import os
import tarfile

MEDIA = "application/vnd.oci.image."
DOCKER = "application/vnd.docker."


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def tar(*members):
    """Of (name, content) or (name, content, {field of TarInfo: value})."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content, *fields in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for key, value in (fields[0] if fields else {}).items():
                setattr(info, key, value)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def config_of(*layers, **members):
    document = {"architecture": "amd64", "os": "linux", "config": {},
                "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in layers]}}
    return json.dumps(dict(document, **members)).encode()


class Layout:
    """A directory with blobs, index.json and oci-layout; of docker save, with manifest.json too."""

    def __init__(self, path):
        self.path = path
        os.makedirs(path + "/blobs/sha256")
        self.write("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')

    def write(self, name, content):
        with open(self.path + "/" + name, "wb") as file:
            file.write(content)

    def put(self, media_type, content):
        self.write("blobs/sha256/" + digest(content)[7:], content)
        return {"mediaType": media_type, "digest": digest(content), "size": len(content)}

    def image(self, *layers, layer_type=MEDIA + "layer.v1.tar+gzip", pack=lambda tar: gzip.compress(tar, mtime=0),
              manifest_type=MEDIA + "manifest.v1+json", **config):
        manifest = {"schemaVersion": 2, "mediaType": manifest_type,
                    "config": self.put(MEDIA + "config.v1+json", config_of(*layers, **config)),
                    "layers": [self.put(layer_type, pack(layer)) for layer in layers]}
        return self.put(manifest_type, json.dumps(manifest).encode())

    def index(self, *entries):
        """Of (descriptor, {annotation: value})."""
        manifests = [dict(entry, annotations=annotations) for entry, annotations in entries]
        self.write("index.json", json.dumps({"schemaVersion": 2, "manifests": manifests}).encode())

    def docker_manifest(self, *images):
        """Of (descriptor of a manifest, tags)."""
        def path(descriptor):
            return "blobs/sha256/" + descriptor["digest"][7:]

        entries = []
        for descriptor, tags in images:
            with open(self.path + "/" + path(descriptor), "rb") as file:
                manifest = json.load(file)
            entries.append({"Config": path(manifest["config"]), "RepoTags": tags,
                            "Layers": [path(layer) for layer in manifest["layers"]]})
        self.write("manifest.json", json.dumps(entries).encode())


def docker_names(tag):
    """The annotations that docker save of version 25 and later gives an entry of index.json."""
    return {"io.containerd.image.name": "docker.io/library/" + tag,
            "org.opencontainers.image.ref.name": tag.split(":")[1]}
