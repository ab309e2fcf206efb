#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# fnrun serve --watch: code that was changed is what the next call runs, whoever changed it and however.
# shellcheck disable=SC2119 # end_server takes a signal, or none
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/serve_lib.sh"
. "$REPO/tests/sandbox.sh"
need jq jq
need curl curl
need busybox busybox-static

mkdir -p code/deep/er side
cp "$REPO/tests/runtime.py" code/
printf one >code/deep/er/word && printf 1 >side/number
runtime=(/ --watch --protocol lambda --mount ./code:/mnt --mount ./side/number:/etc/hostname --workdir /)
program=(-- /usr/bin/python3 -S -E /mnt/runtime.py)
instance_of() { # of a call
  expect_status 200 "${1:-{\}}" >&2
  json .instance <body
}
new_instance() { # whether this call has another one than the call before
  local before=$instance
  instance=$(instance_of)
  [ "$instance" != "$before" ]
}
is_new() { new_instance || die "the same instance after: $*"; }
is_kept() { ! new_instance || die "another instance after: $* ($(tail -n 3 server.err))"; }
changes() { grep -c '^changed: ' server.err || true; }
alone() { [ "$(living)" = "$1" ]; }

t 'a file that is written, renamed over another, touched or removed; a directory that is new, moved or made again'
serve "${runtime[@]}" "${program[@]}"
instance=$(instance_of)
is_kept nothing
echo '# more' >>code/runtime.py && is_new 'a write'
is_kept nothing
printf two >word && mv word code/deep/er/word && is_new 'a rename'
chmod +x code/runtime.py && is_new 'a mode'
mkdir -p code/new/sub && is_new 'a directory' && echo x >code/new/sub/file && is_new 'a file in it'
mv code/new code/moved && is_new 'a move' && echo y >code/moved/sub/file && is_new 'a file in what was moved'
mv code/moved away && is_new 'a move out' && echo z >away/sub/file && is_kept 'a file outside'
rm -r code/deep && is_new 'a removal' && mkdir -p code/deep/er && echo 3 >code/deep/er/word && is_new 'a new one'
printf 2 >number && mv number side/number && is_new 'a file that is mounted itself'
echo >side/other && is_kept 'its neighbour'
mkdir -p code/.git code/__pycache__ && echo >code/.git/index && is_kept 'what is no code'

t 'a burst of changes is one line, and what is idle ends without a call'
eventually alone 1
sleep 0.3
before=$(changes)
for n in $(seq 50); do echo "$n" >code/burst; done
eventually alone 0
expect_same lines "$(($(changes) - before))" 1
grep -q "^changed: '$PWD/code/burst'; the next call has a new instance$" server.err || die "$(grep changed server.err)"

t 'a call in progress is finished by the code that began it'
instance=$(instance_of)
instance_of '{"do":"sleep","seconds":1}' >slow &
sleep 0.4
echo >code/during
instance=$(TO=$URL instance_of)
wait $!
[ "$(cat slow)" != "$instance" ] || die 'the old instance took another call'
is_kept 'the call'
eventually alone 1
end_server

t 'a directory that is served; half a change is one, too, and a burst while calls go on breaks none'
mkdir -p root/bin && cp "$(command -v busybox)" root/bin/
printf '#!/bin/busybox sh\necho "\\"$(/bin/busybox cat /word)\\""\n' >root/bin/say && chmod 755 root/bin/say
echo a >root/word
serve ./root --watch -- /bin/say
for word in a b c d e f; do
  echo "$word" >root/word.new && mv root/word.new root/word
  expect_status 200 '{}'
  expect_same word "$(cat body)" "\"$word\""
done
end_server

t 'an image whose tag moves, and a function'
build() { printf '%s' "$1" >root/word && "$FN" build -q -t say:1 --layer root=root --entrypoint /bin/say >/dev/null; }
build first
"$FNRUN" function set -q say say:1 >/dev/null
for target in say:1 say; do
  build first
  serve "$target" --watch
  expect_status 200 '{}'
  build "second of $target"
  expect_status 200 '{}'
  expect_same "$target" "$(cat body)" "\"second of $target\""
  expect_same line "$(grep changed: server.err)" "changed: '$target'; the next call has a new instance"
  end_server
done

t 'a tree with more directories than may be watched: a warning, and the rest is watched'
mkdir -p many/{1..30}
limited() {
  unshare --user --map-root-user sh -c 'echo 20 >/proc/sys/user/max_inotify_watches && exec "$@"' sh \
    "$FNRUN" serve ./root --watch --mount ./many:/mnt --listen :0 --for 300ms -- /bin/say 2>server.err >out
}
if unshare --user --map-root-user test -w /proc/sys/user/max_inotify_watches 2>/dev/null && limited; then
  grep -q '^warning: only 20 directories are watched' server.err || die "no warning: $(cat server.err)"
fi
expect_nothing_left
