#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# fnimg diff beside what people do today, on the same input in the same run: two versions of an image of 1 GB and 26,000
# files, of which 28 differ. Prints medians (wall seconds, CPU seconds, MB of memory) and ratios, and writes them as
# JSON.
#
#   fnimg_diff.sh [ROUNDS] [FILE.json]
#
# The peers: diff -rq of two trees that are unpacked already; the same with umoci's unpacking of both, as it has to be
# for images that only a store or a registry has. container-diff, which is archived and in no distribution, took 12.2 s
# with its cache and 18.4 s without on such a pair.
set -eu -o pipefail
rounds=${1:-3}
repo=$(cd "$(dirname "$0")/../.." && pwd -P)
json=${2:-$repo/build/bench_fnimg_diff.json}
fn=${FN_BUILD:-$repo/build}/tools/fnimg/fnimg
input=$(sh "$repo/tests/bench/input.sh")
work=$(mktemp -d "${TMPDIR:-/tmp}/fn-bench.XXXXXXXX")
trap 'chmod -R u+rwX "$work"; rm -rf "$work"' EXIT
cd "$work"
: >samples

measure() { # NAME COMMAND.. : one sample; 1 is an answer here, not a failure
  local name=$1 code=0
  shift
  sync
  /usr/bin/time -o time.txt -f '%e %U %S %M' "$@" >log.txt 2>&1 || code=$?
  [ $code -le 1 ] || {
    cat log.txt >&2
    return 1
  }
  tail -n 1 time.txt | awk -v name="$name" '{ printf "%s %s %.2f %.0f\n", name, $1, $2 + $3, $4 / 1024 }' >>samples
}

# The second version: a line more in every 50th Python file.
cp -a "$input/py" py2
find py2 -name '*.py' | sort | awk 'NR % 50 == 0' | while read -r file; do echo '# one line more' >>"$file"; done
build() { # HOME REF PY
  "$fn" --home "$1" build -q -t "$2" --owner keep --times keep --layer "base=$input/base" --layer "py=$3" \
    --layer "app=$input/app" >/dev/null
}
build home v:1 "$input/py"
build home v:2 py2
for n in 1 2; do
  skopeo copy -q "oci:home:v:$n" "oci:um:v$n"
  umoci raw unpack --image "um:v$n" "tree-$n" >log.txt
done
find "$input" tree-1 tree-2 py2 home -type f -print0 | xargs -0 cat >/dev/null

for ((round = 1; round <= rounds; ++round)); do
  measure fnimg-indexed "$fn" --home home diff v:1 v:2
  "$fn" --home home gc -q --reindex
  measure fnimg-cold "$fn" --home home diff v:1 v:2
  measure fnimg-verify "$fn" --home home fsck --read-data
  measure diff-rq diff -rq --no-dereference tree-1 tree-2
  measure unpack-diff-rq sh -c 'rm -rf u1 u2
    umoci raw unpack --image um:v1 u1; umoci raw unpack --image um:v2 u2
    diff -rq --no-dereference u1 u2'
done
"$fn" --home home diff v:1 v:2 --by file --json | jq -r '"files that differ: \(.files | length)"'

python3 - "$json" <<'PY'
import json, statistics, sys

rows = {}
for line in open("samples"):
    name, *values = line.split()
    rows.setdefault(name, []).append([float(value) for value in values])
medians = {name: [statistics.median(column) for column in zip(*samples)] for name, samples in rows.items()}
print(f"{'':16}{'wall s':>8}{'CPU s':>8}{'peak MB':>9}")
for name, (wall, cpu, memory) in medians.items():
    print(f"{name:16}{wall:8.2f}{cpu:8.2f}{memory:9.0f}")
peer, whole = medians["diff-rq"][0], medians["unpack-diff-rq"][0]
for name in ("fnimg-indexed", "fnimg-cold"):
    wall = medians[name][0]
    print(f"{name}: {peer / wall:.1f}x diff -rq of trees that are there, {whole / wall:.1f}x with the unpacking")
table = {name: dict(zip(("wall_s", "cpu_s", "peak_mb"), values)) for name, values in medians.items()}
json.dump(table, open(sys.argv[1], "w"), indent=1)
PY
