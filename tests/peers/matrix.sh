#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every way in which one layer can change what another brought: 8 things below times what can be put over them. umoci,
# buildah and fnimg must come to the same tree.
# alone
. "$(dirname "$0")/../lib.sh"
need umoci umoci
need buildah buildah
need_root

t 'making the layers'
"$PY" "$REPO/tests/peers/make_matrix.py" lower.tar upper.tar >cases
[ "$(wc -l <cases)" -ge 60 ] || die "only $(wc -l <cases) cases"
# As a docker-archive, since `build` would sort what is in the layers, and the order is a part of the cases.
diff_id() { sha256sum <"$1.tar" | cut -d' ' -f1; }
jq -n --arg lower "sha256:$(diff_id lower)" --arg upper "sha256:$(diff_id upper)" \
  '{os: "linux", architecture: "amd64", config: {}, rootfs: {type: "layers", diff_ids: [$lower, $upper]}}' >config.json
echo '[{"Config": "config.json", "RepoTags": ["matrix:1"], "Layers": ["lower.tar", "upper.tar"]}]' >manifest.json
tar -cf matrix.tar config.json manifest.json lower.tar upper.tar
"$FN" import -q matrix.tar -t matrix:1 --platform linux/amd64 >/dev/null
expect_exit 0 "$FN" unpack matrix:1 ours

t 'umoci'
umoci raw unpack --image "$FN_HOME:matrix:1" umoci >log 2>&1 || die "umoci: $(cat log)"
same_tree ours umoci --ignore root,dirmtime

t 'the tree that `files` shows is the one that is unpacked'
"$FN" files -q matrix:1 | sort >shown
(cd ours && find . -mindepth 1 | sed 's,^\./,,' | sort) >unpacked
diff shown unpacked
t 'buildah'
stores=(--root "$WORK/containers" --runroot "$WORK/run" --storage-driver vfs)
at_exit 'buildah "${stores[@]}" rm -a >/dev/null 2>&1; rm -rf "$WORK/containers" "$WORK/run"'
# It lets a whiteout delete what its own layer brought before; by the specification it "must only apply to resources in
# lower/parent layers".
rm ours/*--file-then-whiteout/x
container=$(buildah "${stores[@]}" from "oci:$FN_HOME:matrix:1" 2>log) || die "buildah: $(cat log)"
same_tree ours "$(buildah "${stores[@]}" mount "$container")" --ignore root,dirmtime

echo "$(wc -l <cases) cases"
