#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every script goes through shellcheck, the generated completion for bash too.
. "$(dirname "$0")/../lib.sh"
need shellcheck shellcheck
cd "$REPO"
mapfile -t scripts < <(find .ci tests examples -type f \( -name '*.sh' -o -name run \))
shellcheck -x "${scripts[@]}"
shellcheck -s bash completions/*.bash

t 'every story can be executed'
for script in "$REPO"/tests/{cli,hostile,crash,race,peers,style,fuzz}/*.sh "$REPO"/examples/*.sh; do
  [ -x "$script" ] || die "${script#"$REPO"/} is not executable"
done
