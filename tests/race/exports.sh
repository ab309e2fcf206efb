#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Many exports into one layout at once: all of them are in its index.json, in a new layout, in one that another tool
# made, and in another state, whose own commands go on meanwhile.
. "$(dirname "$0")/../lib.sh"
need jq jq

count=12
for i in $(seq $count); do
  mkdir "s$i" && echo "$i" >"s$i/f"
  "$FN" build -q -t "p:$i" --layer "a=s$i" >/dev/null
done
names() { jq -r '.manifests[].annotations["org.opencontainers.image.ref.name"]' "$1/index.json"; }
export_all() { # DIR [COMMAND..]: with a command of that state beside each
  local pids=() dir=$1 i
  shift
  for i in $(seq $count); do
    "$FN" export -q "p:$i" --format oci-dir -o "$dir" >/dev/null 2>"log.$i" &
    pids+=($!)
    [ $# = 0 ] || { "$@" "$i" >/dev/null 2>"own.$i" & pids+=($!); }
  done
  for i in "${pids[@]}"; do wait "$i" || die "$(cat log.* own.* 2>/dev/null)"; done
}

t 'a new layout, which has no file but its own'
for _ in 1 2 3; do
  rm -rf layout
  export_all layout
  expect_same images "$(names layout | wc -l)" $count
  expect_same files "$(find layout -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | tr '\n' ' ')" \
    'blobs index.json oci-layout '
done

t 'a layout of another tool, of which everything stays'
jq '.manifests |= (.[0:3] | map(.annotations["org.opencontainers.image.ref.name"] |= "theirs-" + .))' \
  layout/index.json >index && cp index layout/index.json
export_all layout
expect_same images "$(names layout | sort -u | wc -l)" $((count + 3))

t 'the same image by all: it is there once'
rm -rf layout
for i in $(seq $count); do "$FN" export -q p:1 --format oci-dir -o layout >/dev/null & done
wait
expect_same images "$(names layout)" p:1

t 'another state, which builds and cleans up meanwhile'
own() { FN_HOME=$WORK/other "$FN" build -q -t "own:$1" --layer "b=s$1" && FN_HOME=$WORK/other "$FN" gc -q; }
FN_HOME=$WORK/other "$FN" build -q -t own:0 --layer b=s1 >/dev/null
export_all other own
expect_same images "$(names other | sort -u | wc -l)" $((2 * count + 1))
for i in $(seq $count); do expect_exit 0 "$FN" import -q other --image "p:$i" -t "back:$i"; done
expect_exit 0 env FN_HOME="$WORK/other" "$FN" fsck --read-data

t 'who holds the layout is named'
need flock util-linux
flock layout sleep 5 &
sleep 0.3
expect_exit 5 "$FN" export p:1 --format oci-dir -o layout --lock-timeout 200ms
expect_stderr_has "layout' is held by"
kill %% 2>/dev/null || true
