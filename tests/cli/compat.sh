#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Toy programs and libraries, whose loader is one of their own: no file of this host comes into it.
. "$(dirname "$0")/../lib.sh"
need jq jq
need gcc gcc

toy() { gcc -nostdlib -fno-builtin -fno-stack-protector -fcf-protection=none -Wl,-z,lazy "$@"; }
library() { # FILE SONAME SOURCE [VERSIONS]
  mkdir -p "$(dirname "$1")"
  echo "$3" >source.c
  echo "${4:-}" >source.map
  toy -shared -fPIC -o "$1" source.c -Wl,-soname="$2" ${4:+-Wl,--version-script=source.map}
}
program() { # FILE SOURCE ARGUMENTS..
  local file=$1
  mkdir -p "$(dirname "$file")"
  echo "$2" >source.c
  shift 2
  toy -fPIE -pie -e start -Wl,--dynamic-linker=/lib/ld-toy.so.1 -o "$file" source.c "$@"
}
build() { # REF RUNTIME
  "$FN" build -q -t "$1" --layer "runtime=$2" --layer code=code --entrypoint /bin/main >/dev/null
}
# runtime NAME: a copy of the old one, to be changed
runtime() { rm -rf "$1" && cp -a old "$1"; }
findings() {
  json '[.findings[] | select(.severity != "notice") | [.rule, .severity, .path, .needs] | join(" ")] | join("; ")'
}
# refused RUNTIME FINDINGS: nothing but these
refused() {
  build new:1 "$1"
  expect_exit 1 "$FN" compat old:1 new:1 --json
  expect_same findings "$(findings)" "$2"
}
passes() { # RUNTIME
  build new:1 "$1"
  expect_exit 0 "$FN" compat old:1 new:1 --json
  expect_same findings "$(findings)" ''
}

both='V_1 { global: one; local: *; }; V_2 { global: two; } V_1;'
library old/lib/ld-toy.so.1 ld-toy.so.1 'int loader;'
library old/lib/libx.so.1 libx.so.1 'int one(void){return 1;} int two(void){return 2;}' "$both"
library old/lib/libplain.so.1 libplain.so.1 'int plain(void){return 1;} int other(void){return 1;}'
library old/lib/libc.so.6 libc.so.6 'int puts(void){return 1;}' \
  'GLIBC_2.36 { global: puts; local: *; }; GLIBC_ABI_DT_RELR { } GLIBC_2.36;'
program old/bin/host 'int host_function(void){return 1;} void start(void){}' -rdynamic
program code/bin/main 'int two(void); void start(void){two();}' old/lib/libx.so.1
program code/bin/plain 'int plain(void); void start(void){plain();}' old/lib/libplain.so.1
library code/lib/plug.so plug.so 'int host_function(void); int plug(void){return host_function();}'
build old:1 old

t 'an image against itself, and a library that has more than before'
expect_exit 0 "$FN" compat old:1 old:1
expect_stdout_has 'old:1 fits where old:1 is'
expect_exit 0 "$FN" compat old:1 old:1 --json
expect_same itself "$(json '[(.findings | length), .fits, .objects] | join(" ")')" '0 true 8'
runtime patched
library patched/lib/libx.so.1 libx.so.1 'int one(void){return 2;} int two(void){return 3;} int three(void){return 3;}' \
  "$both V_3 { global: three; } V_2;"
passes patched

t 'without the version that a program needs it does not start'
runtime without
library without/lib/libx.so.1 libx.so.1 'int one(void){return 1;}' 'V_1 { global: one; local: *; };'
refused without 'symbols.version does_not_start bin/main V_2 of libx.so.1'
expect_same who "$(json '.findings[0] | [.layer, .since] | join(" ")')" 'code new:1'
expect_exit 1 "$FN" compat old:1 new:1
expect_stdout_has 'new:1 does not fit where old:1 is: 1 finding' \
  'does not start: bin/main (layer code) needs V_2 of libx.so.1'
expect_exit 1 "$FN" compat old:1 new:1 --markdown
expect_stdout_has '| does not start | bin/main | code | V\_2 of libx.so.1 |'
expect_exit 1 "$FN" compat old:1 new:1 -q
expect_stdout bin/main
expect_exit 0 "$FN" compat new:1 old:1

t 'the same finding in both images is known'
expect_exit 0 "$FN" compat new:1 new:1 --json
expect_same known "$(json '.known[0] | [.rule, .path] | join(" ")')" 'symbols.version bin/main'

t 'nor with a library that has no versions at all, or without the library: what it gave is not told again'
runtime unversioned
library unversioned/lib/libx.so.1 libx.so.1 'int one(void){return 1;} int two(void){return 2;}'
refused unversioned 'symbols.version does_not_start bin/main V_2 of libx.so.1'
runtime lost
rm lost/lib/libx.so.1
refused lost 'loader.library does_not_start bin/main libx.so.1'
expect_same hint "$(json '.findings[0].hint')" "old:1 has it as lib/libx.so.1, in layer 'runtime'"

t 'the file and the package may have another name: the soname counts'
runtime renamed
mv renamed/lib/libx.so.1 renamed/lib/libx-t64.so.1.5
ln -s libx-t64.so.1.5 renamed/lib/libx.so.1
passes renamed

t 'a function without a version: it starts, and fails when the function is called'
runtime function
library function/lib/libplain.so.1 libplain.so.1 'int other(void){return 1;}'
refused function 'symbols.undefined fails_when_used bin/plain plain'

t 'a program without its loader says only that'
runtime loader
rm loader/lib/ld-toy.so.1
refused loader "$(printf 'loader.interpreter does_not_start bin/%s /lib/ld-toy.so.1; ' host main plain | sed 's/; $//')"

t 'a plug-in needs what its host gave it'
runtime host
program host/bin/host 'int other_function(void){return 1;} void start(void){}' -rdynamic
refused host 'symbols.plug_in fails_when_used lib/plug.so host_function'
runtime split
library split/lib/libhost.so.1 libhost.so.1 'int host_function(void){return 1;}'
program split/bin/host 'int host_function(void); void start(void){host_function();}' split/lib/libhost.so.1
passes split

t 'a version that no symbol uses counts as well'
if program code/bin/relr 'int puts(void); int a; int *b = &a; void start(void){puts();}' old/lib/libc.so.6 \
  -Wl,-z,pack-relative-relocs 2>/dev/null && readelf -V code/bin/relr | grep -q GLIBC_ABI_DT_RELR; then
  build old:1 old
  runtime relr
  library relr/lib/libc.so.6 libc.so.6 'int puts(void){return 1;}' 'GLIBC_2.36 { global: puts; local: *; };'
  refused relr 'symbols.version does_not_start bin/relr GLIBC_ABI_DT_RELR of libc.so.6'
  rm code/bin/relr
  build old:1 old
fi

t 'links and scripts of the layers above lead into the runtime'
runtime tools
printf '#!/bin/host\n' >code/bin/script
chmod 755 code/bin/script
ln -s /opt/tool code/bin/tool
mkdir -p old/opt && echo tool >old/opt/tool
build old:1 old
rm tools/bin/host
refused tools "scripts.interpreter does_not_start bin/script /bin/host; \
files.link fails_when_used bin/tool /opt/tool; symbols.plug_in fails_when_used lib/plug.so host_function"
expect_exit 1 "$FN" compat old:1 new:1 -v
expect_stdout_has 'notice: bin/host (layer runtime) needs host'
expect_exit 0 "$FN" compat old:1 old:1
rm -r code/bin/script code/bin/tool old/opt
build old:1 old

t 'one layer of an image replaced by a directory, an image or a version of a channel: nothing is written'
find "$FN_HOME/blobs" -type f | sort >before
expect_exit 1 "$FN" compat old:1 --layer runtime=without --json
expect_same since "$(json '.findings[0].since')" without
expect_exit 0 "$FN" compat old:1 --layer 0=patched
find "$FN_HOME/blobs" -type f | sort | cmp - before
"$FN" channel publish -q toys patched --version 1 >/dev/null
"$FN" channel publish -q toys without --version 2 >/dev/null
expect_exit 0 "$FN" compat old:1 --layer runtime=channel:toys@1
expect_exit 1 "$FN" compat old:1 --layer runtime=channel:toys@2 --json
expect_same since "$(json '.findings[0].since')" channel:toys@2

t 'what cannot be compared'
expect_exit 2 "$FN" compat old:1
expect_stderr_has 'give a second image'
expect_exit 2 "$FN" compat old:1 new:1 --layer runtime=old
expect_exit 2 "$FN" compat old:1 code
expect_stderr_has 'is a directory'
expect_exit 4 "$FN" compat old:1 nope:1
expect_exit 4 "$FN" compat old:1 --layer runtme=old
expect_stderr_has "did you mean 'runtime'?"
