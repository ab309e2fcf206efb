#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The cold start of a Python function whose bytecode was kept as it was, and matched to its sources' times: one command
# of fnrun each, in turn, on one tree. Prints medians in ms and writes JSON.
#
#   fnimg_bytecode.sh [ROUNDS] [FILE.json]
#
# The function imports forty modules of this machine's standard library from a copy in the layer, compiled as pip does
# it; the image's root is otherwise this machine's /usr, read-only.
set -eu -o pipefail
rounds=${1:-15}
repo=$(cd "$(dirname "$0")/../.." && pwd -P)
json=${2:-$repo/build/bench_fnimg_bytecode.json}
tools=${FN_BUILD:-$repo/build}/tools
work=$(mktemp -d "${TMPDIR:-/tmp}/fn-bench.XXXXXXXX")
trap 'chmod -R u+rwX "$work"; rm -rf "$work"' EXIT
cd "$work"
export FN_HOME=$work/home
library=$(/usr/bin/python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
modules='argparse ast asyncio cgi configparser csv ctypes dataclasses decimal difflib doctest email.message fractions
  ftplib http.server imaplib inspect ipaddress json logging.config mailbox multiprocessing nntplib optparse pdb pickle
  pickletools plistlib pydoc pyclbr smtplib sqlite3 ssl statistics tarfile tkinter turtle typing unittest urllib.request
  uuid xml.dom.minidom xmlrpc.client zipfile'
mkdir -p src/srv/lib src/usr src/lib src/lib64 src/bin src/etc
(cd "$library" && find . -name '*.py' -not -path '*/test/*' -not -path '*-packages/*' -print0 | tar --null -T - -c) |
  tar -x -C src/srv/lib
{
  echo 'import importlib, sys'
  echo "sys.path.insert(0, '/srv/lib')"
  echo "for name in '''$modules'''.split():"
  printf '    try:\n        importlib.import_module(name)\n    except ImportError:\n        pass\n'
} >src/srv/app.py
/usr/bin/python3 -m compileall -q src/srv/lib >/dev/null
for mode in keep match; do
  "$tools/fnimg/fnimg" build -q -t "py:$mode" --layer code=src --bytecode $mode >/dev/null 2>&1
done

start() { # MODE
  "$tools/fnrun/fnrun" run "py:$1" --mount /usr:/usr:ro --mount /lib:/lib:ro --mount /lib64:/lib64:ro --timeout 60s \
    -- /usr/bin/python3 -S -E /srv/app.py
}
for mode in keep match; do start $mode; done
: >samples
for round in $(seq "$rounds"); do
  for mode in keep match; do
    begin=$(date +%s%N)
    start $mode
    echo "$mode $((($(date +%s%N) - begin) / 1000))" >>samples
  done
done
median() { # MODE
  awk -v mode="$1" '$1 == mode { print $2 }' samples | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}
kept=$(median keep) matched=$(median match)
awk -v kept="$kept" -v matched="$matched" -v rounds="$round" 'BEGIN {
  printf "cold start, median of %d: --bytecode keep %.0f ms, matched (default) %.0f ms: %.2fx\n",
    rounds, kept / 1000, matched / 1000, kept / matched }'
jq -n --argjson kept "$kept" --argjson matched "$matched" '{kept_us: $kept, matched_us: $matched}' >"$json"
