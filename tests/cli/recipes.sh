#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What examples/functions/README.md says: every command is typed as it stands there, and answers what stands below it.
. "$(dirname "$0")/../lib.sh"
need node nodejs
need curl curl
need cc gcc
need busybox busybox-static
[ -x /usr/bin/python3 ] || need /usr/bin/python3 python3
at_exit '"$FNRUN" stop -q --all --grace 0s >/dev/null 2>&1'

# The images that come from a registry, made of what this machine has: the programs with their libraries and a shell.
base() { # NAME PROGRAM.. -- DIR..
  local name=$1 root=base.$1 file
  shift
  mkdir -p "$root"/{bin,etc,usr/bin,tmp}
  cp "$(command -v busybox)" "$root/bin/busybox"
  for file in sh env cat sed tr mktemp; do ln -s busybox "$root/bin/$file"; done
  ln -s ../../bin/busybox "$root/usr/bin/env"
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    file=$(readlink -f "$(command -v "$1")")
    cp "$file" "$root/bin/${1##*/}"
    ldd "$file" 2>/dev/null | grep -oE '/[^ ]+' | while read -r file; do
      mkdir -p "$root${file%/*}" && cp -L "$file" "$root$file"
    done
    shift
  done
  for file in "${@:2}"; do mkdir -p "$root${file%/*}" && cp -r "$file" "$root$file"; done
  "$FN" build -q -t "$name" --layer base="$root" --entrypoint /docker-entrypoint.sh --compression none >/dev/null
}
base node:20-slim node
base python:3-slim /usr/bin/python3 -- "$(/usr/bin/python3 -c 'import os; print(os.path.dirname(os.__file__))')"
base curl:8 curl

cp -r "$REPO/examples/functions" there
cd there
export PATH=${FN%/*}:${FNRUN%/*}:$PATH
# Lines of blocks of the kind console: a command, and what it answers.
awk '/^```console$/ { inside = 1; next } /^```$/ { inside = 0 } inside' README.md >../session
count=0
run_it() {
  [ -n "$command" ] || return 0
  t "$command"
  expect_exit 0 bash -e -c "$command"
  expect_same answer "$(cat "$WORK/out")" "$answer"
  count=$((count + 1))
}
command='' answer=''
while IFS= read -r line <&4; do
  if [[ $command == *\\ ]]; then
    command+=$'\n'$line
  elif [ "${line:0:2}" = '$ ' ]; then
    run_it
    command=${line:2} answer=''
  else
    answer+=${answer:+$'\n'}$line
  fi
done 4<../session
run_it
[ "$count" -ge 15 ] || die "only $count commands were found"

t 'the page of the repository begins in the same way'
sed -n '/copy a folder of/,/^fnrun debug/ { /^fn/p }' "$REPO/README.md" | sed '/^fnrun debug/d' >../commands
expect_exit 0 bash -e -c "cd '$REPO' && . '$WORK/commands'"
expect_stdout_has '{"hello":"you"}'

t 'an error of a handler is reported as one, and the runtime goes on'
for language in node python; do
  expect_exit 1 fnrun invoke -q "hello-$language" -e 'null'
  expect_stderr_has TypeError
  expect_exit 0 fnrun invoke -q "hello-$language" -e '{"name": "again"}'
done
