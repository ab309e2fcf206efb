#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a sandbox costs, beside its peers on the same root in the same run: start of a static true as a whole command,
# hot and after a pause; from the end of the command to the return of the tool; the kill of a thousand daemons; the
# memory that is reported. As root.
#
#   fnrun_start.sh [ROUNDS] [FILE.json]
set -eu -o pipefail
rounds=${1:-200}
repo=$(cd "$(dirname "$0")/../.." && pwd -P)
json=$(realpath -m "${2:-$repo/build/bench_fnrun_start.json}")
build=${FN_BUILD:-$repo/build}
fnrun=$build/tools/fnrun/fnrun
bench=$build/tests/bench/start-bench
[ "$(id -u)" = 0 ] || {
  echo "fnrun_start.sh: error: as root, since crun and runc want to be" >&2
  exit 2
}
work=$(mktemp -d "${TMPDIR:-/tmp}/fn-bench.XXXXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
export FN_HOME=$work/home

mkdir -p root/{bin,dev,proc,tmp,etc,sys} bundle
cp "$build/tests/probe/sandbox-payload" root/bin/payload
"$build/tools/fnimg/fnimg" build -q -t app:v1 --layer root=root --entrypoint /bin/payload >/dev/null
"$fnrun" run app:v1 -- true # unpacks the layer
(cd bundle && runc spec)

bundle() { # NAME WORD.. : for crun and runc
  local name=$1
  shift
  mkdir -p "$name"
  jq --arg root "$work/root" --arg words "$*" '.root.path = $root | .process.terminal = false |
    .process.args = ($words | split(" "))' bundle/config.json >"$name/config.json"
}
limits=$'--memory\t256M\t--cpus\t1\t--pids\t64'
subjects() { # WORD : what the payload is to do
  bundle "bundle-$1" /bin/payload "$1"
  printf '%s\n' \
    "bare"$'\t'"$work/root/bin/payload"$'\t'"$1" \
    "fnrun DIR"$'\t'"$fnrun"$'\trun\t'"$work/root"$'\t--\t/bin/payload\t'"$1" \
    "fnrun REF"$'\t'"$fnrun"$'\trun\tapp:v1\t--\t'"$1" \
    "fnrun DIR limits"$'\t'"$fnrun"$'\trun\t'"$limits"$'\t'"$work/root"$'\t--\t/bin/payload\t'"$1"
  ! command -v bwrap >/dev/null ||
    echo $'bwrap\tbwrap\t--unshare-all\t--ro-bind\t'"$work/root"$'\t/\t--proc\t/proc\t--dev\t/dev\t--tmpfs\t/tmp'\
$'\t/bin/payload\t'"$1"
  ! command -v crun >/dev/null ||
    echo $'crun@v2\tcrun\t--root\t'"$work/crun"$'\t--cgroup-manager=disabled\trun\t--bundle\t'"$work/bundle-$1"\
$'\tfn-bench'
  ! command -v runc >/dev/null ||
    echo $'runc\trunc\t--root\t'"$work/runc"$'\trun\t--bundle\t'"$work/bundle-$1"$'\tfn-bench'
}
table() { # FILE TITLE
  jq -rs --arg title "$2" '
    def pad(n): tostring | (" " * (n - length)) + .;
    (map({key: .name, value: .p50_us}) | from_entries) as $all |
    ($title | . + " " * (30 - length)) + "     p50     p90     p99 us   of bwrap   of crun   of runc",
    (.[] | . as $row | (.name | . + " " * (30 - length)) +
      ([.p50_us, .p90_us, .p99_us] | map(pad(8)) | join("")) + "   " + (["bwrap", "crun", "runc"] |
        map(if $all[.] then ($row.p50_us * 100 / $all[.] | round / 100 | pad(10)) else "         -" end) |
        join("")))' "$1"
  echo
}

uptime >&2
subjects true >commands
"$bench" start "$rounds" 0 <commands >start-hot
table start-hot 'start, back to back'
"$bench" start "$rounds" 20000 <commands >start-idle
table start-idle 'start, after 20 ms of rest'
subjects stamp >commands
"$bench" tail "$rounds" 0 <commands >tail-hot
table tail-hot 'end of the command to return'
"$bench" tail "$rounds" 20000 <commands >tail-idle
table tail-idle 'the same, after 20 ms of rest'

# The kill of a tree: the clock of the report stops when all are gone.
: >kills
for _ in $(seq 5); do
  "$bench" kill 1 ./root/bin/payload detach 1000 >>kills
  "$fnrun" run --json --pids 2000 --timeout 3s ./root -- /bin/payload detach 1000 2>/dev/null >report || true
  jq -c '{name: "fnrun", p50_us: (.duration_us - 3000000)}' report >>kills
done
jq -s 'def median: sort | .[length / 2 | floor];
  (map(select(.name == "floor").p50_us) | median) as $floor |
  (map(select(.name == "fnrun").p50_us) | median) as $fnrun |
  {floor_us: $floor, fnrun_us: $fnrun, ratio: ($fnrun * 100 / $floor | round / 100)}' kills >tree-kill
ratio=$(jq -r '"floor \(.floor_us) us, fnrun \(.fnrun_us) us, \(.ratio) times the floor"' tree-kill)
echo "kill of 1000 daemons: $ratio"

: >memory
for mib in 10 100 300; do
  "$fnrun" run --json --memory 512M ./root -- /bin/payload touch $mib >report 2>said
  jq -c --argjson touched $((mib << 20)) --argjson rss "$(cat said)" \
    '{touched: $touched, resident_kib: $rss, reported: .peak_memory,
      off_kib: ((.peak_memory - $touched) / 1024 | round)}' report >>memory
done
echo "memory: $(jq -r '"\(.touched / 1048576) MiB touched: \(.off_kib) KiB off"' memory | paste -sd ';' |
  sed 's/;/; /g')"

jq -n --slurpfile hot start-hot --slurpfile idle start-idle --slurpfile tail tail-hot \
  --slurpfile tail_idle tail-idle --slurpfile kill tree-kill --slurpfile memory memory \
  '{hot: $hot, idle: $idle, tail: $tail, tail_idle: $tail_idle, kill: $kill[0], memory: $memory}' >"$json"
echo "written to ${json#"$repo"/}"
