# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Steps of a script that take long: each is timed, and a signal to the script ends it, with all that it started.
#
#   timed NAME COMMAND..    runs it, with its exit code; what it prints goes where the caller's output goes
#   print_steps            one line a step: seconds, and seconds of processor
steps=()
step_pid=

descendants() { # PID : its children and theirs, deepest first
  local child
  for child in $(pgrep -P "$1"); do
    descendants "$child"
    echo "$child"
  done
}

end_step() { # SIGNAL NUMBER
  trap - INT TERM HUP
  [ -z "$step_pid" ] || {
    # shellcheck disable=SC2046 # one word for each process
    kill -TERM $(descendants "$step_pid") "$step_pid" 2>/dev/null
    wait "$step_pid"
  }
  exit $((128 + $1))
}
trap 'end_step 1' HUP
trap 'end_step 2' INT
trap 'end_step 15' TERM

cpu_of_children() { # in hundredths of a second: of all children that were waited for
  awk '{ print $16 + $17 }' /proc/$$/stat
}

timed() { # NAME COMMAND..
  local name=$1 from=$SECONDS cpu code=0
  shift
  cpu=$(cpu_of_children)
  # In the background, since a shell that waits for a command of its own takes no signal until that ends.
  "$@" &
  step_pid=$!
  wait "$step_pid" || code=$?
  step_pid=
  steps+=("$(printf '%5d s  %5d s of processor  %s' $((SECONDS - from)) $((($(cpu_of_children) - cpu) / 100)) "$name")")
  return $code
}

print_steps() {
  printf '%s\n' "${steps[@]}"
  printf '%5d s in all\n' "$SECONDS"
}
