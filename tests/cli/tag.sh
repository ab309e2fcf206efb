#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../lib.sh"

mkdir code && echo 1 >code/c
one=$("$FN" build -q -t app:v1 --layer code=code)
echo 2 >code/c
two=$("$FN" build -q -t app:v2 --layer code=code)

t 'several names at once, by reference or by the beginning of a digest'
expect_exit 0 "$FN" tag app:v1 app:stable mirror.example:5000/team/app:v1
expect_exit 0 "$FN" tag "${two:7:10}" app
expect_exit 0 "$FN" ls -q
expect_stdout $'app:latest\napp:stable\napp:v1\napp:v2\nmirror.example:5000/team/app:v1'
expect_same stable "$("$FN" inspect -q app:stable)" "$one"

t 'a dry run names nothing, and says what a name was'
expect_exit 0 "$FN" tag -n --json app:v2 app:stable
expect_same previous "$(json '.names[0].previous')" "$one"
expect_same stable "$("$FN" inspect -q app:stable)" "$one"

t 'a name moves, and index.json with it'
expect_exit 0 "$FN" tag app:v2 app:stable
expect_stdout_has "was ${one:7:12}"
expect_same index "$(jq -r '.manifests[] |
  select(.annotations["org.opencontainers.image.ref.name"] == "app:stable") | .digest' \
  "$FN_HOME/index.json")" "$two"

t 'refused names, unknown images'
expect_exit 2 "$FN" tag app:v1 "app@$one"
expect_exit 2 "$FN" tag app:v1 ok:v1 Not:Valid
expect_exit 4 "$FN" tag app:v3 x:y
expect_exit 4 "$FN" inspect ok:v1
