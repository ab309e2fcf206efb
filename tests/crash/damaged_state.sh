#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# state.db and index.json are damaged at random: deleted, cut, swapped, put back from an older copy, other bytes. An
# image that one of them still names is there afterwards, whatever commands come next; damaged_state.py says how it is
# judged. FN_SEED repeats one damage.
. "$(dirname "$0")/../lib.sh"
need jq jq

rounds=${FN_DAMAGES:-$([ -n "${FN_SOAK:-}" ] && echo 600 || echo 40)}
mkdir s1 s2 s3 history && echo 1 >s1/f && echo 2 >s2/f && echo 3 >s3/f
moment=0
remember() {
  mkdir "history/$moment" && cp "$FN_HOME/state.db" "$FN_HOME/index.json" "history/$moment"
  moment=$((moment + 1))
}
theirs() { # NAME: another tool adds a:1's image with another manifest
  local raw digest entry
  raw=$(jq -c --arg n "$1" '.annotations = {by: $n}' "$FN_HOME/blobs/sha256/$(json '.images[0].digest[7:]' <list)")
  digest=$(printf %s "$raw" | sha256sum | cut -c1-64)
  printf %s "$raw" >"$FN_HOME/blobs/sha256/$digest"
  entry=$(jq -c --arg d "sha256:$digest" --argjson s "${#raw}" --arg n "$1" \
    '.manifests[0] | .digest = $d | .size = $s | .annotations = {"org.opencontainers.image.ref.name": $n}' \
    "$FN_HOME/index.json")
  jq -c --argjson e "$entry" '.manifests += [$e]' "$FN_HOME/index.json" >index && cp index "$FN_HOME/index.json"
}
for step in "build -t a:1 --layer x=s1" "build -t b:1 --layer x=s2" "tag a:1 same:1" "build -t a:1 --layer x=s3" \
  theirs "rm b:1" "build -t c:1 --from a:1 --layer y=s2"; do
  "$FN" ls --json >list
  # shellcheck disable=SC2086
  if [ "$step" = theirs ]; then theirs theirs; else "$FN" $step >/dev/null; fi
  remember
done

expect_exit 0 "$PY" "$REPO/tests/crash/damaged_state.py" "$FN" "$rounds" "${FN_SEED:-}"
cat out
