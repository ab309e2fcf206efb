#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Who may include whom, and which library stands behind which module. The build enforces the first by include paths already; this says
# it in one place, and shows that the build really refuses.
. "$(dirname "$0")/../lib.sh"

# folder: the folders that it may include besides itself
rules='base:
sys: base
db: base sys
oci: base sys
layer: base sys oci
rootfs: base sys oci
overlay: base sys oci layer rootfs
state: base sys db oci
routing: base sys db oci state
package: base sys db
sandbox: base sys
http: base sys
lambda: base sys http
instance: base sys
cli: base sys'

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
owned 'xxhash.h' common/layer/content.cpp common/routing/outcome.cpp
owned 'zstd.*\.h|libdeflate.h|isa-l' common/layer/
owned 'toml\+\+' tools/fnimg/recipe_file.cpp

t 'no tool includes another'
! grep -rnE '^#include "(\.\./|fn[a-z]+/)' "$REPO/tools" || die 'a tool reaches outside its folder'

t 'what is unpacked is reached by directory descriptors only: no call that takes a whole path'
! grep -vE '^ *//' "$REPO"/common/layer/{apply,attributes,directories,file_writers,overlay}.cpp | grep -E '[^_a-z.:>](f?open|mkdir|unlink|rename|chmod|chown|lchown|symlink|link|mknod|l?stat|truncate)\(' || die 'a path is opened as a string'

t 'the build refuses a wrong include'
echo '#include "state/store.hpp"' >wrong.cpp
flags=$(jq -r '[.[] | select(.file | endswith("common/oci/digest.cpp"))][0].command' "$BUILD/compile_commands.json" | sed 's/ -o .*//;s/^[^ ]*ccache *//')
# shellcheck disable=SC2086 # words are wanted
! $flags -fsyntax-only wrong.cpp 2>err || die 'oci could include state'
expect_stderr_has 'state/store.hpp'
