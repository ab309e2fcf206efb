#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The pages for people at the top lead somewhere: what they link to or name as a path exists, and the map is whole.
. "$(dirname "$0")/../lib.sh"
cd "$REPO"

matches() { grep -oE "$1" "$2" || true; } # PATTERN FILE
only() { grep -E "$1" || true; }          # PATTERN
without() { grep -vE "$1" || true; }      # PATTERN

t 'relative links'
for page in *.md; do
  matches '\]\([^)]+\)' "$page" | sed 's/^](//;s/)$//;s/#.*//' | without '^(https?:.*)?$' | while read -r target; do
    [ -e "$target" ] || die "$page links to '$target'"
  done
done

# Words that begin with a folder of the top, and pages and hidden files at the top; but for patterns and placeholders.
t 'paths in backticks'
for page in *.md; do
  matches '`[^`]+`' "$page" | tr -d '`' | tr ' ' '\n' | sed 's/[,;:]$//' |
    only '^(common|tools|tests|examples|man|completions|\.ci|\.github)/|^\.[a-z-]+$|^[A-Z]+\.md$' |
    without '[*<>{}$]|[A-Z]{2,}.*/|/.*[A-Z]{2,}|\.\.$' | sort -u | while read -r path; do
    [ -e "$path" ] || die "$page names '$path'"
  done
done

t 'ARCHITECTURE.md is read in one sitting'
[ "$(wc -l <ARCHITECTURE.md)" -le 120 ] || die 'it has more than 120 lines'

t 'ARCHITECTURE.md names every folder of common and of the tools, and every style test'
named() { grep -qE "\`([a-z/]*/)?$1/?\`" ARCHITECTURE.md || die "it doesn't name $2"; } # NAME PATH
for folder in common/*/ common/*/*/ tools/*/ tools/*/*/; do
  [ -d "$folder" ] || continue
  named "$(basename "$folder")" "$folder"
done
for script in tests/style/*.sh; do named "$(basename "$script")" "$script"; done
