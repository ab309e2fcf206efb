#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../lib.sh"
need jq jq

mkdir code && echo 1 >code/c
one=$("$FN" build -q -t app:v1 --layer code=code)
echo 2 >code/c
two=$("$FN" build -q -t app:v2 --layer code=code)

t 'no functions yet'
expect_exit 0 "$FNRUN" function ls
expect_stdout ''
expect_exit 0 "$FNRUN" function ls --json
expect_same functions "$(json '.functions | length')" 0
expect_exit 4 "$FNRUN" function show greet
expect_stderr_has "function 'greet' not found"
FN_HOME=$WORK/nowhere expect_exit 0 "$FNRUN" function ls
[ ! -e nowhere ] || die 'ls made a state'

t 'a new function needs its image, and the image must be there'
expect_exit 4 "$FNRUN" function set greet --memory 64MiB
expect_stderr_has "function 'greet' not found" 'fnrun function set NAME REF'
expect_exit 4 "$FNRUN" function set greet ap:v1
expect_stderr_has "image 'ap:v1' not found" "did you mean 'app:v1'?"
expect_exit 2 "$FNRUN" function set greet ''
expect_exit 0 "$FNRUN" function ls -q
expect_stdout ''

t 'a dry run makes nothing'
expect_exit 0 "$FNRUN" function set -n greet app:v1
expect_stdout 'greet would be made: app:v1'
expect_exit 0 "$FNRUN" function ls -q
expect_stdout ''

t 'a new function has what the manual says'
expect_exit 0 "$FNRUN" function set greet app:v1
expect_stdout 'greet made: app:v1'
expect_exit 0 "$FNRUN" function show greet --json
expect_same settings "$(json 'del(.created, .updated, .digest) | tojson')" \
  '{"schema":"fnrun.function.show/1","name":"greet","image":"app:v1","memory":536870912,'\
'"timeout_ms":30000,"cpus":null,"pids":1024,"net":"loopback","protocol":"auto","handler":null,"command":[],'\
'"keep_alive_ms":300000,"concurrency":null,"env":{},"entrypoint":null,"mounts":[],"user":null,"workdir":null,'\
'"writable":false,"freeze":false,"init_timeout_ms":10000,"tmp_size":67108864,"seccomp":"default","require":null,'\
'"publish":[]}'
expect_same digest "$(json .digest)" "$one"

t 'every setting is kept and shown'
expect_exit 0 "$FNRUN" function set -q busy app:v2 --memory 64M --timeout 1500ms --cpus 0.5 --pids 20 \
  --net none --protocol lambda --handler app.handler --keep-alive 1h --concurrency 7 \
  --env A=1 --env B=x=y --env EMPTY= --command /bin/sh --command=-c --command 'echo hello'
expect_stdout busy
expect_exit 0 "$FNRUN" function show busy --json
expect_same settings "$(json 'del(.created, .updated, .digest, .schema, .entrypoint, .mounts, .user, .workdir,
  .writable, .freeze, .init_timeout_ms, .tmp_size, .seccomp, .require, .publish) | tojson')" \
  '{"name":"busy","image":"app:v2","memory":67108864,"timeout_ms":1500,"cpus":0.5,"pids":20,'\
'"net":"none","protocol":"lambda","handler":"app.handler","command":["/bin/sh","-c","echo hello"],'\
'"keep_alive_ms":3600000,"concurrency":7,"env":{"A":"1","B":"x=y","EMPTY":""}}'
expect_exit 0 "$FNRUN" function show busy
for line in 'memory 64MiB' 'timeout 1500ms' 'cpus 0.5' 'keep-alive 1h' 'env B x=y' "digest $two"; do
  tr -s ' ' <out | grep -qx "$line" || die "show doesn't have: $line"
done

t 'a change touches only what is given'
"$FNRUN" function show busy --json | jq -S 'del(.updated)' >before
expect_exit 0 "$FNRUN" function set busy --memory 1GiB --unset-env A --unset-env NONE --env C=3
expect_stdout $'busy changed: app:v2\n  memory: 64MiB -> 1GiB\n  env A: 1 -> unset\n  env C: unset -> 3'
"$FNRUN" function show busy --json | jq -S 'del(.updated)' >after
expect_same 'the rest' "$(jq -c 'del(.memory, .env)' after)" "$(jq -c 'del(.memory, .env)' before)"
expect_same env "$(jq -c .env after)" '{"B":"x=y","C":"3","EMPTY":""}'
expect_exit 0 "$FNRUN" function set busy --json --memory 1GiB
expect_same change "$(json '"\(.change) \(.changes | length) \(.function.memory)"')" 'unchanged 0 1073741824'
expect_exit 0 "$FNRUN" function set busy --command= --handler= --cpus 0 --pids 0 --concurrency 0
expect_exit 0 "$FNRUN" function show busy --json
expect_same 'taken away' "$(json '[.command, .handler, .cpus, .pids, .concurrency] | tojson')" \
  '[[],null,null,null,null]'

t 'a tag is followed, a digest stays'
"$FN" tag -q app:v1 app:live >/dev/null
"$FNRUN" function set -q tagged app:live >/dev/null
"$FNRUN" function set -q pinned "${one:7:12}" >/dev/null
"$FNRUN" function set -q named "app@$one" >/dev/null
"$FN" tag -q app:v2 app:live >/dev/null
expect_same tagged "$("$FNRUN" function show -q tagged)" "$two"
for name in pinned named; do
  expect_same "$name" "$("$FNRUN" function show -q $name)" "$one"
  expect_same "$name" "$("$FNRUN" function show --json $name | jq -r .image)" "app@$one"
done

t 'an image that is gone'
"$FN" tag -q app:v1 spare:v1 >/dev/null
"$FNRUN" function set -q spare spare:v1 >/dev/null
"$FN" rm -q spare:v1
expect_exit 0 "$FNRUN" function show spare
expect_stdout_has 'no longer in the state'
expect_exit 0 "$FNRUN" function ls
expect_stdout_has gone
expect_exit 0 "$FNRUN" function ls --json
expect_same 'the digest' "$(json '[.functions[] | select(.digest == null) | .name] | tojson')" '["spare"]'
expect_exit 0 "$FNRUN" function set spare --memory 1GiB

t 'what can not be'
for name in Greet -greet a/b ''; do expect_exit 2 "$FNRUN" function set -- "$name" app:v1; done
expect_stderr_has 'is not a valid function name'
expect_exit 2 "$FNRUN" function set greet --memory 512
expect_stderr_has '512 bytes of memory are not enough' '512MiB'
expect_exit 2 "$FNRUN" function set greet --timeout soon
expect_exit 2 "$FNRUN" function set greet --cpus half
expect_exit 2 "$FNRUN" function set greet --cpus 0.0001
expect_exit 2 "$FNRUN" function set greet --env =1
expect_exit 2 "$FNRUN" function set greet --net bridge
expect_stderr_has 'none, loopback, host'
expect_exit 2 "$FNRUN" function set greet --pids 18446744073709551615
expect_exit 4 "$FNRUN" function set gret --memory 1GiB
expect_stderr_has "did you mean 'greet'?"

t 'removed all or none'
expect_exit 4 "$FNRUN" function rm greet nothing
expect_exit 0 "$FNRUN" function rm -n greet
expect_exit 0 "$FNRUN" function show greet
expect_exit 0 "$FNRUN" function rm greet pinned greet
expect_stdout $'removed greet (app:v1)\nremoved pinned (app@'"$one)"
expect_exit 0 "$FNRUN" function ls -q
expect_stdout $'busy\nnamed\nspare\ntagged'
expect_exit 0 "$FN" inspect app:v1

t '16 changes at once, and none is lost'
pids=()
for n in $(seq 16); do
  "$FNRUN" function set -q busy --env "N$n=$n" >/dev/null &
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid"; done
expect_same changes "$("$FNRUN" function show busy --json | jq '[.env | keys[] | select(startswith("N"))] | length')" 16
