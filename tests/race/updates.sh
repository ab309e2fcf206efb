#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A call never fails because of an update: eight callers, by tag and by digest, while the tag is updated, taken back and
# swept without a pause. Then two updates of one tag at once.
# early
. "$(dirname "$0")/../lib.sh"
need jq jq

rounds=${FN_SOAK:+200}
rounds=${rounds:-60}
mkdir -p code runtime
cp "$BUILD/tests/probe/nothing" code/nothing
publish() { # VERSION
  echo "$1" >runtime/version
  "$FN" channel publish -q runtime runtime --version "$1" >/dev/null
}
publish 1
first=$("$FN" build -q -t app:1 --layer runtime=runtime --layer code=code --follow runtime=runtime \
  --entrypoint /nothing)
"$FNRUN" function set -q follows app:1 >/dev/null
"$FNRUN" function set -q stays "app@$first" >/dev/null

t "$rounds rounds of update, rollback and gc under eight callers"
call() { # NUMBER
  local calls=0 how
  while [ ! -e ended ]; do
    case $(((calls + $1) % 4)) in
      0) how=(invoke -q follows -e 1) ;;
      1) how=(invoke -q stays -e 1) ;;
      2) how=(run app:1) ;;
      3) how=(run "app@$first") ;;
    esac
    "$FNRUN" "${how[@]}" >/dev/null 2>"call.$1" || {
      echo "${how[*]}: exit $?: $(cat "call.$1")" >>failed
      return
    }
    calls=$((calls + 1))
  done
  echo "$calls" >>calls
}
callers=()
for n in 1 2 3 4 5 6 7 8; do
  call "$n" &
  callers+=($!)
done
for ((n = 2; n <= rounds + 1; ++n)); do
  publish "$n"
  expect_exit 0 "$FN" update -q app:1
  [ $((n % 3)) != 0 ] || expect_exit 0 "$FN" rollback -q app:1
  [ $((n % 5)) != 0 ] || expect_exit 0 "$FN" gc -q
  [ ! -e failed ] || break
done
touch ended
wait "${callers[@]}"
[ ! -e failed ] || die "a call failed: $(cat failed)"
echo "calls: $(paste -sd+ calls | bc)"
expect_exit 0 "$FN" fsck --read-data

t 'two updates of one tag at once: both are in the journal, or one says that the tag moved'
for n in $(seq 10); do
  publish "a$n"
  before=$("$FN" history app:1 --updates --json | jq '.updates | length')
  "$FN" update -q app:1 >one 2>&1 &
  other=$!
  mine=0
  "$FN" update -q app:1 --layer code=runtime >two 2>&1 || mine=$?
  theirs=0
  wait $other || theirs=$?
  [[ "$mine $theirs" == @('0 0'|'0 5'|'5 0') ]] || die "exit $mine and $theirs: $(cat one two)"
  after=$("$FN" history app:1 --updates --json | jq '.updates | length')
  expect_same journal $((after - before)) $(((mine == 0) + (theirs == 0)))
done
expect_exit 0 "$FN" fsck --read-data
