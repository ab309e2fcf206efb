# SPDX-License-Identifier: Apache-2.0
def handler(event, context):
    print("greeting", event["name"], flush=True)
    return {"hello": event["name"]}
