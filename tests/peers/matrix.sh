#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every way in which one layer can change what another brought: 8 things below times what can be put over them. umoci, buildah and fnimg must
# come to the same tree.
# alone
. "$(dirname "$0")/../lib.sh"
need umoci umoci
need buildah buildah
need_root

t 'making the layers'
"$PY" "$REPO/tests/peers/make_matrix.py" lower.tar upper.tar >cases
[ "$(wc -l <cases)" -ge 60 ] || die "only $(wc -l <cases) cases"
"$FN" build -q -t matrix:1 --layer lower=lower.tar --layer upper=upper.tar >/dev/null
expect_exit 0 "$FN" unpack matrix:1 ours

t 'umoci'
umoci raw unpack --image "$FN_HOME:matrix:1" umoci >log 2>&1 || die "umoci: $(cat log)"
same_tree ours umoci --ignore root,dirmtime

t 'buildah'
stores=(--root "$WORK/containers" --runroot "$WORK/run" --storage-driver vfs)
at_exit 'buildah "${stores[@]}" rm -a >/dev/null 2>&1; rm -rf "$WORK/containers" "$WORK/run"'
container=$(buildah "${stores[@]}" from "oci:$FN_HOME:matrix:1" 2>log) || die "buildah: $(cat log)"
same_tree ours "$(buildah "${stores[@]}" mount "$container")" --ignore root,dirmtime

t 'the tree that `files` shows is the one that is unpacked'
"$FN" files -q matrix:1 | sort >shown
(cd ours && find . -mindepth 1 | sed 's,^\./,,' | sort) >unpacked
diff shown unpacked
echo "$(wc -l <cases) cases"
