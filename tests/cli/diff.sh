#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../lib.sh"
need jq jq

mkdir -p in/bin in/etc in/usr/lib
printf '#!/bin/sh\necho one\n' >in/bin/tool && chmod 755 in/bin/tool
printf 'a\nb\nc\n' >in/etc/list
echo same >in/etc/same
echo gone >in/etc/gone
ln -s tool in/bin/alias
build() { "$FN" build -q -t "$@" >made; }
build old:1 --layer code=in --env MODE=old
cp -a in new
printf 'a\nB\nc\nd\n' >new/etc/list
rm new/etc/gone && mkdir new/etc/gone && echo x >new/etc/gone/file
rm new/bin/alias && ln -s /bin/tool new/bin/alias
chmod 4755 new/bin/tool
head -c 3000 /dev/zero >new/usr/lib/big
build new:1 --layer code=new --env MODE=new

t 'the planted changes, all of them and no others'
expect_exit 0 "$FN" diff old:1 new:1 --json
expect_same files "$(json '[.files[] | "\(.change) \(.path) \(.what | join("+"))"] | join("; ")')" \
  'modified bin/alias link; modified bin/tool mode; type etc/gone type+mode; added etc/gone/file ; '\
'modified etc/list content; added usr/lib/big '
expect_same config "$(json '[.config[] | "\(.what) \(.name) \(.before) \(.after)"] | join("; ")')" 'env MODE old new'
expect_same layers "$(json '[.layers[] | "\(.name) \(.change)"] | join(" ")')" 'code modified'
expect_same equal "$(json '.equal | tostring')" false
expect_same sums \
  "$(json '.summary | "\(.files_added) \(.files_removed) \(.files_modified) \(.added_bytes) \(.chunks_to_fetch)"')" \
  '2 0 4 3004 3'
expect_same digest "$(json '.files[] | select(.path == "usr/lib/big") | .after.digest')" \
  "sha256:$(sha256sum <new/usr/lib/big | cut -c -64)"

t 'for people: grouped, with signs and sizes'
expect_exit 0 "$FN" diff old:1 new:1
expect_stdout_has '~ env' 'MODE' 'old -> new' '  etc/' '+ big  3.0 kB' '~ tool' 'mode 0755 -> 4755' \
  'link tool -> /bin/tool' 'file -> directory' \
  '6 files: 2 added, 0 removed, 4 changed; +3.0 kB' 'chunks of 512 KiB: 3 of'
! grep -q $'\x1b' out || die 'colour in a pipe'

t 'a directory that is gone is one line, unless all is asked for'
mkdir -p wide/lib/a/b wide/lib/c && echo 12 >wide/lib/a/b/x && echo 34 >wide/lib/a/y && echo 5 >wide/lib/c/z
echo >wide/lib/a-b && build wide:1 --layer code=wide
rm -r wide/lib/a wide/lib/c && echo file >wide/lib/c && build wide:2 --layer code=wide
expect_exit 0 "$FN" diff wide:1 wide:2 --by file
expect_stdout_has '- a/  6 B ' 'with 2 files' 'directory -> file, mode 0755 -> 0644, with 1 file' \
  '6 files: 0 added, 5 removed, 1 changed'
! grep -qE ' [xyz] |a/b' out || die "it lists what was in them: $(cat out)"
expect_exit 0 "$FN" diff wide:1 wide:2 --by file -v
expect_stdout_has '- x ' '- y ' '- z '

t 'equal, and the exit code only when it is asked for'
expect_exit 0 "$FN" diff old:1 old:1 --exit-code
expect_stdout 'no difference'
expect_exit 0 "$FN" diff old:1 new:1 --by package --exit-code
expect_exit 1 "$FN" diff old:1 new:1 --exit-code -q
expect_stdout $'bin/alias\nbin/tool\netc/gone\netc/gone/file\netc/list\nusr/lib/big'

t 'the other side may be a directory, an archive, a layout'
expect_exit 0 "$FN" diff old:1 in --exit-code
"$FN" export -q new:1 -o new.tar >made
"$FN" export -q new:1 --format oci-dir -o layout >made
"$FN" export -q new:1 --format docker-archive -o docker.tar >made
for side in new new.tar ./layout docker.tar; do
  expect_exit 0 "$FN" diff old:1 "$side" --by file --json
  expect_same "files of $side" "$(json '[.files[].path] | join(" ")')" \
    'bin/alias bin/tool etc/gone etc/gone/file etc/list usr/lib/big'
done

t 'patch(1) makes one of the other'
expect_exit 0 "$FN" diff in new --by file --patch
cp -a in patched
sed -n '/^--- a\/etc\/list/,/^+d/p' out | patch -s -p1 -d patched
cmp patched/etc/list new/etc/list
expect_stdout_has 'usr/lib/big: binary, not shown'

t 'times alone are counted, not listed, and can be left out'
cp -a in later
touch -d 2020-01-01 later/etc/same
SOURCE_DATE_EPOCH=1700000000 "$FN" build -q -t t:1 --layer code=in >made
SOURCE_DATE_EPOCH=1700000000 "$FN" build -q -t t:2 --layer code=later >made
expect_exit 0 "$FN" diff t:1 t:2 --by file
expect_stdout '1 file differs only in time (-v shows them, --ignore time omits them)'
expect_exit 0 "$FN" diff t:1 t:2 --by file --ignore time --exit-code
expect_exit 0 "$FN" diff t:1 t:2 --by file -v
expect_stdout_has 'same' 'time'

t 'budgets and rules: all that are broken are said, exit 1'
printf '[budget]\nmax_added = "2kB"\nmax_size = 10\nno_new_setuid = true\n' >budget.toml
expect_exit 1 "$FN" diff old:1 new:1 --budget budget.toml
expect_stdout_has 'over budget: max_added: 3.0 kB added to files, limit 2.0 kB' 'over budget: max_size' \
  "over budget: no_new_setuid: 'bin/tool' runs with elevated privileges: -rwsr-xr-x"
expect_exit 1 "$FN" diff old:1 new:1 --budget budget.toml --json
expect_same rules "$(json '[.budget.broken[].rule] | join(" ")')" 'max_added max_size no_new_setuid'
printf '[budget]\nmax_added = "1MB"\nno_new_setuid = false\n' >budget.toml
expect_exit 0 "$FN" diff old:1 new:1 --budget budget.toml
echo 'max_aded = 1' >>budget.toml
expect_exit 2 "$FN" diff old:1 new:1 --budget budget.toml
expect_stderr_has "unknown key 'max_aded'" "did you mean 'max_added'?"

t 'packages: versions, a downgrade that a rule forbids, a database that lies'
status() { printf 'Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: %s\n\n' "$@"; }
mkdir -p d1/var/lib/dpkg d2/var/lib/dpkg d2/app/node_modules/left-pad
{ status ssl 3.0.9-1 && status old 1; } >d1/var/lib/dpkg/status
{ status ssl 3.0.10-1 && status zlib 1.2; } >d2/var/lib/dpkg/status
echo '{"name": "left-pad", "version": "1.3.0"}' >d2/app/node_modules/left-pad/package.json
build d:1 --layer code=d1 && build d:2 --layer code=d2
expect_exit 0 "$FN" diff d:1 d:2 --by package --json
expect_same packages "$(json '[.packages[] | "\(.ecosystem) \(.name) \(.change)"] | join("; ")')" \
  'dpkg old removed; dpkg ssl upgraded; dpkg zlib added; npm left-pad added'
printf '[budget]\nno_downgrade = true\nno_removed_packages = true\n' >budget.toml
expect_exit 1 "$FN" diff d:2 d:1 --budget budget.toml
expect_stdout_has "dpkg package 'ssl' is downgraded from 3.0.10-1 to 3.0.9-1" "dpkg package 'zlib' was removed"
printf 'Package: half\nVersion' >d2/var/lib/dpkg/status
expect_exit 0 "$FN" diff d:1 d2 --by package
expect_stderr_has "cannot read package database 'var/lib/dpkg/status'"

t 'names with newlines, escapes and bytes that are no text reach neither terminal nor JSON as they are'
mkdir odd && echo 1 >odd/$'new\nline' && echo 2 >odd/$'esc\x1b[31m' && echo 3 >odd/$'\xff\xfe' &&
  echo 4 >"odd/$(printf 'x%.0s' {1..255})"
build odd:1 --layer code=odd
expect_exit 0 "$FN" diff old:1 odd:1 --by file --markdown
expect_stdout_has 'new\\nline' 'esc\\x1b' '\\xff\\xfe'
! grep -q $'\x1b' out || die 'an escape sequence got through'
expect_exit 0 "$FN" diff old:1 odd:1 --by file --json
expect_same raw "$(json '[.files[] | select(.path_b64) | .path_b64] | join(" ")')" '//4='

t 'markdown for a pull request'
expect_exit 0 "$FN" diff old:1 new:1 --markdown --patch
expect_stdout_has '## old:1 → new:1' '### Files' '| added | usr/lib/big |  | 3.0 kB |  |' '```diff'

t 'an image that came by import is read once, then known'
FN_HOME=$WORK/other "$FN" import -q new.tar -t new:1 >made
FN_HOME=$WORK/other expect_exit 0 "$FN" diff new:1 new --exit-code --by file
expect_same rows "$(sqlite3 other/state.db 'SELECT count(*) FROM layer')" 1
chmod -R a-w other
FN_HOME=$WORK/other expect_exit 0 "$FN" diff new:1 new --exit-code --by file
chmod -R u+w other

t 'an image with an entry for its root (as of every .deb) and the directory that it is unpacked into'
chmod 750 in && tar -cf dot.tar -C in . && chmod 755 in && build dot:1 --layer code=dot.tar
"$FN" unpack -q dot:1 tree >made && chmod 700 tree
expect_exit 0 "$FN" diff dot:1 tree --by file --patch --exit-code
expect_stdout 'no difference'
expect_exit 0 "$FN" diff tree dot:1 --exit-code
expect_exit 1 "$FN" diff dot:1 old:1 --by file --exit-code -q # of images it is a file as any other

t 'nothing of that name'
expect_exit 4 "$FN" diff old:1 nwe:1
expect_stderr_has "did you mean 'new:1'?"
