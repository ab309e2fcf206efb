#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# External extensions of the protocol lambda: the programs in /opt/extensions.
. "$(dirname "$0")/../lib.sh"
need jq jq
mkdir -p opt/extensions/folder
for name in one two; do install -m 755 "$REPO/tests/extension.py" opt/extensions/$name; done
lambda() { # VERB FLAG..
  "$FNRUN" "$1" / --protocol lambda --mount "$REPO/tests:/mnt:ro" --mount "$PWD/opt:/opt:ro" --workdir / "${@:2}" \
    -- /usr/bin/python3 -S -E /mnt/runtime.py
}

t 'each is started, gets INVOKE with the trace, and SHUTDOWN'
id=$(lambda start -q)
expect_exit 0 "$FNRUN" invoke "$id" -e '{"a":1}'
"$FNRUN" logs "$id" -f >log &
follower=$!
"$FNRUN" stop -q "$id"
wait $follower
for name in one two; do
  for line in "$name is there, handler None" "$name INVOKE X-Amzn-Trace-Id None" "$name SHUTDOWN None spindown"; do
    grep -q "^$line$" log || die "'$line' is not in the log: $(cat log)"
  done
done

t 'a call alone tells them of the end, too'
expect_exit 0 lambda invoke -e '{"do":"sleep","seconds":1}' # they have printed by then what they were told
expect_stderr_has 'one is there' 'two INVOKE'

t 'one that ends ends the instance'
expect_exit 22 lambda invoke -e '{}' --env EXTENSION=early --json
expect_same early "$(json '"\(.outcome.status) \(.outcome.error_type)"')" 'init_error Extension.Crash'
expect_exit 25 lambda invoke -e '{"do":"sleep","seconds":2}' --env EXTENSION=late --json
[[ $(json .outcome.message) =~ ^extension\ .(one|two).\ ended:\ exit\ status\ 5$ ]] || die "late: $(cat out)"

t 'one that cannot be executed'
printf 'no program\n' >opt/extensions/three
expect_exit 22 lambda invoke -e '{}' --json
expect_same three "$(json .outcome.error_type)" Extension.Crash
"$FNRUN" stop -q --all --grace 0s >/dev/null 2>&1 || true
