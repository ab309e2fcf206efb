#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What goes into a layer: include, exclude, owner, mode, place, and what a layer deletes.
. "$(dirname "$0")/../lib.sh"
mkdir -p src/lib/__pycache__ src/docs src/bin
echo a >src/lib/a.py && echo b >src/lib/b.pyc && echo c >src/lib/__pycache__/c.pyc && echo d >src/docs/d.md &&
  echo e >src/bin/e
ln src/docs/d.md src/lib/also-d

files() { "$FN" build -q -t s:1 "$@" >/dev/null && "$FN" files -q s:1 | paste -sd' '; }
layer=(--layer a=src)

t include
expect_same files "$(files "${layer[@]}" --include '*.py')" 'lib lib/a.py'
expect_same files "$(files "${layer[@]}" --include bin --include 'docs/**')" 'bin bin/e docs docs/d.md'
t exclude
expect_same files "$(files "${layer[@]}" --exclude '*.pyc' --exclude __pycache__ --exclude docs)" \
  'bin bin/e lib lib/a.py lib/also-d'
t 'a link whose first name is left out is the file'
expect_same content "$("$FN" cat s:1 lib/also-d)" d
t 'owner and times'
"$FN" build -q -t s:1 "${layer[@]}" --owner 5:6 >/dev/null
expect_same owner "$("$FN" files --json s:1 bin/e | jq -c '.files[0] | [.uid, .gid, .mtime]')" \
  '[5,6,"1970-01-01T00:00:00Z"]'
touch -d '2020-02-02T02:02:02Z' src/bin/e
"$FN" build -q -t s:1 "${layer[@]}" --owner keep --times keep >/dev/null
expect_same kept "$("$FN" files --json s:1 bin/e | jq -c '.files[0] | [.uid, .gid, .mtime]')" \
  "[$(id -u),$(id -g),\"2020-02-02T02:02:02Z\"]"
expect_exit 2 "$FN" build -t s:1 "${layer[@]}" --owner root
expect_stderr_has "'root' is not an owner" 'hint: '
t 'a layer deletes what is below'
"$FN" build -q -t low:1 "${layer[@]}" >/dev/null
expect_same files "$(files --from low:1 --layer b=src/bin --remove b=lib --remove b=docs/d.md)" 'bin bin/e docs e'
expect_exit 2 "$FN" build -t s:1 --layer a=src --remove 'a=../x'
t 'names that mark deletions are no files'
touch src/.wh.x
expect_exit 2 "$FN" build -t s:1 "${layer[@]}"
expect_stderr_has '.wh.' 'hint: '
