#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../lib.sh"

mkdir code && echo 1 >code/c
digest=$("$FN" build -q -t app:v1 --layer code=code)
"$FN" tag app:v1 app:v2 app:v3 >/dev/null

t 'a dry run removes nothing'
expect_exit 0 "$FN" rm -n app:v1
expect_exit 0 "$FN" inspect app:v1

t 'all of them must be there before any goes'
expect_exit 4 "$FN" rm app:v1 app:v9
expect_stderr_has "app:v9"
expect_exit 0 "$FN" inspect app:v1

t 'a digest could mean several names'
expect_exit 2 "$FN" rm "${digest:7:12}"
expect_stderr_has "is a digest, not a reference"
expect_exit 2 "$FN" rm "$digest"

t 'removed once even if named twice, the others stay, and the blobs'
expect_exit 0 "$FN" rm app:v1 app:v1 app:v2
expect_stdout_has 'removed app:v1' 'removed app:v2' "fnimg gc"
expect_exit 0 "$FN" ls -q
expect_stdout app:v3
expect_same index "$(jq '.manifests | length' "$FN_HOME/index.json")" 1
expect_exit 0 "$FN" rm --json app:v3
expect_same removed "$(json '.removed[0].digest')" "$digest"
[ -f "$FN_HOME/blobs/sha256/${digest#sha256:}" ] || die "rm removed a blob"
expect_exit 4 "$FN" rm app:v3
