#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds Node's Lambda runtime client for lambda_ric.sh. It is compiled from C++, minutes of it, so it is kept in
# $XDG_CACHE_HOME or ~/.cache for the next clone, and a folder of its own for each version of node and of the client.
# early
# limit 1500
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/ric.sh"
need node nodejs
need npm npm
[ ! -e "$RIC/complete" ] || exit 0

for program in autoconf automake libtoolize cmake make g++ python3; do
  need $program "${program/libtoolize/libtool}"
done
mkdir -p "$(dirname "$RIC")"
made=$(mktemp -d "$RIC.XXXXXX")
at_exit "rm -rf '$made'"
export MAKEFLAGS npm_config_jobs
MAKEFLAGS=-j$(nproc) npm_config_jobs=$(nproc)
if ! timeout 1400 npm install --prefix "$made" --no-audit --no-fund "aws-lambda-ric@$RIC_VERSION" >npm.log 2>&1; then
  [ "${CI:-}" != true ] || die "npm could not install aws-lambda-ric: $(tail npm.log)"
  skip 'npm can not install aws-lambda-ric'
fi
touch "$made/complete"
# Another run may have been faster; either is good.
chmod 755 "$made"
mv -T "$made" "$RIC" 2>/dev/null || [ -e "$RIC/complete" ]
