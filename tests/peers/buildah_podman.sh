#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# buildah mounts our image as we unpack it; podman loads it, runs it where this host allows, and what it saves comes
# back.
# alone
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/rich_image.sh"
need buildah buildah
need podman podman
need_root
stores=(--root "$WORK/containers" --runroot "$WORK/run" --storage-driver vfs)
at_exit 'buildah "${stores[@]}" rm -a >/dev/null 2>&1; rm -rf "$WORK/containers" "$WORK/run"'

for codec in gzip zstd; do
  t "buildah: $codec"
  rich_image "rich:$codec" --compression $codec >/dev/null
  container=$(buildah "${stores[@]}" from --pull-always "oci:$FN_HOME:rich:$codec" 2>log) || die "buildah: $(cat log)"
  mounted=$(buildah "${stores[@]}" mount "$container")
  "$FN" unpack -q "rich:$codec" "ours-$codec" >/dev/null
  # vfs copies a layer before the next is applied, which gives directories new times.
  same_tree "ours-$codec" "$mounted" --ignore root,dirmtime
  buildah "${stores[@]}" umount "$container" >/dev/null
  rm -rf rich second* third*
done

t 'buildah builds on ours, and we read what it pushes'
buildah "${stores[@]}" config --label from=buildah "$container"
buildah "${stores[@]}" commit -q "$container" oci:pushed:v1 >/dev/null 2>log || die "buildah: $(cat log)"
expect_exit 0 "$FN" import pushed -t pushed:1
expect_same label "$("$FN" inspect --json pushed:1 | jq -r '.config.config.Labels.from')" buildah

t 'podman loads it and saves it again'
"$FN" export -q rich:gzip -o rich.tar >/dev/null
podman "${stores[@]}" load -q -i rich.tar >log 2>&1 || die "podman: $(cat log)"
expect_same 'image ID' "$(podman "${stores[@]}" image inspect --format 'sha256:{{.Id}}' rich:gzip)" \
  "$("$FN" inspect --json rich:gzip | jq -r .image)"
podman "${stores[@]}" save -q --format docker-archive -o saved.tar rich:gzip >log 2>&1 || die "podman: $(cat log)"
expect_exit 0 "$FN" import saved.tar -t saved:1
"$FN" unpack -q saved:1 saved >/dev/null
same_tree saved ours-gzip --ignore dirmtime

t 'podman runs a function of ours'
mkdir static && "${CC:-gcc}" -static -x c -o static/hello - <<<'#include <stdio.h>
int main(void) { return puts("hello from inside") < 0; }'
"$FN" build -q -t hello:1 --layer a=static --entrypoint /hello >/dev/null
"$FN" export -q hello:1 -o - | podman "${stores[@]}" load -q >log 2>&1 || die "podman: $(cat log)"
if podman "${stores[@]}" --cgroup-manager cgroupfs run --ulimit host --rm --network none \
  --cgroups disabled hello:1 >ran 2>log; then
  expect_same output "$(cat ran)" 'hello from inside'
else
  echo "podman cannot run anything on this host: $(tail -n 1 log)"
fi
