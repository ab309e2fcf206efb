#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# state.db and index.json each name images. What one of them has lost, the other brings back, and it is said once.
. "$(dirname "$0")/../lib.sh"
need jq jq

mkdir s t && echo hi >s/f && echo ho >t/g
"$FN" build -q -t a:1 --layer x=s >/dev/null
"$FN" build -q -t b:1 --layer x=s --label k=v >/dev/null
cp -a "$FN_HOME" good
restore() { rm -rf "$FN_HOME" && cp -a good "$FN_HOME"; }
images() { "$FN" ls -q 2>/dev/null | tr '\n' ' '; }
blobs() { find "$FN_HOME/blobs" -type f | wc -l; }
digest_of() { "$FN" inspect "$1" --json | jq -r .digest; }
whole() { # all 5 blobs of a:1 and b:1, which share their layer
  expect_exit 0 "$FN" gc -q
  expect_same blobs "$(blobs)" "${1:-5}"
  expect_exit 0 "$FN" fsck --read-data
}

t 'an image that another tool adds, with our annotations copied, stays'
theirs() { # NAME [MANAGED]: a copy of a:1's entry for another manifest
  "$PY" - "$FN_HOME" "$1" <<'PY'
import copy, hashlib, json, sys
home, name = sys.argv[1:]
index = json.load(open(home + '/index.json'))
base = next(m for m in index['manifests'] if m['annotations']['org.opencontainers.image.ref.name'] == 'a:1')
manifest = json.load(open(home + '/blobs/sha256/' + base['digest'][7:]))
manifest['annotations'] = {'by': name}
raw = json.dumps(manifest).encode()
digest = hashlib.sha256(raw).hexdigest()
open(home + '/blobs/sha256/' + digest, 'wb').write(raw)
new = copy.deepcopy(base)
new.update(digest='sha256:' + digest, size=len(raw))
new['annotations']['org.opencontainers.image.ref.name'] = name
index['manifests'].append(new)
json.dump(index, open(home + '/index.json', 'w'))
PY
}
for name in theirs v1 their/app:2; do
  restore
  theirs "$name"
  "$FN" build -q -t c:1 --layer x=s >/dev/null 2>err
  jq -e --arg n "$name" '[.manifests[].annotations["org.opencontainers.image.ref.name"]] | index($n)' \
    "$FN_HOME/index.json" >/dev/null || die "the entry '$name' is gone"
  whole 6
done
expect_same 'a whole name is taken over' "$(images)" 'a:1 b:1 c:1 their/app:2 '

t 'one that takes a name of ours does not push it out, and is not pushed out'
restore
theirs a:1
expect_exit 1 "$FN" fsck
expect_stdout_has "index.json: names another image 'a:1' than state.db"
expect_exit 0 "$FN" tag b:1 c:1
expect_stderr_has "is kept as 'a:1-"
[[ $(images) == 'a:1 a:1-'*' b:1 c:1 ' ]] || die "$(images)"
expect_exit 0 "$FN" tag b:1 d:1
expect_same 'said once' "$(cat err)" ''
whole 6

t 'a damaged state.db: what the message advises brings all images back'
for damage in 'truncate -s 100' 'truncate -s 5000' 'cp index.json' 'sed -i s/image/imoge/g'; do
  restore
  (cd "$FN_HOME" && $damage state.db)
  if "$FN" ls -q >/dev/null 2>err && "$FN" fsck >/dev/null 2>&1; then die "not seen: $damage"; fi
  grep -q 'corrupt' err && expect_stderr_has 'move the file away'
  mv "$FN_HOME/state.db" bad
  expect_exit 0 "$FN" ls
  expect_stderr_has "state.db was missing and is made again from index.json" "'a:1', 'b:1'"
  expect_exit 0 "$FN" ls
  expect_same 'said once' "$(cat err)" ''
  expect_same images "$(images)" 'a:1 b:1 '
  whole
done

t 'a state.db that is gone, or empty: the first command, whichever, takes the images over'
mkdir base && echo b >base/b
for command in "gc" "files a:1" "tag b:1 a:2" "build -t n:1 --layer x=t" "rm b:1" "fsck"; do
  for damage in 'rm -f' 'truncate -s 0'; do
    restore
    $damage "$FN_HOME/state.db"
    # shellcheck disable=SC2086
    "$FN" $command >out 2>err || [ "$command" = fsck ] || die "$command: $(cat err)"
    cat out >>err
    expect_stderr_has 'state.db was missing' "'a:1', 'b:1'"
    [[ $(images) == 'a:1 '* ]] || die "$command: $(images)"
  done
done
restore
rm "$FN_HOME/state.db"
expect_exit 125 "$FNRUN" run c:1
expect_stderr_has 'state.db was missing'

t 'index.json is gone, cut short, emptied, of before: state.db brings it back, and the damaged file is kept'
for damage in 'rm' 'truncate -s 0' 'truncate -s 300' 'sed -i s/schema/skema/' 'sed -i s/:/;/'; do
  restore
  $damage "$FN_HOME/index.json"
  expect_exit 1 "$FN" fsck
  expect_stdout_has index.json
  expect_exit 0 "$FN" tag a:1 c:1
  expect_stderr_has 'index.json was'
  [ "$damage" = rm ] || ls "$FN_HOME"/index.json.damaged-* >/dev/null
  jq -e '.manifests | length == 3' "$FN_HOME/index.json" >/dev/null
  whole
done

t 'an index.json that was tampered with is reported, and by the next writer put right aloud'
for edit in '.manifests = []' 'del(.manifests[1])' '.manifests[0].size = 5' \
  '.manifests[0].annotations["org.opencontainers.image.ref.name"] = "evil:1"' '.manifests[0].mediaType = "x/y"' \
  '.manifests[0].annotations = {}' '.manifests[1].digest = .manifests[0].digest' \
  '.manifests[1].platform = {"os": "plan9", "architecture": "vax"}'; do
  restore
  jq "$edit" good/index.json >"$FN_HOME/index.json"
  cp "$FN_HOME/index.json" tampered
  expect_exit 1 "$FN" fsck
  expect_stdout_has 'index.json: '
  cmp tampered "$FN_HOME/index.json" || die "fsck changed it: $edit"
  expect_exit 0 "$FN" gc
  expect_stderr_has 'index.json'
  [[ $(images) == 'a:1 '*'b:1 '* ]] || die "$edit: $(images)"
  expect_exit 0 "$FN" fsck
done

t 'both are gone: the images are named by their digests, and gc frees nothing'
restore
a=$(digest_of a:1)
rm "$FN_HOME/state.db" "$FN_HOME/index.json"
expect_exit 0 "$FN" gc
expect_stderr_has 'made again from the blobs'
expect_same digest "$(digest_of "recovered:${a:7:12}")" "$a"
whole

t 'what we took away ourselves stays away'
restore
"$FN" rm -q a:1 >/dev/null
"$FN" build -q -t b:1 --layer x=t >/dev/null 2>err
expect_same notes "$(cat err)" ''
expect_same images "$(images)" 'b:1 '
whole 3
