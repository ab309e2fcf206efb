#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# fnimg beside its peers on the same input in the same run: cold build, unpack, fsck, start-up. Prints medians (wall
# seconds, CPU seconds, MB of memory, MB of layers) and ratios against the best peer, and writes them as JSON.
#
#   fnimg_build.sh [ROUNDS] [FILE.json]
#
# The input is about 1 GB in more than 25,000 files, three layers, from Debian packages (input.sh). All that is measured
# comes warm from the page cache; peers and fnimg take turns. As root, since buildah and umoci want to be.
set -eu -o pipefail
rounds=${1:-3}
repo=$(cd "$(dirname "$0")/../.." && pwd -P)
json=${2:-$repo/build/bench_fnimg_build.json}
fn=${FN_BUILD:-$repo/build}/tools/fnimg/fnimg
input=$(sh "$repo/tests/bench/input.sh")
work=$(mktemp -d "${TMPDIR:-/tmp}/fn-bench.XXXXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
find "$input" -type f -print0 | xargs -0 cat >/dev/null
: >samples

# measure NAME COMMAND..: one sample, wall, user + sys and peak memory of all it starts.
measure() {
  local name=$1
  shift
  sync
  /usr/bin/time -o time.txt -f '%e %U %S %M' "$@" >log.txt 2>&1 || {
    cat log.txt >&2
    return 1
  }
  awk -v name="$name" '{ printf "%s %s %.2f %.0f\n", name, $1, $2 + $3, $4 / 1024 }' time.txt >>samples
}
# The bytes of all layers of the image in an OCI layout, in MB.
size_of() { # NAME LAYOUT
  local manifest
  manifest=$(jq -r '.manifests[-1].digest | sub("sha256:"; "")' "$2/index.json")
  printf '%s %s\n' "$1" "$(jq '[.layers[].size] | add / 1e6 | round' "$2/blobs/sha256/$manifest")" >>sizes
}
: >sizes

fnimg_build() { # CODEC
  rm -rf home
  measure "fnimg-$1" "$fn" --home home build -q -t big:1 --compression "$1" --owner keep --times keep \
    --layer "base=$input/base" --layer "py=$input/py" --layer "app=$input/app"
  grep -q "^fnimg-$1 " sizes || size_of "fnimg-$1" home
}
umoci_build() {
  rm -rf um
  umoci init --layout um
  umoci new --image um:v1
  measure umoci sh -c 'for part in base py app; do umoci insert --image um:v1 "$1/$part" /; done' sh "$input"
  grep -q '^umoci ' sizes || size_of umoci um
}
buildah_build() {
  rm -rf bud oci-bud
  measure buildah sh -c '
    ctr=$(buildah --root "$2/bud" --runroot "$2/budrun" --storage-driver vfs from scratch)
    for part in base py app; do
      buildah --root "$2/bud" --runroot "$2/budrun" --storage-driver vfs copy -q "$ctr" "$1/$part" /
    done
    buildah --root "$2/bud" --runroot "$2/budrun" --storage-driver vfs commit -q "$ctr" "oci:$2/oci-bud:v1"' \
    sh "$input" "$work"
  grep -q '^buildah ' sizes || size_of buildah oci-bud
  chmod -R u+rwX bud && rm -rf bud budrun
}
shell_pipe() {
  rm -rf pipe && mkdir pipe
  measure shell-pipe-zstd bash -c '
    for part in base py app; do
      tar --sort=name --numeric-owner -cf - -C "$1/$part" . | tee >(openssl dgst -sha256 >/dev/null) | zstd -q -3 -T2 |
        tee "pipe/$part" | openssl dgst -sha256 >/dev/null
    done' bash "$input"
}

# What no build can be faster than, by build-floor: seconds of it, without the reading.
floor() { # CODEC
  local took
  took=$("$(dirname "$fn")/../../tests/bench/build-floor" "$1" "$(nproc)" "$input/base" "$input/py" "$input/app")
  echo "floor-$1 $took 0 0" >>samples
}

for round in $(seq "$rounds"); do
  echo "build: round $round of $rounds" >&2
  fnimg_build zstd:3
  floor zstd:3
  umoci_build
  fnimg_build gzip:4
  floor gzip:4
  floor gzip:1
  [ "$round" -gt 1 ] || buildah_build  # half a minute each: once is enough to see that it is not the best peer
  fnimg_build gzip:1
  shell_pipe
done

rm -rf home
"$fn" --home home build -q -t big:1 --owner keep --times keep --layer "base=$input/base" --layer "py=$input/py" \
  --layer "app=$input/app" >/dev/null
for round in $(seq "$rounds"); do
  echo "unpack: round $round of $rounds" >&2
  rm -rf out-umoci out-fnimg
  measure umoci-raw-unpack umoci raw unpack --image um:v1 out-umoci
  measure fnimg-unpack "$fn" --home home unpack -q big:1 out-fnimg
  rm -rf out-umoci out-fnimg
  measure umoci-unpack umoci unpack --image um:v1 out-umoci
  measure fnimg-fsck-read-data "$fn" --home home fsck -q --read-data
  measure openssl-blobs sh -c 'openssl dgst -sha256 home/blobs/sha256/*'
done

# Start-up: the mean of 200 runs each, the shell's own fork included; /bin/true shows how much that is.
start() { # NAME COMMAND..
  local name=$1 from to
  shift
  from=$(date +%s%N)
  for _ in $(seq 200); do "$@" >/dev/null; done
  to=$(date +%s%N)
  awk -v name="$name" -v ns=$((to - from)) 'BEGIN { printf "%-22s %6.2f ms\n", name, ns / 200 / 1e6 }'
}
median='
  { if (!($1 in n)) order[++names] = $1 }
  { wall[$1, ++n[$1]] = $2; cpu[$1, n[$1]] = $3; rss[$1] = $4 > rss[$1] ? $4 : rss[$1] }
  function mid(a, name, count,   i, j, t, v) {
    for (i = 1; i <= count; i++) v[i] = a[name, i] + 0
    for (i = 1; i <= count; i++) for (j = i + 1; j <= count; j++) if (v[j] < v[i]) { t = v[i]; v[i] = v[j]; v[j] = t }
    return count % 2 ? v[(count + 1) / 2] : (v[count / 2] + v[count / 2 + 1]) / 2
  }'
echo
printf '%-22s %8s %8s %8s %8s\n' '' 'wall s' 'CPU s' 'peak MB' 'size MB'
awk "$median"' END {
  for (i = 1; i <= names; i++) {
    name = order[i]
    printf "%s %.2f %.2f %d\n", name, mid(wall, name, n[name]), mid(cpu, name, n[name]), rss[name]
  }
}' samples >medians
while read -r name wall cpu rss; do
  printf '%-22s %8s %8s %8s %8s\n' "$name" "$wall" "$cpu" "$rss" \
    "$(awk -v name="$name" '$1 == name { print $2 }' sizes)"
done <medians
value() { awk -v name="$1" '$1 == name { print $2 }' medians; }
best=$(printf '%s\n' "$(value umoci)" "$(value buildah)" | sort -g | head -n 1)
ratio() { awk -v what="$1" -v a="$2" -v b="$3" 'BEGIN { printf "%-50s %5.1fx\n", what, a / b }'; }
echo
ratio 'cold build, zstd:3, against the best of both' "$best" "$(value fnimg-zstd:3)"
ratio 'cold build, gzip:4, against the best of both' "$best" "$(value fnimg-gzip:4)"
ratio 'cold build, gzip:1, against the best of both' "$best" "$(value fnimg-gzip:1)"
ratio 'cold build, zstd:3, against tar | zstd -T2 | hashes' "$(value shell-pipe-zstd)" "$(value fnimg-zstd:3)"
for codec in zstd:3 gzip:4 gzip:1; do
  ratio "cold build, $codec, of the floor's time" "$(value "fnimg-$codec")" "$(value "floor-$codec")"
done
ratio 'unpack, against umoci raw unpack' "$(value umoci-raw-unpack)" "$(value fnimg-unpack)"
ratio 'unpack, against umoci unpack' "$(value umoci-unpack)" "$(value fnimg-unpack)"
echo
start 'fnimg --version' "$fn" --version
start 'fnimg ls' "$fn" --home home ls
start 'umoci --version' umoci --version
start 'skopeo --version' skopeo --version
start '/bin/true' /bin/true
jq -R -s '[split("\n")[] | select(. != "") | split(" ") |
  {name: .[0], wall_s: (.[1] | tonumber), cpu_s: (.[2] | tonumber), peak_mb: (.[3] | tonumber)}]' medians >"$json"
echo "written to ${json#"$repo"/}"
