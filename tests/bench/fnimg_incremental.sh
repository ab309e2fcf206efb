#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# fnimg beside its peers when little or nothing changed since the last build: in one run, in turn, on one input. Prints
# medians (wall seconds, CPU seconds, MB of memory) and ratios, checks that each incremental digest is the cold one, and
# writes JSON.
#
#   fnimg_incremental.sh [ROUNDS] [FILE.json]
#
# The input is the base of input.sh, a copy that is edited: 25,000 files in one layer. A change is a file that grows,
# early in the order (etc/hostname) or late (usr/share/zoneinfo or what comes last). umoci repacks a bundle that it
# keeps, its best way; buildah does it once, with a cache of layers; casync, if it is there, with its store. As root.
set -eu -o pipefail
rounds=${1:-3}
repo=$(cd "$(dirname "$0")/../.." && pwd -P)
json=${2:-$repo/build/bench_fnimg_incremental.json}
fn=${FN_BUILD:-$repo/build}/tools/fnimg/fnimg
input=$(sh "$repo/tests/bench/input.sh")
work=$(mktemp -d "${TMPDIR:-/tmp}/fn-bench.XXXXXXXX")
trap 'chmod -R u+rwX "$work" && rm -rf "$work"' EXIT
cd "$work"
cp -a "$input/base" tree
early=etc/hostname
mkdir -p tree/etc && echo thumbnailer >tree/etc/hostname
late=$(cd tree && find . -type f -size -64k -printf '%P\n' | LC_ALL=C sort | tail -n 1)
find tree -type f -print0 | xargs -0 cat >/dev/null
: >samples

measure() { # NAME COMMAND..
  local name=$1
  shift
  sync
  /usr/bin/time -o time.txt -f '%e %U %S %M' "$@" >log.txt 2>&1 || {
    cat log.txt >&2
    return 1
  }
  awk -v name="$name" '{ printf "%s %s %.2f %.0f\n", name, $1, $2 + $3, $4 / 1024 }' time.txt >>samples
}
# Behind the tick in which the last file changed, and with its pages on the disk, as in life.
settle() { sync && sleep 0.1; }
fn_build() { # HOME
  "$fn" --home "$1" build -q -t big:1 --compression zstd:3 --owner keep --times keep --layer base=tree
}
check_cold() {
  rm -rf cold
  [ "$(fn_build home)" = "$(fn_build cold)" ] || {
    echo 'the digest is not the one of a cold build' >&2
    exit 1
  }
}

echo 'first builds' >&2
settle
measure fnimg-cold "$fn" --home home build -q -t big:1 --compression zstd:3 --owner keep --times keep --layer base=tree
umoci init --layout um
umoci new --image um:v1
umoci insert --image um:v1 tree / 2>log.txt
umoci unpack --image um:v1 bundle 2>log.txt
if command -v casync >/dev/null; then casync make --store=store --without=all first.caidx tree >log.txt; fi

for round in $(seq "$rounds"); do
  echo "nothing changed: round $round of $rounds" >&2
  settle
  measure fnimg-nothing "$fn" --home home build -q -t big:1 --compression zstd:3 --owner keep \
    --times keep --layer base=tree
  measure umoci-nothing umoci repack --image um:same bundle
  ! command -v casync >/dev/null || measure casync-nothing casync make --store=store --without=all same.caidx tree
  for place in early late; do
    echo "one file, $place: round $round of $rounds" >&2
    file=${!place}
    echo "round $round" >>"tree/$file"
    echo "round $round" >>"bundle/rootfs/$file"
    settle
    measure "fnimg-$place" "$fn" --home home build -q -t big:1 --compression zstd:3 --owner keep \
      --times keep --layer base=tree
    measure "umoci-$place" umoci repack --image "um:$place" bundle
    ! command -v casync >/dev/null ||
      measure "casync-$place" casync make --store=store --without=all "$place.caidx" tree
    check_cold
  done
done

# Seconds to minutes each: once is enough to see that it is not the best peer.
printf 'FROM scratch\nCOPY tree /\n' >Dockerfile
bud() {
  measure "$1" buildah --root "$work/bud" --runroot "$work/budrun" --storage-driver vfs \
    bud -q --layers --isolation chroot -f Dockerfile -t v1 .
}
if command -v buildah >/dev/null; then
  echo 'buildah: one round' >&2
  if bud buildah-cold && bud buildah-nothing; then
    echo more >>"tree/$early"
    bud buildah-early || true
  fi
fi

median='
  { if (!($1 in n)) order[++names] = $1 }
  { wall[$1, ++n[$1]] = $2; cpu[$1, n[$1]] = $3; rss[$1] = $4 > rss[$1] ? $4 : rss[$1] }
  function mid(a, name, count,   i, j, t, v) {
    for (i = 1; i <= count; i++) v[i] = a[name, i] + 0
    for (i = 1; i <= count; i++) for (j = i + 1; j <= count; j++) if (v[j] < v[i]) { t = v[i]; v[i] = v[j]; v[j] = t }
    return count % 2 ? v[(count + 1) / 2] : (v[count / 2] + v[count / 2 + 1]) / 2
  }'
awk "$median"' END {
  for (i = 1; i <= names; i++) {
    name = order[i]
    printf "%s %.2f %.2f %d\n", name, mid(wall, name, n[name]), mid(cpu, name, n[name]), rss[name]
  }
}' samples >medians
echo
printf '%-20s %8s %8s %8s\n' '' 'wall s' 'CPU s' 'peak MB'
while read -r name wall cpu rss; do printf '%-20s %8s %8s %8s\n' "$name" "$wall" "$cpu" "$rss"; done <medians
value() { awk -v name="$1" '$1 == name { print $2 }' medians; }
ratio() { # WHAT PEER OURS
  [ -n "$(value "$2")" ] || return 0
  awk -v what="$1" -v a="$(value "$2")" -v b="$(value "$3")" \
    'BEGIN { printf "%-50s %6.1fx\n", what, a / (b > 0 ? b : 0.005) }'
}
echo
for peer in umoci casync buildah; do
  ratio "nothing changed, against $peer" "$peer-nothing" fnimg-nothing
  ratio "one file early in the order, against $peer" "$peer-early" fnimg-early
  ratio "one file late in the order, against $peer" "$peer-late" fnimg-late
done
ratio 'one file early, against a cold build' fnimg-cold fnimg-early
rm -rf cold && fn_build cold >/dev/null
files=$(find tree -mindepth 1 | wc -l)
echo
awk -v bytes="$(stat -c %s cold/state.db)" -v files="$files" \
  'BEGIN { printf "state.db after one build: %d bytes a file (%d files)\n", bytes / files, files }'
echo "late in the order: $late"
jq -R -s '[split("\n")[] | select(. != "") | split(" ") |
  {name: .[0], wall_s: (.[1] | tonumber), cpu_s: (.[2] | tonumber), peak_mb: (.[3] | tonumber)}]' medians >"$json"
echo "written to ${json#"$repo"/}"
