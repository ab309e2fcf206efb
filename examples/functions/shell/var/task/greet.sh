# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
main() {
  echo "greeting $1" >&2
  printf '%s' "$1" | sed 's/"name"/"hello"/'
}
