#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# clang-tidy over all sources and the headers that they include, with the checks of .clang-tidy and clang's warnings
# of the build. It reads the commands of the preset dev, and takes sixteen sources together (tidy.py); what is found
# counts only in a source alone. What has passed is not looked at again while it and its headers stay as they are, if
# $XDG_CACHE_HOME or ~/.cache can be written.
# cores
# early
# limit 2400
. "$(dirname "$0")/../lib.sh"
need clang-tidy clang-tidy
need cmake cmake
cache=${XDG_CACHE_HOME:-$HOME/.cache}/fn-tidy
mkdir -p "$cache" 2>/dev/null || cache=$WORK
commands=$(dev_commands)
clang-tidy --version >"$WORK/version"

t 'a fault in a header of common is reported'
planted=$REPO/build-dev/include/base/base/text.hpp
fault='inline int planted(int n) { int* nothing = 0; return nothing ? *nothing : n; }'
sed "s/^std::string_view trim.*/$fault\\n&/" "$REPO/common/base/text.hpp" >"$WORK/text.hpp"
jq -n --arg name "$planted" --arg file "$WORK/text.hpp" \
  '{version: 0, "use-external-names": false, roots: [{type: "file", name: $name, "external-contents": $file}]}' \
  >"$WORK/overlay.yaml"
! clang-tidy --quiet --warnings-as-errors='*' -p "$REPO/build-dev" --vfsoverlay="$WORK/overlay.yaml" \
  "$REPO/common/base/text.cpp" \
  >"$WORK/out" 2>"$WORK/err" || die 'clang-tidy saw no fault'
expect_stdout_has modernize-use-nullptr base/text.hpp

t 'what is found among sixteen sources is reported, and a crash is no pass'
mkdir fake
# Finds something in text.cpp, together with others or alone; with CRASH set it dies on more than one.
cat >fake/clang-tidy <<'EOF'
#!/bin/sh
for word; do case $word in *.cpp) source=$word ;; --) break ;; esac; done
[ -z "${CRASH:-}" ] || ! grep -q '^#include "/' "$source" || kill -SEGV $$
! grep -q 'base/text.cpp"' "$source" && [ "${source##*/base/}" != text.cpp ] && exit 0
echo "$REPO/common/base/text.cpp:1:1: error: planted [x]" && exit 1
EOF
chmod +x fake/clang-tidy
for crash in '' yes; do
  mkdir -p "passed$crash"
  ! CRASH=$crash PATH=$WORK/fake:$PATH FN_SOAK='' "$PY" "$REPO/tests/style/tidy.py" "$commands" "$WORK/passed$crash" \
    "$WORK/version" >"$WORK/out" || die 'a finding was lost'
  expect_same findings "$(grep -v '^not run: ' "$WORK/out")" "$REPO/common/base/text.cpp:1:1: error: planted [x]"
  sources=$(jq '[.[] | select(.file | test("/(common|tools)/"))] | length' "$commands")
  expect_same 'those that passed' "$(find "passed$crash" -type f | wc -l)" $((sources - 1))
done

t 'clang-tidy'
cd "$REPO"
"$PY" tests/style/tidy.py "$commands" "$cache" "$WORK/version"
