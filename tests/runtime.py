# SPDX-License-Identifier: Apache-2.0
"""A Lambda runtime that does what its events say, for tests: {"do": "echo" | "sleep" | "fail" | ..}."""
import http.client
import json
import os
import signal
import sys
import threading
import time

api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
base = "/2018-06-01/runtime"
instance = os.urandom(4).hex()
calls = 0
ticks = 0


def post(path, body, headers=None):
    api.request("POST", base + path, body, headers or {})
    return api.getresponse().read()


def stream(request_id, parts, whole):
    """A streamed response; without its end if it is not to be whole."""
    headers = {"Lambda-Runtime-Function-Response-Mode": "streaming", "Transfer-Encoding": "chunked",
               "Content-Type": "text/plain"}

    def chunks():
        for part in parts:
            yield part.encode()
            time.sleep(0.2)
        if not whole:
            os._exit(5)

    api.request("POST", f"{base}/invocation/{request_id}/response", chunks(), headers, encode_chunked=True)
    api.getresponse().read()


def tick():
    global ticks
    while True:
        time.sleep(0.02)
        ticks += 1


def answer(event, headers):
    do = event.get("do", "echo") if isinstance(event, dict) else "echo"
    if do == "sleep":
        time.sleep(event["seconds"])
    elif do == "log":
        print("x" * event["bytes"] + "\nlast words", flush=True)
    elif do == "exit":
        os._exit(event["code"])
    elif do == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif do == "memory":
        held = []
        while True:
            held.append(b"x" * (1 << 20))
    elif do == "child":  # that takes too much memory, and whose death is nothing to us
        if os.fork() == 0:
            answer({"do": "memory"}, {})
        os.wait()
    elif do == "env":
        return dict(os.environ)
    elif do == "nothing":
        return None
    elif do == "tick":  # from now on, whether there is a call or not
        threading.Thread(target=tick, daemon=True).start()
    elif do == "return":
        return event["value"]
    elif do == "text":
        return "y" * event["bytes"]
    return {
        "event": event,
        "instance": instance,
        "calls": calls,
        "ticks": ticks,
        "context": headers.get("Lambda-Runtime-Client-Context"),
        "trace": headers.get("Lambda-Runtime-Trace-Id"),
        "arn": headers.get("Lambda-Runtime-Invoked-Function-Arn"),
    }


time.sleep(float(os.environ.get("SLOW", 0)))
if os.environ.get("BROKEN") == "init":
    post("/init/error", json.dumps({"errorMessage": "no luck", "errorType": "Runtime.NoLuck"}),
         {"Lambda-Runtime-Function-Error-Type": "Runtime.NoLuck"})
    sys.exit(1)
while True:
    api.request("GET", base + "/invocation/next")
    response = api.getresponse()
    event = json.loads(response.read())
    request_id = response.headers["Lambda-Runtime-Aws-Request-Id"]
    calls += 1
    if isinstance(event, dict) and event.get("body", "").startswith('{"do"'):  # by a function URL
        event = json.loads(event["body"])
    what = event.get("do") if isinstance(event, dict) else None
    if what == "fail":
        body = json.dumps({"errorMessage": "it failed", "errorType": "Function.Oops"})
        post(f"/invocation/{request_id}/error", body, {"Lambda-Runtime-Function-Error-Type": "Function.Oops"})
    elif what == "report":
        headers = {"Lambda-Runtime-Function-Error-Type": event["type"]} if "type" in event else {}
        post(f"/invocation/{request_id}/error", event["body"].encode(), headers)
    elif what == "absolute":  # as to a proxy
        where = f"{event['scheme']}{os.environ['AWS_LAMBDA_RUNTIME_API']}{base}/invocation/{request_id}/response"
        api.request("POST", where, '"taken"')
        api.getresponse().read()
    elif what == "stream":
        stream(request_id, ["one ", "two ", "three"], event.get("whole", True))
    else:
        post(f"/invocation/{request_id}/response", json.dumps(answer(event, response.headers)))
