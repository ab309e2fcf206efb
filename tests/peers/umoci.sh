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
