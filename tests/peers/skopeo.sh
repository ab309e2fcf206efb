#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# skopeo reads our store in place and our archives, agrees about digests, and what it writes is read by us.
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/rich_image.sh"
need skopeo skopeo
need_root
skopeo() { command skopeo --insecure-policy "$@"; }

for codec in gzip zstd none; do
  t "$codec: the store in place"
  digest=$(rich_image "rich:$codec" --compression $codec)
  expect_same digest "$(skopeo inspect --format '{{.Digest}}' "oci:$FN_HOME:rich:$codec")" "$digest"
  expect_same config "$(skopeo inspect --config "oci:$FN_HOME:rich:$codec" |
    jq -c '[.config.Entrypoint, .config.Env]')" '[["/bin/true"],["A=b"]]'
  skopeo copy -q "oci:$FN_HOME:rich:$codec" "dir:dir-$codec"
  expect_same 'the raw manifest' "$(skopeo inspect --raw "oci:$FN_HOME:rich:$codec" | sha256sum)" \
    "$("$FN" inspect --manifest "rich:$codec" | sha256sum)"

  # skopeo compresses what is not, which makes it another image.
  t "$codec: archives both ways"
  if [ $codec = none ]; then continue; fi
  "$FN" export -q "rich:$codec" -o "$codec.tar" >/dev/null
  skopeo copy -q "oci-archive:$codec.tar" "oci:their-$codec:there:1"
  expect_exit 0 "$FN" import "their-$codec" -t "back:$codec"
  expect_same digest "$("$FN" inspect --json "back:$codec" | jq -r .digest)" "$digest"
  rm -rf second* third* rich
done

t 'docker-archive both ways: ours is read, theirs is read, with the same image ID'
id=$("$FN" inspect --json rich:gzip | jq -r .image)
"$FN" export -q rich:gzip --format docker-archive -o ours.tar >/dev/null
expect_same 'image ID' "$(skopeo inspect --config --raw docker-archive:ours.tar | sha256sum | cut -d' ' -f1)" \
  "${id#sha256:}"
skopeo copy -q "oci:$FN_HOME:rich:gzip" docker-archive:theirs.tar:x/y:1
expect_exit 0 "$FN" import theirs.tar -t x/y:1
"$FN" unpack -q x/y:1 tree-theirs >/dev/null
"$FN" unpack -q rich:gzip tree-ours >/dev/null
same_tree tree-theirs tree-ours

t 'the default archive is a docker-archive too, with the same image ID; through pipes'
"$FN" export -q rich:gzip -o both.tar >/dev/null
for form in docker-archive oci-archive; do
  expect_same "image ID as $form" "$(skopeo inspect --config --raw $form:both.tar | sha256sum | cut -d' ' -f1)" \
    "${id#sha256:}"
done
skopeo copy -q docker-archive:both.tar dir:from-both
skopeo copy -q "oci:$FN_HOME:rich:gzip" docker-archive:/dev/stdout:piped/y:1 |
  "$FN" import -q - -t piped/y:1 >/dev/null
"$FN" unpack -q piped/y:1 tree-piped >/dev/null
same_tree tree-piped tree-ours

t 'what the manual, the help and README show is run as it stands there'
skopeo copy -q "oci:$FN_HOME:rich:gzip" "dir:registry"
! grep -rn 'oci-archive:/dev/std' "$REPO"/README.md "$REPO"/man "$REPO"/examples "$REPO"/tools ||
  die 'skopeo reads and writes an oci-archive by its path only'

t 'an image in docker manifest form: kept as it is, and built on in OCI form'
skopeo copy -q --format v2s2 "oci:$FN_HOME:rich:gzip" dir:v2s2
mkdir -p docker/blobs/sha256
echo '{"imageLayoutVersion":"1.0.0"}' >docker/oci-layout
for file in v2s2/*; do cp "$file" "docker/blobs/sha256/$(sha256sum <"$file" | cut -d' ' -f1)"; done
jq -n --arg digest "sha256:$(sha256sum <v2s2/manifest.json | cut -d' ' -f1)" \
  --argjson size "$(stat -c %s v2s2/manifest.json)" '{schemaVersion: 2, manifests: [
  {mediaType: "application/vnd.docker.distribution.manifest.v2+json", digest: $digest, size: $size}]}' \
  >docker/index.json
expect_exit 0 "$FN" import docker -t docker:1
cmp <("$FN" inspect --manifest docker:1) v2s2/manifest.json
"$FN" build -q -t over:1 --from docker:1 --layer more=tree-ours/dir >/dev/null
skopeo copy -q "oci:$FN_HOME:over:1" dir:over

t 'it reads while we write'
for n in 1 2 3 4 5 6; do "$FN" build -q -t "busy:$n" --layer a=tree-ours/dir >/dev/null & done
for _ in $(seq 10); do skopeo inspect --raw "oci:$FN_HOME:rich:gzip" >/dev/null; done
wait

t 'a forged diffID gets past skopeo, not in here'
cp -a their-gzip forged
manifest=forged/blobs/sha256/$(jq -r '.manifests[0].digest[7:]' forged/index.json)
config=forged/blobs/sha256/$(jq -r '.config.digest[7:]' "$manifest")
# Puts a file among the blobs, and prints a jq filter that makes a descriptor name it.
blob() {
  local sum
  sum=$(sha256sum <"$1" | cut -d' ' -f1)
  cp "$1" "forged/blobs/sha256/$sum"
  echo ".digest = \"sha256:$sum\" | .size = $(stat -c %s "$1")"
}
jq -c '.rootfs.diff_ids[0] = "sha256:" + ("0" * 64)' "$config" >forged-config
jq -c ".config |= ($(blob forged-config))" "$manifest" >forged-manifest
jq -c ".manifests[0] |= ($(blob forged-manifest))" forged/index.json >forged-index
cp forged-index forged/index.json
skopeo copy -q oci:forged:there:1 dir:forged-dir
expect_exit 6 "$FN" import forged -t forged:1
expect_stderr_has diffID
