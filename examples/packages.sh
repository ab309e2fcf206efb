#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The one list of Debian and Ubuntu packages that this repository needs.
#
#   packages.sh GROUP..          install what is missing (as root), or print the command and exit 2
#   packages.sh --list GROUP..   print the names
#
# GROUP: build (compile), quickstart, test (run tests/), peers (other people's tools, as oracles), all
set -eu

names_of() {
  case $1 in
    build)
      echo g++ cmake ninja-build pkg-config libfmt-dev libcli11-dev nlohmann-json3-dev libssl-dev libsqlite3-dev \
        libzstd-dev libdeflate-dev libisal-dev libxxhash-dev libarchive-dev libseccomp-dev libmicrohttpd-dev \
        libtomlplusplus-dev
      ;;
    quickstart) echo skopeo curl ca-certificates ;;
    test)
      echo ccache doctest-dev librapidcheck-dev python3 jq strace sqlite3 patch zip zstd xz-utils attr libcap2-bin \
        time openssl shellcheck clang clang-format clang-tidy libclang-rt-dev mandoc scdoc zsh fish bash-completion \
        busybox-static util-linux procps
      ;;
    peers)
      echo skopeo umoci buildah podman crun runc bubblewrap uidmap oci-image-tool libarchive-tools ca-certificates \
        curl nodejs npm autoconf automake libtool make gdb gdbserver python3-debugpy
      ;;
    all) names_of build && names_of test && names_of peers ;;
    *)
      echo "packages.sh: error: no group '$1' (build, quickstart, test, peers, all)" >&2
      exit 2
      ;;
  esac
}

list_only=no
if [ "${1:-}" = --list ]; then
  list_only=yes
  shift
fi
[ $# -gt 0 ] || set -- build
read -r -d '' -a wanted < <(for group; do names_of "$group"; done | tr ' ' '\n' | awk '!seen[$0]++' && printf '\0')
if [ "$list_only" = yes ]; then
  printf '%s\n' "${wanted[@]}"
  exit 0
fi

# Node.js comes from elsewhere on many machines, and Debian's package would fight with that.
has_program() {
  case $1 in
    nodejs) command -v node >/dev/null ;;
    npm) command -v npm >/dev/null ;;
    *) false ;;
  esac
}

missing=()
for name in "${wanted[@]}"; do
  ! has_program "$name" || continue
  state=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) || state=
  [ "$state" = installed ] || missing+=("$name")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ]; then
  echo "packages.sh: error: ${#missing[@]} packages are missing" >&2
  echo "  hint: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 2
fi

export DEBIAN_FRONTEND=noninteractive
quietly() { # COMMAND.. : says nothing unless it fails
  local log
  log=$(mktemp)
  "$@" >"$log" 2>&1 || {
    cat "$log" >&2
    rm -f "$log"
    return 1
  }
  rm -f "$log"
}

# Another apt may be at work, as on a machine that has just started: both steps wait for it. apt waits for dpkg's lock
# by itself when it is told to, and not for that of its lists.
patience=600
update() {
  local log code=0
  log=$(mktemp)
  while true; do
    code=0
    apt-get -q update >"$log" 2>&1 || code=$?
    [ $code != 0 ] && [ $patience -gt 0 ] && grep -q 'Could not get lock' "$log" || break
    sleep 2
    patience=$((patience - 2))
  done
  [ $code = 0 ] || cat "$log" >&2
  rm -f "$log"
  return $code
}
install() { quietly apt-get -q -y -o DPkg::Lock::Timeout=600 install --no-install-recommends "$@"; }

echo "packages: installing ${missing[*]}" >&2
update || echo "packages: apt-get update failed, going on with the lists that are here" >&2
if ! install "${missing[@]}"; then
  # One name that this release doesn't have must not keep the others out.
  failed=()
  for name in "${missing[@]}"; do
    install "$name" || failed+=("$name")
  done
  if [ ${#failed[@]} -gt 0 ]; then
    echo "packages.sh: error: not installed: ${failed[*]}" >&2
    exit 3
  fi
fi
