#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# AWS's SDK for Python (boto3) against fnrun serve: a failed call is shown as the function's error, and made once.
. "$(dirname "$0")/../lib.sh"
. "$REPO/tests/serve_lib.sh"
need busybox busybox-static
python3 -c 'import boto3' 2>/dev/null || skip 'needs boto3 (pip install boto3)'

serve / --protocol lambda --mount "$REPO/tests:/mnt:ro" --memory 256MiB --timeout 2s --workdir / \
  -- /usr/bin/python3 -S -E /mnt/runtime.py
cat >client.py <<'PY'
import json, sys, boto3
lambda_ = boto3.client("lambda", endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="x",
                       aws_secret_access_key="x")
arn = "arn:aws:lambda:us-east-1:123456789012:function:function"
for name, event in [("function", {"a": 1}), (arn, {"do": "fail"}), ("123456789012:function:function", {"do": "kill"}),
                    ("function:$LATEST", {"do": "sleep", "seconds": 4}),
                    ("function", {"do": "stream", "whole": False})]:
    answer = lambda_.invoke(FunctionName=name, Payload=json.dumps(event))
    payload = json.loads(answer["Payload"].read())
    print(answer["StatusCode"], answer.get("FunctionError"), payload.get("errorType"))
try:
    lambda_.invoke(FunctionName="other")
except lambda_.exceptions.ResourceNotFoundException as error:
    print(error.response["Error"]["Code"])
PY

t 'each call is made once, and says how it went'
expect_exit 0 python3 client.py "$BASE"
expect_stdout '200 None None
200 Handled Function.Oops
200 Unhandled Runtime.ExitError
200 Unhandled Sandbox.Timedout
200 Unhandled Runtime.ExitError
ResourceNotFoundException'
expect_same calls "$(grep -c '^START' server.err)" 5
