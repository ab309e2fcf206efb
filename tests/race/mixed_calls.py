#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Calls of all kinds against the functions `program` (exec) and `runtime` (lambda), four at a time, while instances are
stopped and killed. Each call must have an answer in its time and a second; what the answer may be, its kind says.

mixed_calls.py FNRUN CALLS SEED
"""
import collections
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

fnrun, calls, seed = sys.argv[1], int(sys.argv[2]), sys.argv[3]
timeout_s = 0.5
patience_s = timeout_s + 1
start_s = 1  # of a sandbox, on a machine with eight busy processes
ended = {137, 143, 3, 4}  # killed, or its instance has gone
lock, counts, faults = threading.Lock(), collections.Counter(), []


def run(*words):
    """The exit code and the seconds that it took; None if there was no answer."""
    begin = time.monotonic()
    try:
        done = subprocess.run([fnrun, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=30, encoding="utf-8", check=False)
    except subprocess.TimeoutExpired:
        return None, 30, ""
    return done.returncode, time.monotonic() - begin, done.stdout + done.stderr


def kill_one(choose):
    ps = subprocess.run([fnrun, "ps", "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
    instances = json.loads(ps or '{"instances":[]}')["instances"]
    pid = choose.choice(instances)["supervisor_pid"] if instances else 0
    if pid:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


# How often, the words and the event, and the exit codes that are an answer, beside `ended`.
kinds = {
    "program": (30, ["invoke", "-q", "program", "--raw", "-e", "0\n"], {0}),
    "runtime": (30, ["invoke", "-q", "runtime", "-e", '"x"'], {0}),
    "slow program": (8, ["invoke", "-q", "program", "--raw", "-e", "60\n"], {124}),
    "slow runtime": (8, ["invoke", "-q", "runtime", "-e", "[-60000000,0]"], {124}),
    "at the deadline": (8, ["invoke", "-q", "runtime", "-e", "[200,0]"], {0, 124}),
    "stop": (6, ["stop", "-q", "--all", "--grace", "0s"], {0}),
    "kind stop": (4, ["stop", "-q", "--all", "--grace", "100ms"], {0}),
    "kill": (6, None, None),
}


def work(number):
    choose = random.Random(f"{seed} {number}")
    for _ in range(calls // 4):
        kind = choose.choices(list(kinds), [weight for weight, _, _ in kinds.values()])[0]
        _, words, right = kinds[kind]
        if words is None:
            kill_one(choose)
            continue
        code, seconds, text = run(*words)
        with lock:
            counts[f"{kind}: {code}"] += 1
            if code is None or seconds > patience_s + start_s:
                faults.append(f"{kind}: {code} after {seconds:.1f} s: {text}")
            elif code not in right | ended:
                faults.append(f"{kind}: exit {code}: {text}")


workers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join()
for name, count in sorted(counts.items()):
    print(f"{count:6}  {name}")
for fault in faults[:20]:
    print(fault, file=sys.stderr)
sys.exit(1 if faults else 0)
