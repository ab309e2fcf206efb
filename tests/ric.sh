# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Where Node's Lambda runtime client stands, and which: $RIC, made by ric_client.sh, with $RIC_VERSION of it.
need node nodejs
node_version=$(node -p 'process.versions.node.split(".")[0]')
RIC_VERSION=4
[ "$node_version" -ge 22 ] || RIC_VERSION=3
RIC=${XDG_CACHE_HOME:-$HOME/.cache}/fn-peers/ric$RIC_VERSION-node$node_version-$(uname -m)
export RIC RIC_VERSION
