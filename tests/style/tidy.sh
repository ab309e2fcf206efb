#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# clang-tidy over all sources, with the checks of .clang-tidy. What has passed once is not looked at again while it and its headers stay as they
# are, if $XDG_CACHE_HOME or ~/.cache can be written.
# alone
# limit 2400
. "$(dirname "$0")/../lib.sh"
need clang-tidy clang-tidy
cache=${XDG_CACHE_HOME:-$HOME/.cache}/fn-tidy
mkdir -p "$cache" 2>/dev/null || cache=$WORK
cd "$REPO"
common=$(cat .clang-tidy CMakeLists.txt common/*/*.hpp tools/*/*.hpp | sha256sum | cut -c1-16)
check() { # FILE
  local key
  key=$(sha256sum <"$1" | cut -c1-16)-$common
  [ ! -e "$cache/$key" ] || return 0
  clang-tidy --quiet --warnings-as-errors='*' -p "$BUILD" "$1" 2>/dev/null && touch "$cache/$key"
}
export -f check
export cache common
find common tools -name '*.cpp' | sort | xargs -P "$(nproc)" -I{} bash -c 'check {} || { echo "clang-tidy: {}" >&2; exit 1; }'
