#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the directories that a machine may find after its power was cut.

    power_loss.py TRACE BEFORE ROOT OUT [POINTS]

TRACE is what `strace -f -y -xx` saw of one run that changed the directory ROOT, BEFORE a copy of ROOT from before. For
up to POINTS points of the run, and each model of what a disk keeps, OUT/NAME is made once with the directory of that
moment; a line for each says:
NAME, and whether it is of the end of the run ("end") or not ("cut"). The models, of what was not fsynced:

    lost     none of it is there: neither data nor names (of a directory: what it had at its own last fsync)
    kept     all of it is there
    empty    names are there, data is not: a file that was never fsynced has no bytes
    zeros    names and sizes are there, data is not
    random   some writes, in pieces of 4096 bytes, and some names are there

The log of SQLite's shared memory (*-shm) is written by mmap and never there.
"""
import hashlib
import os
import random
import re
import sys

MODELS = ('lost', 'kept', 'empty', 'zeros', *(f'random{n}' for n in range(8)))
PIECE = 4096


class File:
    def __init__(self, mode, synced=None):
        self.mode = mode
        self.data = bytearray(synced or b'')
        self.synced = synced  # None: never fsynced
        self.writes = []  # since then: (offset, bytes), or (size, None) for a new size
        self.position = 0

    def write(self, offset, data):
        self.data.extend(bytes(max(0, offset - len(self.data))))
        self.data[offset:offset + len(data)] = data
        while data:
            length = PIECE - offset % PIECE
            self.writes.append((offset, data[:length]))
            offset, data = offset + length, data[length:]

    def resize(self, size):
        self.data = self.data[:size].ljust(size, b'\0')
        self.writes.append((size, None))

    def sync(self):
        self.synced, self.writes = bytes(self.data), []

    def after(self, model, chance):
        synced = self.synced or b''
        if model == 'kept' or not self.writes and self.synced is not None:
            return bytes(self.data)
        if model in ('lost', 'empty'):
            return synced
        if model == 'zeros':
            return synced[:len(self.data)].ljust(len(self.data), b'\0')
        some = File(self.mode, synced)
        for offset, data in self.writes:
            if chance.random() < 0.5:
                some.write(offset, data) if data is not None else some.resize(offset)
        if chance.random() < 0.5:
            some.resize(len(self.data))
        return bytes(some.data)


class Directory:
    def __init__(self, mode, names=None):
        self.mode = mode
        self.names = dict(names or {})
        self.synced = dict(self.names)
        self.changes = []  # since the last fsync: {name: what is there now, or None}; a rename is one of two names

    def change(self, **names):
        self.changes.append(names)
        self.put(self.names, names)

    @staticmethod
    def put(into, names):
        for name, node in names.items():
            if node is None:
                into.pop(name, None)
            else:
                into[name] = node

    def sync(self):
        self.synced, self.changes = dict(self.names), []

    def after(self, model, chance):
        if not model.startswith('random'):
            return self.synced if model == 'lost' else self.names
        names = dict(self.synced)
        for change in self.changes:
            if chance.random() < 0.5:
                self.put(names, change)
        return names


def load(path):
    """A directory that has been on the disk for long."""
    names = {}
    for entry in os.scandir(path):
        if entry.is_dir(follow_symlinks=False):
            names[entry.name] = load(entry.path)
        else:
            with open(entry.path, 'rb') as file:
                names[entry.name] = File(entry.stat().st_mode & 0o7777, file.read())
    return Directory(os.stat(path).st_mode & 0o7777, names)


class Disk:
    def __init__(self, before, root):
        self.root = root
        self.top = load(before)
        self.unnamed = {}  # path as strace shows it -> file without a name
        self.by_number = {}  # descriptor -> the file without a name that it was opened for last

    def is_ours(self, path):
        return path == self.root or path.startswith(self.root + '/')

    def place(self, path):
        """The directory and the name in it."""
        node = self.top
        *above, name = path[len(self.root) + 1:].split('/')
        for part in above:
            node = node.names[part]
        return node, name

    def node(self, path, is_unnamed=False):
        if is_unnamed:
            return self.unnamed[path]
        if path == self.root:
            return self.top
        directory, name = self.place(path)
        # One that got a name by a link is shown by the one that it never had.
        return directory.names.get(name) or self.unnamed.get(path)

    # Each says True if something changed, "sync" if something became durable.

    def opened(self, flags, mode, number, path):
        if not self.is_ours(path):
            return False
        if 'O_TMPFILE' in flags:
            self.unnamed[path] = self.by_number[number] = File(mode)
            return False
        directory, name = self.place(path) if path != self.root else (None, None)
        node = directory.names.get(name) if directory else self.top
        if node is None:
            directory.change(**{name: File(mode)})
            return True
        if isinstance(node, File):
            node.position = 0
            if 'O_TRUNC' in flags and node.data:
                node.resize(0)
                return True
        return False

    def linked(self, source, path):
        if not self.is_ours(path):
            return False
        number = re.fullmatch(r'/proc/self/fd/(\d+)', source)
        node = self.by_number[int(number[1])] if number else self.node(source)
        directory, name = self.place(path)
        directory.change(**{name: node})
        return True

    def renamed(self, source, path):
        if not self.is_ours(path):
            return False
        (old, old_name), (new, new_name) = self.place(source), self.place(path)
        if old is not new:
            raise SystemExit(f'a rename from one directory to another is not in the model: {source} {path}')
        old.change(**{new_name: old.names[old_name], old_name: None})
        return True

    def removed(self, path):
        if not self.is_ours(path):
            return False
        directory, name = self.place(path)
        self.unnamed[path] = directory.names[name]
        directory.change(**{name: None})
        return True

    def made(self, path, mode):
        if not self.is_ours(path):
            return False
        directory, name = self.place(path)
        directory.change(**{name: Directory(mode)})
        return True

    def synced(self, path, is_unnamed):
        if not self.is_ours(path):
            return False
        self.node(path, is_unnamed).sync()
        return 'sync'


# --- the trace ------------------------------------------------------------------------------------------------------

STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
DESCRIPTOR = re.compile(r'^(?:AT_FDCWD|\d+)<(.*)>(\(deleted\))?$')


def unescaped(text):
    return re.sub(r'\\x([0-9a-f]{2})', lambda m: chr(int(m[1], 16)), text)


def arguments(text):
    """Splits at commas outside of strings, brackets and <..>."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, c in enumerate(text):
        if c == '"':
            quoted = not quoted
        elif not quoted and c in '[{<(':
            depth += 1
        elif not quoted and c in ']}>)':
            depth -= 1
        elif c == ',' and depth == 0 and not quoted:
            parts.append(text[start:at].strip())
            start = at + 1
    return parts + [text[start:].strip()]


def data_of(argument):
    data = b''
    for found in STRING.finditer(argument):
        if found[2]:
            raise SystemExit('strace cut data short')
        data += bytes.fromhex(found[1].replace('\\x', ''))
    return data


def text_of(argument):
    return data_of(argument).decode()


def path_of(descriptor):
    return unescaped(DESCRIPTOR.match(descriptor)[1])


def is_unnamed(descriptor):
    return DESCRIPTOR.match(descriptor)[2] is not None


def joined(descriptor, name):
    return os.path.normpath(os.path.join(path_of(descriptor), text_of(name)))


def calls(trace):
    """(name, arguments, result) of each call that succeeded, when it ended."""
    unfinished = {}
    for line in open(trace):
        pid, line = line.rstrip('\n').split(None, 1)
        if line.endswith('<unfinished ...>'):
            unfinished[pid] = line[:-len('<unfinished ...>')]
            continue
        if resumed := re.match(r'<\.\.\. \w+ resumed>', line):
            line = unfinished.pop(pid) + line[resumed.end():]
        call = re.match(r'(\w+)\((.*)\)\s+= (\d+)(?:<(.*)>)?', line)
        if call:
            yield call[1], arguments(call[2]), int(call[3]), unescaped(call[4] or '')


def follow(disk, cwd, name, args, result, result_path):
    """Does to the disk what a call did."""
    absolute = lambda argument: os.path.normpath(os.path.join(cwd, text_of(argument)))
    if name == 'openat':
        mode = int(args[3], 8) & ~0o022 if len(args) > 3 else 0o644
        return 'O_' in args[2] and re.search('O_CREAT|O_TMPFILE|O_TRUNC|O_RDWR|O_WRONLY', args[2]) and disk.opened(
            args[2], mode, result, result_path)
    if name in ('fsync', 'fdatasync'):
        return disk.synced(path_of(args[0]), is_unnamed(args[0]))
    if name in ('write', 'writev', 'pwrite64', 'ftruncate', 'fallocate', 'lseek'):
        path = path_of(args[0])
        if not disk.is_ours(path) or path.endswith('-shm'):
            return False
        file = disk.node(path, is_unnamed(args[0]))
        if name == 'lseek':
            file.position = result
            return False
        if name == 'ftruncate':
            file.resize(int(args[1]))
        elif name == 'fallocate':
            if args[1] != '0':
                raise SystemExit(f'fallocate({args[1]}) is not in the model')
            file.resize(max(len(file.data), int(args[2]) + int(args[3])))
        elif name == 'pwrite64':
            file.write(int(args[3]), data_of(args[1])[:result])
        else:
            file.write(file.position, data_of(args[1])[:result])
            file.position += result
        return True
    if name == 'linkat':
        return disk.linked(joined(args[0], args[1]), joined(args[2], args[3]))
    if name in ('renameat', 'renameat2'):
        return disk.renamed(joined(args[0], args[1]), joined(args[2], args[3]))
    if name == 'rename':
        return disk.renamed(absolute(args[0]), absolute(args[1]))
    if name == 'unlinkat':
        return disk.removed(joined(args[0], args[1]))
    if name in ('unlink', 'rmdir'):
        return disk.removed(absolute(args[0]))
    if name == 'mkdir':
        return disk.made(absolute(args[0]), int(args[1], 8) & ~0o022)
    if name == 'mkdirat':
        return disk.made(joined(args[0], args[1]), int(args[2], 8) & ~0o022)
    if any(disk.is_ours(unescaped(path)) for path in re.findall(r'<([^>]*)>', ' '.join(args))):
        raise SystemExit(f'{name} is not in the model')
    return False


# --- what is found --------------------------------------------------------------------------------------------------


def found(node, model, chance):
    """(path, mode, bytes or None) of all that is there, a directory before what is in it."""
    yield '', node.mode, None
    names = node.after(model, chance)
    for name in sorted(names):
        below = names[name]
        if name.endswith('-shm'):
            continue
        if isinstance(below, File):
            yield name, below.mode, below.after(model, chance)
        else:
            for path, mode, data in found(below, model, chance):
                yield os.path.join(name, path) if path else name, mode, data


def write(out, files):
    for path, mode, data in files:
        target = os.path.join(out, path)
        if data is None:
            os.mkdir(target)
        else:
            with open(target, 'wb') as file:
                file.write(data)
        os.chmod(target, mode)


def sample(kinds, count):
    """Where to look: after all that was made durable, and as many others as `count` allows. Always the end."""
    points = {n for n, kind in enumerate(kinds) if kind == 'sync'}
    if len(points) > count:
        points = set(random.Random(2).sample(sorted(points), count))
    others = [n for n in range(min(points, default=0), len(kinds)) if n not in points]
    points |= set(random.Random(1).sample(others, min(len(others), max(0, count - len(points)))))
    return points | {len(kinds) - 1}


def main():
    trace, before, root, out = sys.argv[1:5]
    count = int(sys.argv[5]) if len(sys.argv) > 5 else 60
    cwd = os.getcwd()
    all_calls = list(calls(trace))
    disk = Disk(before, root)
    changes = [(call, kind) for call in all_calls if (kind := follow(disk, cwd, *call))]
    if not changes:
        raise SystemExit('the trace has no change')
    points = sample([kind for _, kind in changes], count)
    disk = Disk(before, root)
    at = -1
    seen = set()
    for call in all_calls:
        if not follow(disk, cwd, *call):
            continue
        at += 1
        if at not in points:
            continue
        end = at == len(changes) - 1
        for model in MODELS:
            files = list(found(disk.top, model, random.Random(f'{at} {model}')))
            digest = hashlib.sha256(repr((end, files)).encode()).digest()
            if digest in seen:
                continue
            seen.add(digest)
            name = f'{at:03}-{call[0]}-{model}'
            write(os.path.join(out, name), files)
            print(name, 'end' if end else 'cut')


if __name__ == '__main__':
    main()
