#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Man pages and completions say what the tools say: the generated parts are fresh, and what is written by hand names
# nothing that isn't there. With UPDATE=1 the generated files are written anew.
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/verbs.sh"
need scdoc scdoc
need mandoc mandoc
need jq jq

for tool in $(tools); do
  name=${tool##*/}
  page=$REPO/man/$name.1.scd

  t "$name: the VERBS part of the man page is the tool's own"
  {
    sed '/^; BEGIN generated/q' "$page"
    "$tool" --generate man-options
    sed -n '/^; END generated/,$p' "$page"
  } >"$name.1.scd"
  [ "${UPDATE:-}" != 1 ] || cp "$name.1.scd" "$page"
  cmp "$name.1.scd" "$page" || die "run UPDATE=1 tests/style/documents.sh"

  t "$name: every flag that the page names exists, and every flag is named"
  "$tool" --generate schema | jq -r '(.flags + ([.verbs[].flags] | add))[].names[]' | sort -u >flags
  grep -oE -- '\*-{1,2}[a-zA-Z][a-z-]*' "$page" | tr -d '*' | sort -u >named
  [ -z "$(comm -13 flags named)" ] || die "the page names what isn't there: $(comm -13 flags named)"
  [ -z "$(comm -23 flags named)" ] || die "the page doesn't name: $(comm -23 flags named)"

  t "$name: every schema that the page of JSON documents names, and every verb in it"
  for verb in $("$tool" --generate schema | jq -r '.verbs[].name | gsub(" "; ".")'); do
    grep -q "^\*$name.$verb/1\*" "$REPO/man/fn-json.5.scd" || die "fn-json(5) doesn't have $name.$verb/1"
  done

  t "$name: completions are fresh"
  for shell in bash zsh fish; do
    case $shell in
      bash) file=$REPO/completions/$name.bash ;;
      zsh) file=$REPO/completions/_$name ;;
      fish) file=$REPO/completions/$name.fish ;;
    esac
    "$tool" --generate "complete-$shell" >fresh
    [ "${UPDATE:-}" != 1 ] || cp fresh "$file"
    cmp fresh "$file" || die "run UPDATE=1 tests/style/documents.sh"
    ! command -v "$shell" >/dev/null || "$shell" -n "$file"
  done
done

t 'man pages: mandoc finds nothing'
for page in "$REPO"/man/*.scd; do
  scdoc <"$page" >formatted
  # scdoc itself begins paragraphs where none are needed.
  lint=$(mandoc -T lint -W warning formatted | grep -v 'skipping paragraph macro' || true)
  [ -z "$lint" ] || die "$page: $lint"
done

t 'the exit codes are the same everywhere'
"$FN" --generate schema | jq -r '.exit_codes[] | select(.kind != null) | .kind' >kinds
while read -r kind; do grep -q "^:  $kind\$" "$REPO/man/fn.7.scd" || die "fn(7) doesn't have '$kind'"; done <kinds

t 'bash completes verbs, flags, values and references'
"$FN" build -q -t app:v1 --layer a="$REPO/examples/thumbnailer" >/dev/null
complete_line() { # TOOL WORD.. : what bash offers for the last one
  FN_HOME=$FN_HOME PATH=$(dirname "$FN"):$(dirname "$FNRUN"):$PATH bash -c '
    . /usr/share/bash-completion/bash_completion 2>/dev/null
    . "$1"; shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
    "$(complete -p "$1" | sed "s/.*-F \([^ ]*\).*/\1/")" "$1" "${@: -1}" "${@: -2:1}"
    printf "%s\n" "${COMPREPLY[@]}"' bash "$REPO/completions/$1.bash" "$@" >out
}
complete_line fnimg unp
expect_stdout_has unpack
complete_line fnimg build --compr
expect_stdout_has --compression
complete_line fnimg export --format d
expect_stdout_has docker-archive
complete_line fnimg build --compression z
expect_stdout $'zstd\nzstd:1\nzstd:19'
complete_line fnimg build --layer "code=$REPO/exam"
expect_stdout_has examples
complete_line fnimg build --layer code=i
expect_stdout_has image:
complete_line fnimg build --layer code=image:ap
expect_stdout_has app
complete_line fnimg inspect ap
expect_stdout_has app

t 'bash completes groups of verbs and functions'
"$FNRUN" function set -q resize app:v1 >/dev/null
complete_line fnrun fu
expect_stdout function
complete_line fnrun function s
expect_stdout $'set\nshow'
complete_line fnrun help function r
expect_stdout rm
complete_line fnrun function show r
expect_stdout resize
complete_line fnrun function set resize ap
expect_stdout_has app
complete_line fnrun function set resize --protocol l
expect_stdout lambda
complete_line fnrun function set --unset
expect_stdout --unset-env
