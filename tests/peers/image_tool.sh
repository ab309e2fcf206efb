#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The OCI project's own validator accepts our images by their schema.
. "$(dirname "$0")/../lib.sh"
need oci-image-tool oci-image-tool
mkdir src && seq 10 >src/file
for codec in gzip none; do
  "$FN" build -q -t "app:$codec" --layer a=src --layer b=src --compression $codec --label a=b --env X=y \
    --port 80 >/dev/null
  oci-image-tool validate --type image --ref "name=app:$codec" "$FN_HOME" >log 2>&1 || die "app:$codec: $(cat log)"
done
"$FN" export -q app:gzip -o layout --format oci-dir >/dev/null
oci-image-tool validate --type image --ref name=app:gzip layout >log 2>&1 || die "$(cat log)"
