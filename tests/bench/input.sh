#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the input of the benchmarks and prints its folder: three directories, base/ py/ app/,
# about 1 GB and more than 25,000 files, all of it from Debian or Ubuntu packages.
# It is made once and kept in ${XDG_CACHE_HOME:-~/.cache}/fn-bench.
set -eu

cache=${XDG_CACHE_HOME:-$HOME/.cache}/fn-bench
input=$cache/input-1
if [ -e "$input/complete" ]; then
  echo "$input"
  exit 0
fi

say() { echo "bench input: $*" >&2; }

# The whole closure of what is named, as if nothing were installed on this machine.
closure() {
  : >"$cache/no-status"
  apt-get -s -qq -o Dir::State::status="$cache/no-status" -o APT::Install-Recommends=false \
    install "$@" 2>/dev/null | awk '/^Inst /{print $2}' | sort -u
}

fetch_and_extract() { # DIR PACKAGE..
  into=$1
  shift
  mkdir -p "$cache/debs" "$into"
  for package; do
    deb=$(find "$cache/debs" -name "${package}_*.deb" | head -n 1)
    if [ -z "$deb" ]; then
      (cd "$cache/debs" && apt-get -qq -o APT::Sandbox::User=root download "$package") || continue
      deb=$(find "$cache/debs" -name "${package}_*.deb" | head -n 1)
    fi
    dpkg-deb -x "$deb" "$into"
  done
}

rm -rf "$input"
mkdir -p "$input" "$cache/debs"
# shellcheck disable=SC2046 # a list of words is what is wanted
{
  base=$(closure bash coreutils findutils grep sed tar gzip apt gcc g++ perl python3 git vim \
    $(apt-cache pkgnames golang-1. | sed -n 's/^\(golang-1\.[0-9]*\)-go$/\1-go \1-src/p' | sort -V | tail -n 1))
  python=$(closure python3 python3-pip python3-setuptools python3-numpy | grep -E '^(lib)?python3' | grep -v -e -dev)
}
say "$(echo "$base" | wc -l) packages for base, $(echo "$python" | wc -l) for py"
# shellcheck disable=SC2086
fetch_and_extract "$input/base" $base
# shellcheck disable=SC2086
fetch_and_extract "$input/py" $python
mkdir -p "$input/app/srv/app"
cp "$input/base/usr/bin/git" "$input/app/srv/app/worker"
for part in handler routes model util; do
  printf 'def %s(event, context):\n    return {"part": "%s", "event": event}\n' "$part" "$part" \
    >"$input/app/srv/app/$part.py"
done
say "$(find "$input" -type f | wc -l) files, $(du -sm --apparent-size "$input" | cut -f1) MB"
touch "$input/complete"
echo "$input"
