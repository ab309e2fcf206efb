#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../lib.sh"

mkdir code && echo c >code/c
digest=$("$FN" build -q -t app:v1 --layer code=code --follow code=main --entrypoint /run --entrypoint 'a b' --cmd=-v \
  --env PATH=/bin --env LANG=C --workdir /srv --user 1000 --label a=b --annotation 'note=two
lines' --platform linux/amd64)

t 'people see what runs, and no line that the image made up'
expect_exit 0 "$FN" inspect app:v1
expect_stdout_has "$digest" linux/amd64 '["/run","a b"]' '["-v"]' PATH=/bin LANG=C /srv 1000 a=b 'note=two\nlines' main
if grep -q '^lines' out; then die "an annotation's newline reached the terminal"; fi

t 'the document has everything, and the documents themselves'
expect_exit 0 "$FN" inspect app:v1 --json
expect_same entrypoint "$(json '.entrypoint[1]')" 'a b'
expect_same layer "$(json '.layers[0] | .name + " " + .follows')" 'code main'
expect_same diff_id "$(json '.config.rootfs.diff_ids[0]')" "$(json '.layers[0].diff_id')"
expect_same config "$(json .manifest.config.digest)" "$(json .image)"

t 'raw documents are the bytes that have the digest'
"$FN" inspect app:v1 --manifest | sha256sum | grep -q "^${digest#sha256:} "
config=$(json '.image[7:]')
"$FN" inspect app:v1 --config | sha256sum | grep -q "^$config "
expect_exit 2 "$FN" inspect app:v1 --config --manifest

t 'a name with a slip gets the right one proposed, the beginning of a digest will do'
expect_exit 4 "$FN" inspect app:v2
expect_stderr_has "app:v1"
expect_exit 0 "$FN" inspect -q "${digest:7:8}"
expect_stdout "$digest"
