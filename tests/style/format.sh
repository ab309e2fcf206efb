#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The form of the sources: clang-format, the licence line, sizes that can be read in one sitting, nothing put off.
. "$(dirname "$0")/../lib.sh"
need clang-format clang-format
cd "$REPO"
mapfile -t sources < <(find common tools tests -name '*.[ch]pp')

t 'clang-format'
clang-format --dry-run -Werror "${sources[@]}"

t 'the first line is the licence'
for file in "${sources[@]}"; do head -n 1 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || die "$file has none"; done
git ls-files '*.sh' '*.py' 'CMakeLists.txt' '*/CMakeLists.txt' 2>/dev/null | while read -r file; do
  head -n 2 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || die "$file has none"
done

t 'sizes'
for file in "${sources[@]}"; do
  lines=$(wc -l <"$file")
  case $file in
    tests/*) [ "$lines" -le 600 ] || die "$file has $lines lines; a test has at most 600" ;;
    *.hpp) [ "$lines" -le 150 ] || die "$file has $lines lines; a header has at most 150" ;;
    *) [ "$lines" -le 400 ] || die "$file has $lines lines; a source has at most 400" ;;
  esac
done

t 'nothing is put off, and no path of a machine is left'
mark='TO''DO|FIX''ME|XX''X'
! grep -rnE "\b($mark)\b" common tools tests examples man README.md || die 'something is put off'
! grep -rnE '"/(home|root|work)/' common tools || die 'a path of a machine'
