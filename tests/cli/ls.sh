#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../lib.sh"

t 'no store is an empty answer'
expect_exit 0 "$FN" ls
expect_stdout ''
expect_same stderr "$(cat err)" ''
expect_exit 0 "$FN" ls --json
expect_same images "$(json '.images | length')" 0
[ ! -e "$FN_HOME" ] || die "ls made a store"

mkdir runtime code && echo r >runtime/r && echo c >code/c
digest=$("$FN" build -q -t app:v1 --layer runtime=runtime --layer code=code --follow runtime=python3 \
  --platform linux/arm64)
"$FN" build -q -t other:v1 --layer code=code >/dev/null

t 'a line for each image, sorted, with the channel that its layer follows'
expect_exit 0 "$FN" ls
expect_stdout_has REFERENCE app:v1 other:v1 "${digest:7:12}" runtime=python3
expect_same order "$(sed 1d out | cut -d ' ' -f 1 | paste -sd ,)" app:v1,other:v1
expect_exit 0 "$FN" ls -q
expect_stdout $'app:v1\nother:v1'

t 'the document says all of it'
expect_exit 0 "$FN" ls --json
expect_same schema "$(json .schema)" fnimg.ls/1
expect_same digest "$(json '.images[0].digest')" "$digest"
expect_same platform "$(json '.images[0].platform')" linux/arm64
expect_same layers "$(json '.images | map(.layers) | join(",")')" 2,1
expect_same follows "$(json '.images[0].follows[0] | .layer + "=" + .channel')" runtime=python3
expect_same size "$(json '.images[1].size')" "$("$FN" inspect other:v1 --json | jq '.layers[0].size')"
