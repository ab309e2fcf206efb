#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs clang-tidy over the sources of common/ and tools/, and over the headers that they include.

tidy.py COMPILE_COMMANDS.JSON CACHE VERSION    exit 1 if clang-tidy finds something; what it finds is printed

A pass is remembered in the folder CACHE, under a key that changes with the source, with each header of the project
that it includes, directly or not, with the command that compiles it, with .clang-tidy, and with the file VERSION.

A few sources are looked at one by one, so that each is seen to stand on its own. Where many have changed, most of the
time would go into headers of the standard library; so those of one target with the same command are first looked at
together, as one source that includes 16 of them, which takes as long as three. What is found there counts only if it
is found again in the source alone, since together they see each other's names. With FN_SOAK=1 each is alone.
"""
import concurrent.futures
import hashlib
import itertools
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

repo = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
included = re.compile(rb'^#include "([^"]+)"', re.MULTILINE)
finding = re.compile(r"^(/[^:\n]+):\d+:\d+: (?:error|warning): ", re.MULTILINE)
few, together = 24, 16
contents, direct = {}, {}


def content_of(path):
    if path not in contents:
        with open(path, "rb") as file:
            contents[path] = file.read()
    return contents[path]


def includes_of(path, folders):
    """The headers of the project that the file at `path` includes itself."""
    if path not in direct:
        direct[path] = []
        for name in included.findall(content_of(path)):
            candidates = (os.path.realpath(os.path.join(folder, name.decode())) for folder in folders)
            direct[path] += [found for found in candidates if os.path.isfile(found)][:1]
    return direct[path]


def flags_of(entry):
    """The words of the command without the compiler, the output and the source."""
    words = shlex.split(entry["command"])[1:]
    at = words.index("-o")
    return words[:at] + [word for word in words[at + 2 :] if word not in ("-c", entry["file"])]


def key_of(entry, configuration):
    source = os.path.realpath(entry["file"])
    folders = [os.path.dirname(source)] + [flag[2:] for flag in flags_of(entry) if flag.startswith("-I")]
    seen, ahead = set(), [source]
    while ahead:
        path = ahead.pop()
        if path not in seen:
            seen.add(path)
            ahead += includes_of(path, folders)
    digest = hashlib.sha256(configuration)
    for path in sorted(seen):
        digest.update(path.removeprefix(repo).encode() + b"\0" + hashlib.sha256(content_of(path)).digest())
    digest.update(entry["command"].replace(repo, "").encode())
    return digest.hexdigest()[:32]


def clang_tidy(source, flags, *options):
    command = ["clang-tidy", "--quiet", f"--config-file={repo}/.clang-tidy", "--warnings-as-errors=*", *options]
    return subprocess.run([*command, source, "--", *flags], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          encoding="utf-8", errors="replace", check=False)


def suspects(batch, flags, folder):
    """Those of `batch` in which something may be found: all, unless what was found names some of them and no more."""
    if len(batch) == 1:
        return batch
    source = os.path.join(folder, hashlib.sha256("".join(batch).encode()).hexdigest() + ".cpp")
    with open(source, "w", encoding="utf-8") as file:
        file.writelines(f'#include "{path}"\n' for path in batch)
    run = clang_tidy(source, flags, "--checks=-bugprone-suspicious-include")
    if run.returncode == 0:
        return []
    named = set(finding.findall(run.stdout))
    # One that crashed names none; one that could not compile a source did not come to all the others.
    complete = run.returncode == 1 and named and named <= set(batch) and "[clang-diagnostic-error" not in run.stdout
    return [path for path in batch if path in named] if complete else batch


def look_at(batch, flags, keys, folder):
    """What is found in the sources of `batch`, as text. What has passed is remembered."""
    found = ""
    ahead = suspects(batch, flags, folder)
    for source in batch:
        run = clang_tidy(source, flags) if source in ahead else None
        if run is None or run.returncode == 0:
            open(os.path.join(cache, keys[source]), "w", encoding="utf-8").close()
        else:
            found += run.stdout or f"{source}: clang-tidy gave no reason\n"
    return found


cache = sys.argv[2]
with open(sys.argv[1], encoding="utf-8") as file:
    entries = [entry for entry in json.load(file) if entry["file"].startswith((f"{repo}/common/", f"{repo}/tools/"))]
if not entries:
    sys.exit("tidy.py: there is nothing to look at")
configuration = content_of(f"{repo}/.clang-tidy") + content_of(sys.argv[3])
keys = {entry["file"]: key_of(entry, configuration) for entry in entries}
stale = sorted(((flags_of(entry), entry["file"]) for entry in entries
                if not os.path.exists(os.path.join(cache, keys[entry["file"]]))))
if len(stale) <= few or os.environ.get("FN_SOAK"):
    together = 1
else:
    print("not run: clang-tidy over each source alone, since many have changed (sixteen together were)")
batches = []
for flags, group in itertools.groupby(stale, key=lambda pair: pair[0]):
    sources = [source for _, source in group]
    count = -(-len(sources) // together)
    batches += [(sources[i::count], flags) for i in range(count)]
with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    ordered = sorted(batches, key=lambda batch: -len(batch[0]))
    texts = list(pool.map(lambda batch: look_at(*batch, keys, scratch), ordered))
print("".join(texts), end="")
sys.exit(1 if any(texts) else 0)
