#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../lib.sh"
need jq jq

mkdir -p runtime/lib code
publish() { # VERSION
  echo "$1" >runtime/lib/version
  "$FN" channel publish -q python3 runtime --version "$1" >/dev/null
}
build() { # REF
  "$FN" build -q -t "$1" --layer runtime=runtime --layer code=code --follow runtime=python3 --env A=1
}
echo app >code/app
publish 1.0
old=$(build app:1)
inodes() { find "$FN_HOME/blobs" -type f -printf '%f %i\n' | sort; }

t 'what is current is not outdated'
expect_exit 0 "$FN" outdated --exit-code
expect_stdout 'every layer is what its channel has'
expect_exit 0 "$FN" update app:1
expect_stdout_has 'app:1 stays as it is' 'python3 1.0 is current'

t 'a new version: who is behind, by how much, and which functions use it'
"$FNRUN" function set -q greet app:1 >/dev/null
publish 1.1
publish 1.2
expect_exit 1 "$FN" outdated --exit-code --json
expect_same outdated "$(json '.layers[0] | [.reference, .layer, .has, .gets, .behind, .functions[]] | join(" ")')" \
  'app:1 runtime 1.0 1.2 2 greet'

t 'a dry run says what changes, and changes nothing'
inodes >before
expect_exit 0 "$FN" update app:1 -n
expect_stdout_has 'python3 1.0 -> 1.2' '~ version' 'to fetch:' 'functions that get it: greet' 'rollback app:1'
expect_exit 0 "$FN" update app:1 -n --json
expect_same fetch "$(json '.images[0].diff.summary.layers_to_fetch')" 1
expect_same layers "$(json '[.images[0].diff.files[].path] | join(" ")')" lib/version
inodes | cmp - before
expect_same named "$("$FN" inspect -q app:1)" "$old"

t 'the new image is what a build would make, and no blob but documents is written'
expect_exit 0 "$FN" update app:1
expect_stdout_has 'functions that get it: greet'
expect_same digest "$("$FN" inspect -q app:1)" "$(build built:1)"
inodes | comm -13 - before >gone
[ ! -s gone ] || die 'a blob was written anew'
expect_same version "$("$FN" cat app:1 lib/version)" 1.2
new=$("$FN" inspect -q app:1)

t 'no layer is read for it: their blobs may be anything of their size'
publish 1.3
layer=$("$FN" inspect --json app:1 | jq -r '.layers[1].digest[7:]')
mv "$FN_HOME/blobs/sha256/$layer" kept
head -c "$(stat -c %s kept)" /dev/zero >"$FN_HOME/blobs/sha256/$layer"
expect_exit 0 "$FN" update app:1
mv kept "$FN_HOME/blobs/sha256/$layer"
expect_exit 0 "$FN" fsck --read-data

t 'the image before stays: by its digest, and as what rollback leads to'
expect_same version "$("$FN" cat "app@$new" lib/version)" 1.2
expect_exit 0 "$FN" gc
expect_exit 0 "$FN" rollback app:1 -n
expect_stdout_has 'would go back' 'python3 1.3 -> 1.2'
expect_exit 0 "$FN" rollback app:1
expect_same back "$("$FN" inspect -q app:1)" "$new"
expect_exit 0 "$FN" rollback app:1
expect_same first "$("$FN" inspect -q app:1)" "$old"
expect_exit 4 "$FN" rollback app:1
expect_stderr_has "no update led to what 'app:1' names"

t 'the journal has all of it, and each state in it can be gone back to'
expect_exit 0 "$FN" history app:1 --updates --json
expect_same kinds "$(json '[.updates[] | .kind + ":" + .layers[0].to] | join(" ")')" \
  'update:1.2 update:1.3 rollback:1.2 rollback:1.0'
expect_exit 0 "$FN" rollback app:1 --to "$(json '.updates[1].id')"
expect_same second "$("$FN" inspect -q app:1)" "$new"
expect_exit 4 "$FN" rollback app:1 --to 99

t 'what was rolled back from is skipped by --all until something newer comes, or it is named'
expect_exit 0 "$FN" rollback app:1 --to 1
expect_exit 0 "$FN" update app:1 --channel python3@1.3
expect_exit 0 "$FN" rollback app:1
expect_exit 0 "$FN" update --all
expect_stdout_has 'the newest was rolled back from'
publish 1.4
expect_exit 0 "$FN" update --all
expect_stdout_has 'python3 1.0 -> 1.4'

t 'below the highest version only if it is permitted'
expect_exit 2 "$FN" update app:1 --channel python3@1.1
expect_stderr_has "'app:1' had a newer version of 'python3' than '1.1'"
expect_exit 0 "$FN" update app:1 --channel python3@1.1 --allow-rollback

t 'held channels give nothing, pinned ones their version'
expect_exit 0 "$FN" channel hold python3
expect_exit 0 "$FN" update app:1
expect_stdout_has 'stays: the channel is held'
expect_exit 0 "$FN" channel hold python3 --off
expect_exit 0 "$FN" channel pin python3 1.2
expect_exit 0 "$FN" update app:1 --allow-rollback
expect_same version "$("$FN" cat app:1 lib/version)" 1.2
expect_exit 0 "$FN" channel pin python3 --off

t 'under a new name the old one stays; a layer from anywhere, with a dry run that leaves no trace'
before=$("$FN" inspect -q app:1)
echo mine >runtime/lib/version
inodes >before
expect_exit 0 "$FN" update app:1 -t app:2 --layer runtime=runtime -n
expect_stdout_has '~ version'
inodes | cmp - before
expect_exit 0 "$FN" update app:1 --layer runtime=image:built:1#code -n
expect_stdout_has '- lib/'
expect_exit 0 "$FN" update app:1 -t app:2 --layer runtime=runtime
expect_same version "$("$FN" cat app:2 lib/version)" mine
expect_same stays "$("$FN" inspect -q app:1)" "$before"
expect_exit 0 "$FN" rollback app:2
expect_same back "$("$FN" inspect -q app:2)" "$before"

t 'the last five images stay, and those that a function has by its digest'
"$FNRUN" function set -q pinned "app@$before" >/dev/null
for n in 1 2 3 4 5 6 7; do
  publish "2.$n"
  "$FN" update -q app:1 >/dev/null
done
expect_same kept "$("$FN" history app:1 --updates --json | jq '[.updates[-7:][] | select(.before_kept)] | length')" 6
expect_exit 0 "$FN" gc
expect_exit 0 "$FN" inspect -q "app@$before"
expect_exit 0 "$FN" fsck

t 'one that is refused stops no other'
"$FN" build -q -t arm:1 --platform linux/arm64 --layer runtime=code --follow runtime=python3 >/dev/null
build later:1 >/dev/null
publish 3.0
expect_exit 8 "$FN" update --all
expect_stdout_has 'arm:1: refused: the image is for linux/arm64' 'later:1 updated'
expect_exit 0 "$FN" rm arm:1

t 'bad input changes nothing'
expect_exit 2 "$FN" update
expect_exit 2 "$FN" update app:1 --all
expect_exit 4 "$FN" update nope:1
expect_exit 4 "$FN" update built:1 --channel python4
expect_exit 4 "$FN" update app:1 --channel pyhton3
expect_exit 4 "$FN" update app:1 --channel python3@9
expect_exit 4 "$FN" update app:1 --layer runtme=runtime
expect_stderr_has "did you mean 'runtime'?"
expect_exit 2 "$FN" update "$("$FN" inspect -q built:1)"
mv "$FN_HOME/blobs/sha256/$("$FN" inspect --json channel:python3 | jq -r '.layers[0].digest[7:]')" kept
expect_exit 0 "$FN" build -q -t last:1 --layer runtime=code --follow runtime=python3
expect_exit 6 "$FN" update last:1
expect_stderr_has "version '3.0' of channel 'python3'" 'is missing or damaged'
