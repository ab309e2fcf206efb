# SPDX-License-Identifier: Apache-2.0
"""A session of an IDE with debugpy, by the Debug Adapter Protocol: stops at a line and prints what an expression is.

    dap_session.py PORT FILE LINE EXPRESSION [SECONDS]

FILE is as the program has it. At the line it stays for SECONDS.
"""
import json, socket, sys, time

port, file, line, expression = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
connection = socket.create_connection(("127.0.0.1", port), 20)
stream = connection.makefile("rwb")
sent = 0


def send(command, **arguments):
    global sent
    sent += 1
    body = json.dumps({"seq": sent, "type": "request", "command": command, "arguments": arguments}).encode()
    stream.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    stream.flush()


def wait(kind, name):
    while True:
        size = 0
        for header in iter(stream.readline, b"\r\n"):
            if not header: sys.exit("the connection ended before '%s'" % name)
            if header.lower().startswith(b"content-length:"): size = int(header.split(b":")[1])
        message = json.loads(stream.read(size))
        if message["type"] == kind and message.get("command", message.get("event")) == name:
            if message.get("success") is False: sys.exit("%s: %s" % (name, message.get("message")))
            return message.get("body") or {}


send("initialize", adapterID="python", clientID="story", linesStartAt1=True)
wait("response", "initialize")
send("attach", justMyCode=False)
wait("event", "initialized")
send("setBreakpoints", source={"path": file}, breakpoints=[{"line": line}])
wait("response", "setBreakpoints")
send("configurationDone")
thread = wait("event", "stopped")["threadId"]
send("stackTrace", threadId=thread)
frame = wait("response", "stackTrace")["stackFrames"][0]
send("evaluate", expression=expression, frameId=frame["id"], context="watch")
print("%s:%d: %s" % (frame["name"], frame["line"], wait("response", "evaluate")["result"]), flush=True)
time.sleep(float(sys.argv[5]) if sys.argv[5:] else 0)
send("disconnect", terminateDebuggee=False)
wait("response", "disconnect")
