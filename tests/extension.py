#!/usr/bin/python3 -S
# SPDX-License-Identifier: Apache-2.0
"""A Lambda extension that prints the events that it gets, for tests. EXTENSION=early: it exits before it registers."""
import http.client
import json
import os
import sys

if os.environ.get("EXTENSION") == "early":
    sys.exit(4)
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
name = os.path.basename(sys.argv[0])


def ask(method, path, headers, body=None):
    api.request(method, "/2020-01-01/extension" + path, body, headers)
    response = api.getresponse()
    return response, json.loads(response.read())


events = ["INVOKE", "SHUTDOWN"]
registered, _ = ask("POST", "/register", {"Lambda-Extension-Name": name}, json.dumps({"events": events}))
me = {"Lambda-Extension-Identifier": registered.headers["Lambda-Extension-Identifier"]}
print(f"{name} is there, handler {os.environ.get('_HANDLER')}", flush=True)
while True:
    _, event = ask("GET", "/event/next", me)
    print(name, event["eventType"], event.get("tracing", {}).get("type"), event.get("shutdownReason"), flush=True)
    if event["eventType"] == "SHUTDOWN":
        sys.exit(0)
    if os.environ.get("EXTENSION") == "late":
        os._exit(5)
