#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../lib.sh"

blobs() { find "$FN_HOME/blobs" -type f | wc -l; }

t 'no store, nothing to do, and none made'
expect_exit 0 "$FN" gc
[ ! -e "$FN_HOME" ] || die "gc made a store"

mkdir base code && echo b >base/b && echo c >code/c
"$FN" build -q -t base:v1 --layer base=base >/dev/null
"$FN" build -q -t app:v1 --from base:v1 --layer code=code >/dev/null

t 'what is needed stays'
expect_exit 0 "$FN" gc --json
expect_same removed "$(json '.removed | length')" 0
expect_same blobs "$(blobs)" 6

t 'a dry run lists what would go, and the run takes just that: the shared layer stays'
"$FN" rm app:v1 >/dev/null
expect_exit 0 "$FN" gc -n --json
expect_same blobs "$(blobs)" 6
would=$(json '[.removed[].digest] | sort | join(",")')
expect_exit 0 "$FN" gc --json
expect_same removed "$(json '[.removed[].digest] | sort | join(",")')" "$would"
expect_same bytes "$(json '.bytes == ([.removed[].size] | add)')" true
expect_same blobs "$(blobs)" 3
expect_exit 0 "$FN" fsck --read-data

t 'what killed writers left goes, files of somebody else stay'
touch "$FN_HOME/blobs/sha256/.tmp-dead" "$FN_HOME/blobs/sha256/notes"
expect_exit 0 "$FN" gc -q
expect_stdout ''
[ ! -e "$FN_HOME/blobs/sha256/.tmp-dead" ] && [ -e "$FN_HOME/blobs/sha256/notes" ]

t 'unpacked layers go with the image that needs them'
top=$("$FN" inspect base:v1 --json | jq -r '.layers[0].diff_id')
other=$(printf '%064d' 0)
mkdir -p "$FN_HOME/layers/${top#sha256:}/etc" "$FN_HOME/layers/$other" "$FN_HOME/layers/$other.making"
expect_exit 0 "$FN" gc -n --json
expect_same directories "$(json .layer_directories)" 1
[ -d "$FN_HOME/layers/$other" ] || die "a dry run removed something"
expect_exit 0 "$FN" gc
expect_stdout_has '1 layer directory'
[ -d "$FN_HOME/layers/${top#sha256:}/etc" ] && [ ! -e "$FN_HOME/layers/$other" ] &&
  [ ! -e "$FN_HOME/layers/$other.making" ]
"$FN" rm base:v1 >/dev/null
need flock util-linux
exec 9<"$FN_HOME/layers/${top#sha256:}"
flock -s 9
expect_exit 0 "$FN" gc --json
expect_same 'in use' "$(json .layer_directories)" 0
exec 9<&-
expect_exit 0 "$FN" gc --json
expect_same 'not in use' "$(json .layer_directories)" 1
[ -z "$(ls "$FN_HOME/layers")" ]

t 'who holds the store is named'
need flock util-linux
flock -s "$FN_HOME/blobs.lock" sleep 5 &
sleep 0.3
expect_exit 5 "$FN" gc --lock-timeout 200ms
expect_stderr_has blobs.lock
expect_exit 0 "$FN" gc -n
kill %1
