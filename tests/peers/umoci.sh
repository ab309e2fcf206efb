#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# umoci unpacks our images to the same tree as we do, and we unpack its images as it does.
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/rich_image.sh"
need umoci umoci
need_root

t 'our image, unpacked by both'
rich_image rich:1 >/dev/null
umoci unpack --image "$FN_HOME:rich:1" bundle >log 2>&1 || die "umoci: $(cat log)"
umoci raw unpack --image "$FN_HOME:rich:1" raw >log 2>&1 || die "umoci: $(cat log)"
expect_exit 0 "$FN" unpack rich:1 ours
[ -L ours/swap ] && [ "$(cat ours/gone)" = again ] && [ ! -e ours/empty ] && [ ! -e ours/opaque/old ] ||
  die 'not what the layers say'
# umoci gives directories that a later layer touches the time of its own writing, and expands the second of a file's
# names alike.
same_tree ours bundle/rootfs --ignore root
same_tree ours raw --ignore root

t 'their image, unpacked by both'
umoci init --layout theirs
umoci new --image theirs:v1
umoci insert --image theirs:v1 rich /
umoci insert --image theirs:v1 --opaque second/dir /opaque
umoci insert --image theirs:v1 --whiteout /gone
umoci config --image theirs:v1 --config.entrypoint /bin/sh --config.user 5
expect_exit 0 "$FN" import theirs -t theirs:v1
umoci raw unpack --image theirs:v1 theirs-raw >log 2>&1 || die "umoci: $(cat log)"
expect_exit 0 "$FN" unpack theirs:v1 theirs-ours
same_tree theirs-ours theirs-raw --ignore root
expect_same entrypoint "$("$FN" inspect --json theirs:v1 | jq -r '.config.config.Entrypoint[0]')" /bin/sh

t 'we build on their image, and umoci goes on with the result'
expect_exit 0 "$FN" build -q -t mixed:1 --from theirs:v1 --layer more=second/dir
umoci insert --image "$FN_HOME:mixed:1" --tag mixed-2 second/dir /late

t 'what was edited, by our delta and by umoci repack: the same tree, as root and as a user, from either tree'
edit() (
  cd "$1"
  echo more >>file && rm -r gone-dir && rm was-dir/f && rmdir was-dir && echo now >was-dir && chmod 700 owned
  mkdir -p added/dir && echo new >added/dir/f && ln added/dir/f added/hard && ln -sfn file link && rm -f late
)
mkdir -p plain/{gone-dir/deep,was-dir,owned,dev} && echo x >plain/gone-dir/deep/f && echo x >plain/was-dir/f
echo x >plain/file && echo x >plain/late && ln -s late plain/link && echo x >plain/owned/f && chown -R 33:44 plain/owned
mknod plain/dev/null c 1 3
expect_exit 0 "$FN" build -q -t plain:1 --layer a=plain --owner keep
expect_exit 0 "$FN" export -q plain:1 --format oci-dir -o theirs-plain
chmod 711 "$WORK" && chmod -R go+rX theirs-plain && mkdir -m 777 open && cp -a theirs-plain open/layout
chown -R 65534 open/layout
umoci unpack --image theirs-plain:plain:1 edited >log 2>&1 || die "umoci: $(cat log)"
as_user umoci unpack --rootless --image open/layout:plain:1 open/edited >log 2>&1 || die "umoci: $(cat log)"
"$FN" unpack -q plain:1 ours-edited >log && as_user "$FN" unpack -q plain:1 open/ours-edited >log 2>&1
export -f edit
for tree in edited/rootfs ours-edited; do edit $tree; done
for tree in open/edited/rootfs open/ours-edited; do as_user bash -c "edit $tree"; done
umoci repack --image theirs-plain:repacked edited >log 2>&1 || die "umoci: $(cat log)"
umoci raw unpack --image theirs-plain:repacked want >log 2>&1 || die "umoci: $(cat log)"
as_user umoci repack --image open/layout:repacked open/edited >log 2>&1 || die "umoci: $(cat log)"
umoci raw unpack --image open/layout:repacked want-rootless >log 2>&1 || die "umoci: $(cat log)"
for tree in edited/rootfs ours-edited open/edited/rootfs open/ours-edited; do
  expect_exit 0 "$FN" build -q -t fixed:1 --from plain:1 --layer fix=delta:$tree
  digests+=("$("$FN" inspect fixed:1 --json | jq -r '.layers[-1].digest')")
  rm -rf got got-theirs
  expect_exit 0 "$FN" unpack -q fixed:1 got
  umoci raw unpack --image "$FN_HOME:fixed:1" got-theirs >log 2>&1 || die "umoci: $(cat log)"
  same_tree want got --ignore root,mtime
  same_tree want got-theirs --ignore root,mtime
done
[ "$(printf '%s\n' "${digests[@]}" | sort -u | wc -l)" = 1 ] || die "digests: ${digests[*]}"
rm want*/dev/null
same_tree want want-rootless --ignore root,mtime
