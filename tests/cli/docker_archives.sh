#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# One archive for everybody: what export writes by default is an OCI layout and what the classic docker load reads, and
# what docker save of any version wrote comes in under all its names.
. "$(dirname "$0")/../lib.sh"
export PYTHONPATH=$REPO/tests PYTHONDONTWRITEBYTECODE=1
docker_load() { "$PY" "$REPO/tests/docker_load.py" "$@"; }
mkdir a b && echo a >a/a && seq 9999 >b/b
for codec in gzip none zstd; do
  "$FN" build -q -t "app:$codec" --layer a=a --layer b=b --layer again=a --compression $codec >/dev/null
done

t 'the default archive, as docker load and as OCI tools read it'
for codec in gzip none zstd; do
  "$FN" export app:$codec -o - >$codec.tar
  id=$("$FN" inspect app:$codec --json | jq -r .image)
  expect_same "what docker loads of $codec" "$(docker_load $codec.tar)" "$id app:$codec a b a"
  expect_exit 0 "$FN" import $codec.tar --home "h.$codec"
  expect_same digest "$("$FN" ls --home h.$codec --json | jq -r '.images[0] | .reference + .digest')" \
    "$("$FN" ls --json | jq -r ".images[] | select(.reference == \"app:$codec\") | .reference + .digest")"
done
tar -xOf gzip.tar index.json | json '.manifests[0].annotations["io.containerd.image.name"]' >name
expect_same "containerd's name" "$(cat name)" docker.io/library/app:gzip
expect_same 'names in it' "$(tar -tf gzip.tar | sed '/blobs.sha256.[0-9a-f]/d' | tr '\n' ' ')" \
  'blobs/ blobs/sha256/ index.json manifest.json oci-layout '

t 'another name, and compressed by the ending'
for ending in tar tar.gz tgz tar.zst tzst; do
  expect_exit 0 "$FN" export app:gzip registry.example/team/app:2 -o "app.$ending"
  docker_load "app.$ending" >loaded
  expect_same tag "$(cut -d' ' -f2 loaded)" registry.example/team/app:2
  expect_exit 0 "$FN" import "app.$ending" --home "named.$ending"
  expect_same name "$("$FN" ls -q --home "named.$ending")" registry.example/team/app:2
done
gzip -t app.tar.gz app.tgz && zstd -qt app.tar.zst app.tzst
"$FN" export -q app:gzip registry.example/team/app:2 -o again.tar.gz >/dev/null && cmp again.tar.gz app.tar.gz
expect_exit 0 "$FN" export app:zstd --format docker-archive -o plain.tar.gz
docker_load plain.tar.gz >/dev/null
expect_exit 2 "$FN" export app:gzip 'Not A Name' -o x.tar
[ ! -e x.tar ]

t 'docker save of version 25 and later: names from manifest.json, or else the full ones'
"$PY" - <<'PY'
import json
from foreign_image import *
t = tar(("f", b"x"))
one = Layout("one"); image = one.image(t)
one.index((image, docker_names("app:v1")), (image, docker_names("app:latest")))
one.docker_manifest((image, ["app:v1", "app:latest"]))
bare = Layout("bare"); bare.index((bare.image(t), docker_names("app:v1")))
two = Layout("two"); first = two.image(t); second = two.image(tar(("g", b"y")))
two.index((first, docker_names("app:v1")), (second, docker_names("other:v1")))
two.docker_manifest((first, ["app:v1"]), (second, ["other:v1"]))
nameless = Layout("nameless"); image = nameless.image(t)
nameless.index((image, {})); nameless.docker_manifest((image, None))
lie = Layout("lie"); first = lie.image(t); second = lie.image(tar(("g", b"y")))
lie.index((first, docker_names("app:v1"))); lie.docker_manifest((second, ["app:v1"]))
copied = Layout("copied"); image = copied.image(t)
copied.index((image, dict(docker_names("app:v1"), **{"org.opencontainers.image.ref.name": "mine:2"})))
PY
for name in one bare two nameless lie copied; do tar -C $name -cf $name.tar .; done
names() { "$FN" ls -q --home "$1" | tr '\n' ' '; }
for form in one one.tar; do
  expect_exit 0 "$FN" import $form --home "h.$form"
  expect_same names "$(names "h.$form")" 'app:latest app:v1 '
done
expect_exit 0 "$FN" import bare.tar --home h.bare
expect_same names "$(names h.bare)" 'app:v1 '
expect_exit 2 "$FN" import two.tar --home h.two
expect_stderr_has app:v1 other:v1
expect_exit 0 "$FN" import two.tar --image other:v1 --home h.two
expect_same names "$(names h.two)" 'other:v1 '
expect_exit 2 "$FN" import nameless.tar --home h.nameless
expect_exit 0 "$FN" import nameless.tar -t mine:1 --home h.nameless
expect_exit 6 "$FN" import lie.tar --home h.lie
expect_stderr_has app:v1 'different images'
expect_exit 0 "$FN" import copied.tar --home h.copied
expect_same names "$(names h.copied)" 'mine:2 '

t 'docker save of 1.10 to 24: several tags, null and empty lists, layers that are links'
"$PY" - <<'PY'
import json, os
from foreign_image import *
def save(name, images, links=()):
    os.mkdir(name)
    for config, layers in images:
        for path, content in [config] + layers:
            os.makedirs(os.path.dirname(f"{name}/{path}"), exist_ok=True)
            open(f"{name}/{path}", "wb").write(content)
    for path, target in links:
        os.makedirs(os.path.dirname(f"{name}/{path}")); os.symlink(target, f"{name}/{path}")
def manifest(name, document): open(f"{name}/manifest.json", "w").write(json.dumps(document))
t = tar(("f", b"x")); c = config_of(t)
save("tags", [(("c.json", c), [("0a/layer.tar", t)])])
manifest("tags", [{"Config": "c.json", "RepoTags": ["app:v1", "app:latest", "h:1/x/y:z"], "Layers": ["0a/layer.tar"]}])
save("odd", [(("c.json", c), [("0a/layer.tar", t)])])
manifest("odd", [{"Config": "c.json", "RepoTags": ["b:2", "Repo/X:1", "../../x"], "Layers": ["0a/layer.tar"]}])
c2 = config_of(t, t)
save("links", [(("c.json", c2), [("0a/layer.tar", t)])],
     [("0b/layer.tar", "../0c/layer.tar"), ("0c/layer.tar", "../0a/layer.tar")])
manifest("links", [{"Config": "c.json", "RepoTags": ["app:v1"], "Layers": ["0b/layer.tar", "0a/layer.tar"]}])
empty = json.loads(config_of()); empty["rootfs"]["diff_ids"] = None; empty["history"] = None
for name, layers in ("null", None), ("empty", []):
    save(name, [(("c.json", json.dumps(empty).encode()), [])])
    manifest(name, [{"Config": "c.json", "RepoTags": ["app:v1"], "Layers": layers}])
save("none", []); manifest("none", [])
save("nobody", []); open("nobody/manifest.json", "w").write("null")
PY
for name in tags odd links null empty none nobody; do tar -C $name -cf $name.tar .; done
expect_exit 0 "$FN" import tags.tar --home h.tags
expect_same names "$(names h.tags)" 'app:latest app:v1 h:1/x/y:z '
expect_exit 0 "$FN" import tags.tar --image app:latest -t x:1 --home h.one-tag
expect_same names "$(names h.one-tag)" 'x:1 '
expect_exit 0 "$FN" import odd.tar --home h.odd
expect_stderr_has "'Repo/X:1' in 'odd.tar' is not a valid reference" "'../../x' in 'odd.tar' is not a valid reference"
expect_same names "$(names h.odd)" 'b:2 '
for name in links null empty; do expect_exit 0 "$FN" import $name.tar --home h.$name; done
for name in none nobody; do expect_exit 6 "$FN" import $name.tar --home h.$name; done
expect_stderr_has 'contains no image'

t 'one path with two contents is a lie that only some readers see'
mkdir twice && echo '[]' >twice/manifest.json && tar -C twice -rf tags.tar manifest.json
expect_exit 6 "$FN" import tags.tar --home h.twice
expect_stderr_has 'two different members' manifest.json
