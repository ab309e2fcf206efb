#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The form of the sources: clang-format, the licence line, sizes that can be read in one sitting, lines of at most 120
# columns, messages in English, nothing put off.
. "$(dirname "$0")/../lib.sh"
need clang-format clang-format
cd "$REPO"
mapfile -t sources < <(find common tools tests -name '*.[ch]pp')

t 'clang-format'
clang-format --dry-run -Werror "${sources[@]}"

# Each check is one process over all files.
none() { # WHAT.. ; what is wrong is on stdin, if anything
  local found
  found=$(head -n 20)
  [ -z "$found" ] || die "$*: $found"
}

t 'the first line is the licence'
mapfile -t scripts < <(git ls-files '*.sh' '*.py' 'CMakeLists.txt' '*/CMakeLists.txt' 2>/dev/null)
awk 'FNR == 1 && !/SPDX-License-Identifier: Apache-2.0/ { print FILENAME }' "${sources[@]}" | none 'without a licence'
awk 'FNR <= 2 && /SPDX-License-Identifier: Apache-2.0/ { has[FILENAME] = 1 }
  END { for (i = 1; i < ARGC; ++i) if (!has[ARGV[i]]) print ARGV[i] }' "${scripts[@]}" | none 'without a licence'

t 'sizes: a header has at most 150 lines, a source 400, a test 600'
awk 'function limit() { return name ~ /^tests/ ? 600 : name ~ /hpp$/ ? 150 : 400 }
  function judge() { if (lines > limit()) print name, lines }
  FNR == 1 { judge(); name = FILENAME } { lines = FNR } END { judge() }' "${sources[@]}" | none 'too long'

t 'columns: pages, scripts and lists have at most 120, as clang-format sees to it in sources'
mapfile -t pages < <(find common examples man tests tools \( -name '*.sh' -o -name '*.py' -o -name '*.scd' \
  -o -name CMakeLists.txt -o -name '*.md' \))
awk 'length($0) > 120 { print FILENAME ":" FNR }' CMakeLists.txt ./*.md .ci/run .editorconfig .git-blame-ignore-revs \
  .shellcheckrc "${pages[@]}" | none 'longer lines'

t 'English: words of messages that are not used any more, each with what is said instead'
relapse() {
  ! grep -E -- "\"([^\"\\]|\\\\.)*($1)([^\"\\]|\\\\.)*\"" "$WORK/literals" || die "$2"
}
# Without comments. "is no longer" is English.
grep -rn --include='*.[ch]pp' '"' common tools \
  | sed -E 's,(:[0-9]+:|[[:space:]])//.*,,; s,no longer,,g' >"$WORK/literals"
relapse ' (is|are) no [a-z]' "say 'is not a ..', 'invalid ..' or 'no .. found'"
relapse 'came to be' "say 'was created'"
relapse 'is there and ' "say 'exists and is ..'"
relapse ' may be \{| \{[^}]*\} may be' "say 'limit {}'"
relapse 'the time is up' "say 'timed out after {}'"
relapse 'is damaged' "say 'is corrupt'"
relapse '; we exit' "say 'fnrun exits'"

t 'nothing is put off, and no path of a machine is left'
mark='TO''DO|FIX''ME|XX''X'
! grep -rnE "\b($mark)\b" common tools tests examples man ./*.md || die 'something is put off'
! grep -rnE '"/(home|root|work)/' common tools || die 'a path of a machine'
