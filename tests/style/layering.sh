#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Who may include whom, and which library stands behind which module. The build enforces the first by include paths;
# this shows that it really refuses, and holds the tools' folders to the same.
. "$(dirname "$0")/../lib.sh"

# The table is that of the build: fn_module(NAME USES folders ..) becomes "NAME: folders".
rules=$(sed -nE 's/^fn_module\(([a-z]+)( USES ([a-z ]+))?.*/\1: \3/p' "$REPO/common/CMakeLists.txt")
[ "$(wc -l <<<"$rules")" -gt 10 ] || die 'common/CMakeLists.txt has no table of modules'

t 'includes between the folders of common'
while IFS=: read -r folder allowed; do
  grep -rhoE '^#include "[a-z]+/' "$REPO/common/$folder" | sed 's/.*"//;s,/,,' | sort -u | while read -r used; do
    [[ " $folder $allowed " == *" $used "* ]] || die "common/$folder includes $used/"
  done
done <<<"$rules"
for folder in "$REPO"/common/*/; do
  grep -q "^$(basename "$folder"):" <<<"$rules" || die "no rule for common/$(basename "$folder")"
done

t 'a library stands behind one module'
owned() { # PATTERN PATH.. : only these include it
  local pattern=$1 found path
  shift
  while read -r found; do
    for path; do [[ $found != "$REPO/$path"* ]] || continue 2; done
    die "${found#"$REPO"/} includes $pattern"
  done < <(grep -rlE "^#include [<\"]($pattern)" "$REPO/common" "$REPO/tools")
}
owned 'CLI/' common/cli/
owned 'nlohmann/' common/base/
owned 'sqlite3.h' common/db/
owned 'openssl/' common/base/
owned 'archive(_entry)?\.h[>"]' tools/libexec/
owned 'seccomp.h|linux/(seccomp|filter|landlock).h' tools/libexec/ common/sandbox/
owned 'microhttpd.h' common/http/
owned 'xxhash.h' common/layer/content.cpp common/routing/call_record.cpp
owned 'zstd.*\.h|libdeflate.h|isa-l' common/layer/
owned 'toml\+\+' tools/fnimg/recipe/recipe_file.cpp

t 'no tool includes another'
! grep -rnE '^#include "(\.\./|fn[a-z]+/)' "$REPO/tools" || die 'a tool reaches outside its folder'

t 'no verb includes another'
for verbs in "$REPO"/tools/*/verbs; do
  ! grep -rn '^#include "verbs/' "$verbs" | grep -v '"verbs/verbs.hpp"' || die 'a verb includes a verb'
done

# folder of fnimg: the folders that it may include besides itself; main.cpp, front/ and verbs/ may include all
fnimg_rules='transfer:
image: transfer
recipe: image transfer
compare: image transfer
analysis: image transfer
diff: compare recipe image transfer
update: diff compare recipe image transfer
compat: image'

t 'includes between the folders of fnimg'
for folder in "$REPO"/tools/fnimg/*/; do
  folder=$(basename "$folder")
  [[ $folder != @(front|verbs) ]] || continue
  allowed=$(grep "^$folder:" <<<"$fnimg_rules") || die "no rule for tools/fnimg/$folder"
  grep -rhoE '^#include "[a-z]+/' "$REPO/tools/fnimg/$folder" | sed 's/.*"//;s,/,,' | sort -u | while read -r used; do
    [ -d "$REPO/common/$used" ] || [[ " $folder ${allowed#*:} " == *" $used "* ]] ||
      die "tools/fnimg/$folder includes $used/"
  done
done

t 'what is unpacked is reached by directory descriptors only: no call that takes a whole path'
by_path='[^_a-z.:>](f?open|mkdir|unlink|rename|chmod|chown|lchown|symlink|link|mknod|l?stat|truncate)\('
! grep -vE '^ *//' "$REPO"/common/layer/{apply,attributes,directories,file_writers,overlay}.cpp | grep -E "$by_path" ||
  die 'a path is opened as a string'

t 'the build refuses a wrong include'
echo '#include "state/store.hpp"' >wrong.cpp
flags=$(jq -r '[.[] | select(.file | endswith("common/oci/digest.cpp"))][0].command' "$(dev_commands)" |
  sed 's/ -o .*//;s/^[^ ]*ccache *//')
# shellcheck disable=SC2086 # words are wanted
! $flags -fsyntax-only wrong.cpp 2>err || die 'oci could include state'
expect_stderr_has 'state/store.hpp'
