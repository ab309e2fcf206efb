#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A recipe that does less than it seems to say is refused or noted, and builds see no files that they made themselves.
. "$(dirname "$0")/../lib.sh"
mkdir -p src/node_modules/a src/lib/node_modules src/docs src/bin
echo 1 >src/node_modules/a/i.js && echo 2 >src/lib/node_modules/j.js && echo 3 >src/docs/node && echo 4 >src/i.js
printf '#!/bin/sh\n' >src/bin/run && chmod 755 src/bin/run
build() { "$FN" build -t s:1 "$@" 2>err >/dev/null; }
files() { build "$@" && "$FN" files -q s:1 | paste -sd' '; }
noted() { # TEXT FLAG..
  local text=$1
  shift
  build "$@" || die "it does not build: $(cat err)"
  expect_stderr_has "$text"
}
layer=(--layer a=src)

t 'patterns as in .gitignore: a slash at the end, or in front'
expect_same files "$(files "${layer[@]}" --exclude node_modules/ --exclude ./bin)" 'docs docs/node i.js lib'
expect_same files "$(files "${layer[@]}" --exclude /node_modules --exclude docs/ --exclude bin/)" \
  'i.js lib lib/node_modules lib/node_modules/j.js'
expect_same files "$(files "${layer[@]}" --include lib//node_modules/./ --include 'b[^x]n')" \
  'bin bin/run lib lib/node_modules lib/node_modules/j.js'
expect_same said "$(cat err)" ''

t 'a pattern that cannot match'
for pattern in '[abc' 'x[' '[z-a]' '../x' 'a/../b' '/' './' '' "a\\" '!lib'; do
  expect_exit 2 "$FN" build -t s:1 "${layer[@]}" --exclude "$pattern"
  expect_stderr_has "pattern '" 'hint: '
done
printf '[[layer]]\nname = "a"\nfrom = "src"\n[[layer.rule]]\nmatch = "[abc"\nmode = "0700"\n' >f.toml
expect_exit 2 "$FN" build -t s:1 -f f.toml
printf '[[layer]]\nname = "a"\nfrom = "src"\n[[layer.rule]]\nmatch = "abc"\n' >f.toml
expect_exit 2 "$FN" build -t s:1 -f f.toml
expect_stderr_has "line 4: a rule needs 'mode' or 'owner'"
for flag in '--exclude=x' '--owner=1' '--times=keep'; do
  expect_exit 2 "$FN" build -t s:1 --from low:1 "$flag"
  expect_stderr_has 'there is none'
done

t 'a pattern, a rule or a deletion that matches nothing'
noted "include 'src/lib' matches nothing" "${layer[@]}" --include src/lib --include docs
noted "exclude '*.pyc' matches nothing" "${layer[@]}" --exclude '*.pyc'
noted "exclude 'node/' matches nothing" "${layer[@]}" --exclude node/
noted "layer 'a' has no files" "${layer[@]}" --include none
printf '[[layer]]\nname = "a"\nfrom = "src"\n[[layer.rule]]\nmatch = "sbin/*"\nmode = "0700"\n' >f.toml
noted "rule 'sbin/*' matches nothing" -f f.toml
mkdir other && echo >other/x.pyc
build "${layer[@]}" --layer b=other --exclude '*.pyc' --exclude '*.js'
expect_same 'what one of the layers has' "$(cat err)" "fnimg: note: layer 'b' has no files"
"$FN" build -q -t low:1 "${layer[@]}" >/dev/null
for path in nothing bin/run/x '*.js'; do
  noted "deletes '$path', which no layer below has" --from low:1 --layer b=other --remove "b=$path"
done
build --from low:1 --layer b=other --remove b=bin --remove b=lib/node_modules
expect_same said "$(cat err)" ''

t 'the state is no part of an image'
mkdir -p p/sub && echo code >p/c && ln -s "$WORK/p" link
for home in p/.fn p/sub/state "$WORK/link/st"; do
  for source in p link ./p/; do
    expect_exit 0 "$FN" --home "$home" build -t s:1 --layer code=$source
    expect_stderr_has 'is the state of this build: left out'
    cp out first
    expect_same files "$("$FN" --home "$home" files -q s:1 | paste -sd' ')" 'c sub'
  done
  rm -r "$home"
done
expect_exit 2 "$FN" build -t s:1 --layer "code=$FN_HOME"
expect_stderr_has 'is the state itself'

t 'values that no runtime takes'
for flag in --port=http --port=0 --port=65536 --port=99999/xyz --port=80/ --port=80-90 --stop-signal=SIGFOO \
  --stop-signal=0 --stop-signal=SIGRTMIN+99 --stop-signal= --workdir=srv --volume=data --user=a:b:c '--user=a b' \
  --user=9999999999 --user=: --entrypoint=; do
  expect_exit 2 "$FN" build -t s:1 "${layer[@]}" "$flag"
done
for flag in --port=1/sctp --port=65535 --stop-signal=TERM --stop-signal=9 --stop-signal=SIGRTMIN+3 --workdir=/ \
  --user= --user=www-data:33; do
  build "${layer[@]}" "$flag"
done
expect_exit 2 "$FN" build -t s:1 "${layer[@]}" --stop-signal SIGTREM
expect_stderr_has "did you mean 'SIGTERM'?"
printf '[config]\nenv = { "A=B" = "c" }\n[[layer]]\nname = "a"\nfrom = "src"\n' >f.toml
expect_exit 2 "$FN" build -t s:1 -f f.toml

t 'another platform than that of the base or of a source'
"$FN" build -q -t arm:1 "${layer[@]}" --platform linux/arm64 >/dev/null
noted "for linux/amd64, but its base 'arm:1' is for linux/arm64" --from arm:1 --platform linux/amd64
noted "for linux/riscv64, but a source" --layer x=image:arm:1 --platform linux/riscv64
"$FN" build -q -t v7:1 "${layer[@]}" --platform linux/arm/v7 >/dev/null
noted "its base 'v7:1' is for linux/arm/v7" --from v7:1 --platform linux/arm/v6
build --from arm:1 --platform linux/arm64/v8 --layer b=other
expect_same said "$(cat err)" ''

t 'an entrypoint that no layer has'
noted "no layer has the entrypoint '/bin/rum'" "${layer[@]}" --entrypoint /bin/rum
noted "no layer has the entrypoint 'rum'" "${layer[@]}" --entrypoint rum
noted "no layer has the entrypoint './run'" "${layer[@]}" --entrypoint ./run --workdir /docs
for entrypoint in /bin/run run ./run bin/../bin/run; do
  workdir=/bin
  [ "$entrypoint" != bin/../bin/run ] || workdir=/
  build --from low:1 --layer b=other --entrypoint $entrypoint --workdir $workdir
  expect_same said "$(cat err)" ''
done

noted "no layer has the entrypoint '/docs'" "${layer[@]}" --entrypoint /docs # a directory
t 'where it would be is said of the layer that has a program of that name'
mkdir -p system/run code && printf '#!/bin/sh\n' >code/run && chmod 755 code/run
build --layer runtime=system --layer code=code --entrypoint /srv/run
expect_stderr_has "no layer has the entrypoint '/srv/run'; '--into code=/srv' would put 'run' there"
rm code/run && build --layer runtime=system --layer code=code --entrypoint /srv/run
! grep -q 'would put' err || die "a directory is not executed: $(cat err)"

t 'an upper layer that closes directories'
mkdir -p root/tmp root/var/tmp root/etc up/tmp up/var/tmp up/etc && chmod 1777 root/tmp root/var/tmp && chmod 700 up/etc
"$FN" build -q -t low:1 --layer root=root >/dev/null
noted "its 'tmp' has mode 0755, and 1777 below" --from low:1 --layer up=up
expect_stderr_has "its 'var/tmp' has mode 0755" "its 'etc' has mode 0700, and 0755 below"
chmod 1777 up/tmp up/var/tmp && chmod 755 up/etc
build --from low:1 --layer up=up
expect_same said "$(cat err)" ''
