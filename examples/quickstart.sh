#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# From nothing to a function that ran: installs what is missing (as root), builds fn, and makes, checks and runs an
# image of a real Python function from Debian's or Ubuntu's own packages. Everything is kept in a temporary folder,
# unless FN_HOME is set.
set -eu -o pipefail

repo=$(cd "$(dirname "$0")/.." && pwd -P)
. "$repo/tests/steps.sh"
if [ -t 1 ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); else bold='' plain=''; fi
step() { printf '\n%s%s%s  %s\n' "$bold" "$1" "$plain" "$2"; }
# Shows a command as one would type it, then runs it.
run() {
  local word line='$'
  for word; do
    case $word in
      *[*\ ]*) line+=" '$word'" ;;
      *) line+=" $word" ;;
    esac
  done
  echo "$line"
  "$@"
}

# --- set up

# On a terminal ninja's own line; elsewhere one every 20 s, so that nobody takes it for dead.
build() {
  local log=$repo/build.log last=0
  (cd "$repo" && cmake --preset release -DFN_TESTS=OFF) >"$log" 2>&1 || {
    tail -n 30 "$log" >&2
    return 3
  }
  if [ -t 1 ]; then
    ninja -C "$repo/build" || return 3
    return 0
  fi
  ninja -C "$repo/build" >"$log" 2>&1 &
  while kill -0 $! 2>/dev/null; do
    sleep 0.5
    [ $((SECONDS - last)) -lt 20 ] || {
      last=$SECONDS
      tail -n 1 "$log"
    }
  done
  wait $! || {
    tail -n 30 "$log" >&2
    return 3
  }
}

if [ -z "${FN_BUILD:-}" ]; then
  step "set up" "compiler, libraries and skopeo as the second opinion, then the tools themselves"
  timed packages "$repo/examples/packages.sh" build quickstart
  timed build build
  print_steps
  FN_BUILD=$repo/build
fi
PATH=$FN_BUILD/tools/fnimg:$FN_BUILD/tools/fnrun:$PATH
work=$(mktemp -d)
trap 'chmod -R u+rwX "$work" && rm -rf "$work"' EXIT
export FN_HOME=${FN_HOME:-$work/fn}
cd "$work"
fnimg --version

# --- the story

step "packages" "python3-minimal and all that it needs, straight from the distribution"
mkdir debs empty-lists
touch empty-lists/status
closure=$(apt-get -s -qq -o Dir::State::status="$work/empty-lists/status" -o APT::Install-Recommends=false \
  install base-files python3-minimal libc6 | awk '/^Inst (lib|base-files|python|zlib|gcc-)/ { print $2 }' | sort -u)
# shellcheck disable=SC2086
(cd debs && apt-get -qq -o APT::Sandbox::User=root download $closure)
printf '%s packages, %s\n' "$(find debs -name '*.deb' | wc -l)" "$(du -sh --apparent-size debs | cut -f1)"

step "build" "two layers: the runtime follows the channel python3, so that it can be updated alone; the code is ours"
cp -r "$repo/examples/thumbnailer" code
run fnimg build -t thumbnailer:v1 \
  --layer 'runtime=debs/*.deb' --follow runtime=python3 \
  --layer code=code --exclude '*.toml' \
  --entrypoint /usr/bin/python3 --entrypoint /handler.py

step "again" "the same input gives the same digest, on any machine"
run fnimg build -q -t thumbnailer:again \
  --layer 'runtime=debs/*.deb' --follow runtime=python3 \
  --layer code=code --exclude '*.toml' \
  --entrypoint /usr/bin/python3 --entrypoint /handler.py
run fnimg ls

step "look" "what is in it, and which layer brought it"
run fnimg inspect thumbnailer:v1
run fnimg files thumbnailer:v1 handler.py

step "edit" "one line changes: only what changed is made again, and diff says what that is"
sed -i '0,/^"""/s//"""Version 2: /' code/handler.py
run fnimg build -q -t thumbnailer:v2 \
  --layer 'runtime=debs/*.deb' --follow runtime=python3 \
  --layer code=code --exclude '*.toml' \
  --entrypoint /usr/bin/python3 --entrypoint /handler.py
run fnimg diff thumbnailer:v1 thumbnailer:v2 --patch

step "update" "a patched runtime: who is behind, what would change, the new image without a rebuild, the way back"
mkdir -p patched/etc
echo 'patched' >patched/etc/motd
run fnimg channel publish python3 'image:thumbnailer:v1#runtime' --version 1
run fnimg channel publish python3 'image:thumbnailer:v1#runtime' patched --version 1.1
run fnimg outdated
run fnimg update thumbnailer:v2 -n
run fnimg update thumbnailer:v2
run fnrun run thumbnailer:v2 --entrypoint /usr/bin/python3 -- -c 'print(open("/etc/motd").read())'
run fnimg rollback thumbnailer:v2

step "size" "where the bytes are, and which of them are of no use"
run fnimg size thumbnailer:v2 --top 5

step "share" "an archive that other tools read; skopeo agrees about what it is"
run fnimg export thumbnailer:v1 -o thumbnailer.tar
skopeo inspect --format '{{.Os}}/{{.Architecture}}, {{len .Layers}} layers, {{.Digest}}' oci-archive:thumbnailer.tar

step "check" "every byte of the state: blobs, layers, documents"
run fnimg fsck --read-data

step "run" "a command in a sandbox: its own files, processes, network and limits; no daemon, no root"
run fnrun run thumbnailer:v1 --entrypoint /usr/bin/python3 --memory 256M --timeout 10s -- \
  -c 'import os; print("uid", os.getuid(), "- processes:", [p for p in os.listdir("/proc") if p.isdigit()])'

step "invoke" "one event to the edited function: the response is on stdout, what it took on stderr"
short() { sed 's/"image": "\(.\{24\}\)[^"]*"/"image": "\1.."/'; }
run fnrun invoke thumbnailer:v2 -e '{"image": "/photo.png", "width": 48}' | short

step "serve" "the same behind the Lambda service's own URL"
run fnrun function set -q thumbnailer thumbnailer:v1 --memory 256M --timeout 10s
echo '$ fnrun serve -q thumbnailer --listen 127.0.0.1:0 &'
fnrun serve -q thumbnailer --listen 127.0.0.1:0 >url 2>serve.log &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait; chmod -R u+rwX "$work" && rm -rf "$work"' EXIT
for _ in $(seq 100); do [ -s url ] || sleep 0.1; done
url=$(cat url)
run curl -fsS "$url" -d '{"image": "/photo.png", "width": 32}' | short
kill "$server"
wait "$server"
