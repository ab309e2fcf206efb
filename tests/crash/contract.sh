#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What every verb of every tool owes its user, whatever it does: asked of each verb that the schema lists.
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/verbs.sh"
need jq jq
prepare_state
cp -a "$FN_HOME" pristine

# An error with --json is one object on stderr whose exit is the process's.
expect_json_error() { # CODE COMMAND..
  expect_exit "$@"
  [ ! -s out ] || die "stdout is not empty: $(cat out)"
  expect_same "the exit code in the object and the process's" "$(jq -r .error.exit err)" "$1"
  jq -e '.error | .kind and .message and has("hint")' err >/dev/null || die "not an error object: $(cat err)"
}

# Some positional argument of the verb is that way.
takes() { # VERB FILTER
  "${CALL[0]}" --generate schema |
    jq -e --arg verb "$1" ".verbs[] | select(.name == \$verb) | .positionals[] | select($2)" >/dev/null
}

restore() { rm -rf "$FN_HOME" && cp -a pristine "$FN_HOME"; }

# A verb that passes a program's exit code through has one for all that is its own trouble.
own() { # CODES
  local trouble
  trouble=$("$FNRUN" --generate schema |
    jq -r --arg verb "$verb_name" '.verbs[] | select(.name == $verb) | .own_trouble // empty')
  [ "$tool_name" = fnrun ] && [ -n "$trouble" ] && echo "$trouble" || echo "$1"
}

contract() { # TOOL VERB
  local tool_name=$1 verb_name=$2
  call_of "$1" "$2"
  local words verb
  read -ra words <<<"$2"
  verb=("${CALL[0]}" "${words[@]}")

  t "$1 $2: help is on stdout and fits the verb"
  expect_exit 0 "${verb[@]}" --help
  expect_stdout_has "$1 $2"
  expect_exit 0 "${verb[@]}" -h
  [ "$(wc -l <out)" -le 40 ] || die "-h is longer than a screen"

  t "$1 $2: a bad flag, and one that is nearly right"
  expect_exit "$(own 2)" "${verb[@]}" --no-such-flag
  expect_stderr_has "$1: error: " "'--no-such-flag'"
  expect_exit "$(own 2)" "${verb[@]}" --verbsoe
  expect_stderr_has "did you mean '--verbose'?"
  expect_json_error "$(own 2)" "${verb[@]}" --no-such-flag --json
  expect_json_error "$(own 2)" "${verb[@]}" --json --home

  t "$1 $2: an argument too many"
  takes "$2" .repeatable || expect_json_error "$(own 2)" "${CALL[@]}" --json one-too-many and-another

  t "$1 $2: a required argument is missing"
  ! takes "$2" .required || expect_json_error "$(own 2)" "${verb[@]}" --json

  if needs_instance "$1" "$2"; then
    t "$1 $2: no such instance"
    expect_exit "$(own 4)" "${CALL[@]}"
    expect_stderr_has "no instance 'greet' is running" 'hint: '
    return 0
  fi

  t "$1 $2: --json is one document with its schema, and stderr is silent"
  expect_exit 0 "${CALL[@]/#-q/--json}" --json
  [ "$2" = cat ] || [ "$2" = export ] || jq -e . out >/dev/null || die "not JSON"
  expect_same "the schema" "$(jq -rs '.[0].schema' out)" "$1.${2// /.}/1"
  [ ! -s err ] || die "stderr: $(cat err)"
  undo "$1" "$2"

  t "$1 $2: a full or closed stdout is a failure, and so said"
  restore
  if [ -n "$("${CALL[@]/#-q/-v}")" ]; then
    undo "$1" "$2"
    restore
    expect_exit 3 sh -c '"$@" >/dev/full' sh "${CALL[@]/#-q/-v}"
    undo "$1" "$2"
    restore
    expect_exit 3 sh -c '"$@" >&-' sh "${CALL[@]/#-q/-v}"
  fi
  undo "$1" "$2"

  t "$1 $2: a reader that goes away kills it silently"
  restore
  { "${CALL[@]/#-q/-v}" 2>err || true; } | head -c 1 >/dev/null || true
  ! grep -q -i 'broken pipe' err || die "it speaks of the pipe: $(cat err)"
  undo "$1" "$2"

  if ! needs_no_state "$1" "$2"; then
    t "$1 $2: a state from the future is refused"
    restore
    sqlite3 "$FN_HOME/state.db" 'PRAGMA user_version = 9999'
    expect_json_error "$(own 6)" "${CALL[@]}" --json
    undo "$1" "$2"

    t "$1 $2: a state that is no database"
    echo 'this is a text' >"$FN_HOME/state.db"
    rm -f "$FN_HOME"/state.db-*
    expect_json_error "$(own 6)" "${CALL[@]}" --json
  fi

  needs_home "$1" "$2" || return 0
  t "$1 $2: a home that is a file"
  expect_exit_in "$(own '2 3 4 7')" "${CALL[@]}" --home in/app.tar
  undo "$1" "$2"

  t "$1 $2: no state yet"
  rm -rf "$FN_HOME"
  expect_exit_in "0 $(own 4)" "${CALL[@]}"
  undo "$1" "$2"

  t "$1 $2: a state that may not be written or read"
  restore
  if [ "$(id -u)" = 0 ]; then
    chmod 711 "$WORK"
    chown -R 0:0 "$FN_HOME" && chmod -R go-rwx "$FN_HOME"
    expect_exit_in "$(own '2 3 4 7')" as_user "${CALL[@]}"
    [ -s err ] || die "silent, but not done"
  fi
  restore
}

expect_exit_in() { # 'CODES' COMMAND..
  local codes=$1 got=0
  shift
  "$@" >out 2>err || got=$?
  [[ " $codes " == *" $got "* ]] || {
    show_streams
    die "exit $got is none of $codes from: $*"
  }
}

while read -r tool verb; do
  contract "$tool" "$verb"
done < <(verbs all)

t 'a group of verbs without a verb, with one that is nearly right'
expect_exit 2 "$FNRUN" function
expect_stderr_has 'usage: fnrun function VERB' 'set' 'show'
expect_json_error 2 "$FNRUN" function --json
expect_json_error 2 "$FNRUN" function shwo --json
expect_exit 2 "$FNRUN" function shwo
expect_stderr_has "did you mean 'function show'?"

t 'a tool without arguments, an unknown verb, a verb that is nearly right'
expect_exit 2 "$FN"
expect_stderr_has 'fnimg'
expect_json_error 2 "$FN" --json frobnicate
expect_exit 2 "$FN" biuld
expect_stderr_has "unknown verb 'biuld'" "did you mean 'build'?"
expect_exit 0 "$FN" --version
expect_exit 3 sh -c '"$1" --version >/dev/full' sh "$FN"
