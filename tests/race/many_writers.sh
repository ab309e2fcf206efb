#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# 16 and then 64 processes work on one state: they queue, nothing is lost, nothing is damaged, and other tools read the
# layout meanwhile.
# alone
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/verbs.sh"
need jq jq
prepare_state
others=$("$FN" ls -q | wc -l) # images that are there before

worker() { # NUMBER
  local n=$1
  mkdir -p "in/$n"
  echo "$n" >"in/$n/own"
  "$FN" build -q -t "own$n:1" --from base:1 --layer "own=in/$n" &&
    "$FN" build -q -t shared:1 --from base:1 --layer shared=in/tree &&
    "$FN" tag -q "own$n:1" "alias$n:1" "brief$n:1" &&
    "$FN" rm -q "brief$n:1" &&
    "$FN" files -q "own$n:1" &&
    "$FN" gc -q &&
    "$FN" unpack -q "own$n:1" "tree$n"
}

for processes in 16 64; do
  t "$processes processes"
  pids=()
  for n in $(seq "$processes"); do
    worker "$n" >"log.$n" 2>&1 &
    pids+=($!)
  done
  if command -v skopeo >/dev/null; then
    for _ in 1 2 3 4 5; do
      skopeo inspect --raw "oci:$FN_HOME:app:1" >/dev/null || die 'skopeo could not read the layout'
    done
  fi
  for n in $(seq "$processes"); do
    wait "${pids[n - 1]}" || die "process $n failed: $(cat "log.$n")"
  done
  expect_exit 0 "$FN" fsck --read-data
  for n in $(seq "$processes"); do
    expect_same "the file of process $n" "$("$FN" cat "own$n:1" own)" "$n"
    expect_same 'own and alias' "$("$FN" inspect --json "own$n:1" | jq -r .digest)" \
      "$("$FN" inspect --json "alias$n:1" | jq -r .digest)"
    [ -e "tree$n/own" ]
  done
  images=$((others + 1 + 2 * processes))
  expect_same 'the number of images' "$("$FN" ls -q | wc -l)" "$images"
  expect_same 'index.json and the rows' "$(jq '.manifests | length' "$FN_HOME/index.json")" "$images"
  "$FN" ls -q | grep -E '^(own|alias)' | xargs "$FN" rm -q
  "$FN" rm -q shared:1
  rm -rf tree* log.*
done

t 'a writer that hangs: the others say who it is and give up after --lock-timeout'
sqlite3 "$FN_HOME/state.db" 'BEGIN IMMEDIATE' '.shell sleep 30' &
holder=$!
at_exit "pkill -P $holder; kill $holder 2>/dev/null"
until grep -q ":$(stat -c %i "$FN_HOME/state.db-shm" 2>/dev/null) " /proc/locks; do sleep 0.05; done
expect_exit 5 "$FN" tag app:1 late:1 --lock-timeout 300ms
expect_stderr_has "sqlite3" "pid $holder"
expect_exit 0 "$FN" ls

t 'a killed holder leaves no lock'
sleeper=$(pgrep -P $holder)
kill -9 $holder
kill "$sleeper"
expect_exit 0 "$FN" tag app:1 late:1 --lock-timeout 5s
