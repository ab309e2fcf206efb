#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../lib.sh"
need jq jq

bytes() { head -c "$1" /dev/zero | tr '\0' "${2:-x}"; } # N [CHARACTER]
build() { "$FN" build -q "$@" >made; }
size() { "$FN" size "$@" --json | jq -r "$filter"; }

mkdir -p base/usr/bin base/usr/lib/deep base/etc app/etc app/srv
bytes 1000 a >base/usr/bin/tool && ln base/usr/bin/tool base/usr/bin/alias && ln -s usr/bin base/bin
bytes 300 b >base/usr/lib/deep/data && bytes 70 c >base/etc/conf && bytes 30 d >base/etc/gone && : >base/etc/empty
bytes 50 e >app/etc/conf && bytes 300 b >app/srv/copy
build -t app:1 --layer base=base --layer app=app --remove app=etc/gone

t 'totals and layers, by hand: hard links are one file, whiteouts none'
expect_exit 0 "$FN" size app:1 --json
expect_same totals "$(json '"\(.bytes) \(.files)"')" '1650 6'
expect_same layers "$(json '[.layers[] | "\(.name) \(.bytes) \(.files) \(.wasted)"] | join(", ")')" \
  'base 1400 6 100, app 350 2 300'
expect_same compressed "$(json '.compressed == ([.layers[].compressed] | add)')" true
expect_same digest "$(json .digest)" "$("$FN" inspect -q app:1)"
expect_exit 0 "$FN" size app:1 -q
expect_stdout 1650

t 'directories: all that is below, as deep as was asked for, the largest first'
filter='[.directories[] | "\(.path) \(.bytes) \(.files)"] | join(", ")'
expect_same 'two levels' "$(size app:1)" 'usr 1300 2, usr/bin 1000 1, srv 300 1, usr/lib 300 1, etc 50 2'
expect_same 'one level' "$(size app:1 --depth 1)" 'usr 1300 2, srv 300 1, etc 50 2'
expect_same 'three levels' "$(size app:1 --depth 9 | tr , '\n' | grep -c deep)" 1

t 'what is wasted, by whom, the worst first; the layers have the sum of it'
expect_exit 0 "$FN" size app:1 --json
expect_same overwritten "$(json '.wasted.overwritten[] | "\(.path) \(.layer) \(.by) \(.bytes)"')" 'etc/conf base app 70'
expect_same deleted "$(json '.wasted.deleted[] | "\(.path) \(.layer) \(.by) \(.bytes)"')" 'etc/gone base app 30'
expect_same duplicates "$(json '.wasted.duplicates[] | "\(.bytes) \(.paths | join(" "))"')" \
  '300 usr/lib/deep/data srv/copy'
expect_same sum "$(json '"\(.wasted.bytes) \([.layers[].wasted] | add)"')" '400 400'
expect_exit 0 "$FN" size app:1
expect_stdout_has 'srv/copy = usr/lib/deep/data' 'overwritten by app'
grep -A1 '^WASTED' out | grep -q ' 300 B' || die 'the worst is not first'

t 'the text is cut, the document is not'
expect_exit 0 "$FN" size app:1 --by directory --top 2
expect_stdout_has '... and 3 more directories (--top 5)'
expect_same lines "$(sed '1,/DIRECTORY/d' out | wc -l)" 3
if grep -q -e LAYER -e WASTED out; then die 'a table that was not asked for'; fi
expect_exit 0 "$FN" size app:1 --top 1 --json
expect_same all "$(json '.directories | length')" 5
expect_exit 2 "$FN" size app:1 --by directry
expect_stderr_has "did you mean 'directory'?"
expect_exit 2 "$FN" size app:1 --depth 0

t 'waste through links, of hard links, of opaque directories, and in three layers'
mkdir -p one/usr/bin one/data && bytes 10 1 >one/usr/bin/a && ln -s usr/bin one/bin
bytes 20 2 >one/data/x && bytes 40 3 >one/data/first && ln one/data/first one/data/second
mkdir -p two/bin two/data && bytes 11 4 >two/bin/a && : >two/data/.wh..wh..opq && bytes 21 5 >two/data/x
tar -C two --owner=0 --group=0 -cf two.tar bin/a data # without bin, which is a link
mkdir -p three/usr/bin && bytes 12 6 >three/usr/bin/a
build -t links:1 --layer one=one --layer two=two.tar --layer three=three
filter='[.wasted.overwritten[], .wasted.deleted[] | "\(.path) \(.layer) \(.by) \(.bytes)"] | join(", ")'
expect_same lost "$(size links:1)" \
  'data/x one two 20, usr/bin/a two three 11, usr/bin/a one two 10, data/first one two 40'
mkdir -p more/data
build -t half:1 --layer one=one --layer more=more --remove more=data/first
expect_same 'one name is left' "$(size half:1)" ''

t 'packages of dpkg: by usr-merge, links counted once, what is left is no package'
mkdir -p deb/usr/bin deb/usr/share/doc/two deb/var/lib/dpkg/info deb/opt && ln -s usr/bin deb/bin
bytes 100 p >deb/usr/bin/one && ln deb/usr/bin/one deb/usr/bin/uno && bytes 200 q >deb/usr/bin/two &&
  bytes 7 s >deb/usr/bin/tiny && bytes 5 r >deb/opt/mine
printf '/.\n/bin\n/bin/one\n/bin/tiny\n/usr/bin/uno\n/usr/share\n' >deb/var/lib/dpkg/info/one.list
printf '/.\n/usr/bin/two\n/usr/share/doc/two/missing\n' >deb/var/lib/dpkg/info/two:amd64.list
printf 'Package: one\nStatus: install ok installed\nArchitecture: all\nVersion: 1.0-1\n\n'\
'Package: two\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2\n' >deb/var/lib/dpkg/status
database=$(cat deb/var/lib/dpkg/status deb/var/lib/dpkg/info/* | wc -c)
build -t deb:1 --layer deb=deb
expect_exit 0 "$FN" size deb:1 --json
expect_same packages \
  "$(json '[.packages[] | "\(.ecosystem) \(.name) \(.version) \(.architecture) \(.bytes) \(.files)"] | join(", ")')" \
  'dpkg two 2 amd64 200 1, dpkg one 1.0-1 all 107 3'
expect_same unowned "$(json '.unowned | "\(.bytes) \(.files)"')" "$((5 + database)) 4"
expect_exit 0 "$FN" size deb:1 --by package
grep -Eq '^ *200 B +1  two +2 +dpkg$' out
expect_stdout_has '(no package)'

t 'npm has what is below its root, but nothing of a nested node_modules; pip what it lists'
mkdir -p js/app/node_modules/{.bin,out/lib,out/node_modules/in} py/lib/python3/site-packages/{yaml,PyYAML-6.0.dist-info}
echo '{"name":"out","version":"1.0.0"}' >js/app/node_modules/out/package.json
echo '{"name":"in","version":"2.0.0"}' >js/app/node_modules/out/node_modules/in/package.json
bytes 70 j >js/app/node_modules/out/lib/code.js && bytes 9 k >js/app/node_modules/.bin/out &&
  bytes 8 l >js/app/node_modules/out/node_modules/in/x.js &&
  bytes 6 m >js/app/node_modules/out/node_modules/.package-lock.json
site=py/lib/python3/site-packages
printf 'Metadata-Version: 2.1\nName: PyYAML\nVersion: 6.0\n' >$site/PyYAML-6.0.dist-info/METADATA
bytes 33 y >$site/yaml/__init__.py && bytes 44 z >$site/yaml/stray
printf 'yaml/__init__.py,,\n../../../bin/none,,\n' >$site/PyYAML-6.0.dist-info/RECORD
build -t lang:1 --layer js=js --layer py=py
filter='[.packages[] | "\(.ecosystem) \(.name) \(.root) \(.bytes)"] | join(", ")'
npm="npm out app/node_modules/out $((33 + 70)), npm in app/node_modules/out/node_modules/in $((32 + 8))"
expect_same packages "$(size lang:1)" "$npm, pip PyYAML lib/python3/site-packages 33"
filter='.unowned.bytes'
expect_same unowned "$(size lang:1)" $((9 + 6 + 44 + $(cat $site/PyYAML*/* | wc -c)))

t 'a budget that holds, and one that is broken: exit 1, said last, a line a rule'
printf '[budget]\nmax_size = "1650B"\nmax_wasted = 400\nmax_files = 6\nmax_compressed = "1MB"\nmax_added = 1\n' \
  >budget.toml
expect_exit 0 "$FN" size app:1 --budget budget.toml --json
expect_same ok "$(json '"\(.budget.ok) \(.budget.broken | length)"')" 'true 0'
printf 'tag = "app:1"\n[budget]\nmax_size = 1649\nmax_wasted = "399"\nmax_files = 5\nmax_compressed = "0"\n' >fnimg.toml
expect_exit 1 "$FN" size app:1 --budget fnimg.toml
expect_same last "$(tail -n 4 out | cut -d: -f1,2)" \
  $'over budget: max_compressed\nover budget: max_size\nover budget: max_wasted\nover budget: max_files'
expect_exit 1 "$FN" size app:1 --budget fnimg.toml --json
expect_same rule "$(json '.budget | "\(.ok) \(.broken[1] | "\(.rule) \(.limit) \(.value)")"' || true)" \
  'false max_size 1649 1650'
expect_exit 0 "$FN" build -q -f fnimg.toml --layer a=app -t other:1

t 'a budget that cannot be read is no budget that holds'
printf '[budget]\nmax_sise = 1\n' >wrong.toml
expect_exit 2 "$FN" size app:1 --budget wrong.toml
expect_stderr_has "unknown key 'max_sise'" "did you mean 'max_size'?" 'line 2'
echo 'tag = "app:1"' >none.toml
expect_exit 2 "$FN" size app:1 --budget none.toml
expect_stderr_has '[budget]'
printf '[budget]\nmax_size = "much"\n' >wrong.toml
expect_exit 2 "$FN" size app:1 --budget wrong.toml
printf '[budget]\nmax_size = -1\n' >wrong.toml
expect_exit 2 "$FN" size app:1 --budget wrong.toml
expect_exit 4 "$FN" size app:1 --budget missing.toml
expect_exit 4 "$FN" size ap:1
expect_stderr_has "did you mean 'app:1'?"

t 'names with newlines, escapes and bytes that are no UTF-8'
mkdir -p odd/$'new\nline' again/$'new\nline'
bytes 10 o >odd/$'new\nline'/$'\e[31mred' && bytes 10 o >odd/$'bad\xff' && bytes 3 n >again/$'new\nline'/$'\e[31mred'
mkdir odd/$'dir\xff'
build -t odd:1 --layer odd=odd --layer again=again
expect_exit 0 "$FN" size odd:1
expect_stdout_has 'new\nline' '\x1b[31mred'
if grep -q $'\e' out; then die 'an escape sequence gets through'; fi
expect_exit 0 "$FN" size odd:1 --json
expect_same path "$(json '.wasted.overwritten[0].path')" $'new\nline/\e[31mred'
expect_same bytes "$(json '.directories[] | select(.path_b64) | .path_b64' | base64 -d)" $'dir\xff'

t 'an image that was imported, whose index is not there yet, also in a store that is read only'
"$FN" export -q app:1 -o app.tar >made
FN_HOME=$WORK/elsewhere "$FN" import -q app.tar -t app:1 >made
FN_HOME=$WORK/elsewhere "$FN" gc -q --reindex
"$FN" size app:1 >here
if [ "$(id -u)" = 0 ]; then
  chmod 711 "$WORK" && chmod -R a+rX elsewhere
  as_user "$FN" size app:1 --home "$WORK/elsewhere" >there
  cmp here there
fi
FN_HOME=$WORK/elsewhere "$FN" size app:1 >there
cmp here there
blob=$FN_HOME/blobs/sha256/$("$FN" inspect app:1 --json | jq -r '.layers[0].digest[7:]')
rm "$WORK/elsewhere/blobs/sha256/${blob##*/}"
FN_HOME=$WORK/elsewhere expect_exit 0 "$FN" size app:1 -q
