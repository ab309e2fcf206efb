# SPDX-License-Identifier: Apache-2.0
"""damaged_state.py FNIMG ROUNDS [SEED]: damages copies of $FN_HOME, whose halves had the contents of history/*.

The judge knows state.db by Python's sqlite3 and index.json by its json: what either of them, after the damage, names
and has all blobs must still have them all, and be in index.json, when a few commands and gc have run and fsck finds
nothing. If a command refuses a damaged state.db, its advice is followed: the file is moved away.
"""
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys

REF_NAME = 'org.opencontainers.image.ref.name'
HALVES = ('state.db', 'index.json')
fnimg, rounds = sys.argv[1], int(sys.argv[2])
seeds = [int(sys.argv[3])] if len(sys.argv) > 3 and sys.argv[3] else range(rounds)
good = os.environ['FN_HOME']
home = good + '.damaged'
history = sorted(os.listdir('history'), key=int)


def read(name):
    with open(os.path.join(home, name), 'rb') as file:
        return file.read()


def write(name, data):
    with open(os.path.join(home, name), 'wb') as file:
        file.write(data)


def remove(name):
    if os.path.exists(os.path.join(home, name)):
        os.remove(os.path.join(home, name))


def damage(rng):
    """Does one thing to one half, or to both, and says what."""
    half = rng.choice(HALVES)
    kind = rng.choice(('delete', 'cut', 'older', 'older', 'swap', 'bytes', 'zeros', 'empty', 'marker', 'log'))
    if kind == 'swap':
        data = [read(name) if os.path.exists(os.path.join(home, name)) else b'' for name in HALVES]
        write(HALVES[0], data[1])
        write(HALVES[1], data[0])
    elif kind == 'marker':
        remove('oci-layout')
    elif kind == 'log':
        write('state.db-wal', rng.randbytes(rng.randrange(5000)))
    elif kind == 'delete':
        remove(half)
    elif kind == 'older':
        moment = rng.choice(history)
        shutil.copy(os.path.join('history', moment, half), os.path.join(home, half))
        return f'{half} of moment {moment}'
    elif os.path.exists(os.path.join(home, half)) and (data := bytearray(read(half))):
        at = rng.randrange(len(data))
        if kind == 'bytes':
            for _ in range(rng.choice((1, 1, 20))):
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        elif kind == 'zeros':
            data[at:at + 4096] = bytes(len(data[at:at + 4096]))
        else:
            del data[at if kind == 'cut' else 0:]
        write(half, data)
    return f'{kind} {half}'


def blob(digest):
    return os.path.join(home, 'blobs/sha256', digest[7:])


def needs(digest):
    """The blobs of an image; nothing if it is not whole."""
    try:
        with open(blob(digest), 'rb') as file:
            manifest = json.load(file)
        digests = [digest, manifest['config']['digest']] + [layer['digest'] for layer in manifest['layers']]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return digests if all(os.path.exists(blob(one)) for one in digests) else []


def named_by_database():
    copy = home + '.copy'
    shutil.rmtree(copy, ignore_errors=True)
    os.mkdir(copy)
    try:
        for name in ('state.db', 'state.db-wal'):
            if os.path.exists(os.path.join(home, name)):
                shutil.copy(os.path.join(home, name), copy)
        if not os.path.exists(copy + '/state.db'):
            return set()
        db = sqlite3.connect(copy + '/state.db')
        if db.execute('PRAGMA integrity_check').fetchone()[0] != 'ok':
            return set()
        return {str(row[0]) for row in db.execute('SELECT digest FROM image')}
    except sqlite3.DatabaseError:
        return set()


def named_by_index():
    try:
        return {entry['digest'] for entry in json.loads(read('index.json'))['manifests']}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def run(*words):
    """One command; moves state.db away if it is told to, and then once more."""
    env = dict(os.environ, FN_HOME=home)
    done = subprocess.run([fnimg, *words], env=env, capture_output=True, text=True, check=False)
    if done.returncode == 6 and 'state.db' in done.stderr:
        remove('state.db.bad')
        os.rename(os.path.join(home, 'state.db'), os.path.join(home, 'state.db.bad'))
        done = subprocess.run([fnimg, *words], env=env, capture_output=True, text=True, check=False)
    return done


def one_round(seed):
    rng = random.Random(seed)
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(good, home, symlinks=True)
    done = [damage(rng) for _ in range(rng.choice((1, 1, 2, 3)))]
    kept = {digest: needs(digest) for digest in named_by_database() | named_by_index()}
    said = []
    for words in rng.sample((('ls',), ('fsck',), ('gc',), ('tag', 'a:1', 'new:1'), ('rm', 'same:1'),
                             ('build', '-t', 'd:1', '--layer', 'x=s1'), ('build', '-t', 'a:1', '--layer', 'x=s2')), 4):
        if words[0] == 'rm' or words[-1] == 'x=s2':
            # What a command takes a name from may go; here all that is named has another name too.
            for n, digest in enumerate(sorted(kept)):
                run('tag', digest, f'kept{n}:1')
        result = run(*words)
        said.append(f"{' '.join(words)}: {result.returncode} {result.stderr}")
    for words in (('gc',), ('fsck',), ('gc',), ('fsck',)):
        result = run(*words)
        if 'state.db: is corrupt' in result.stdout:
            remove('state.db')
            result = run('ls')
        said.append(f"{' '.join(words)}: {result.returncode} {result.stdout} {result.stderr}")
    lost = [digest for digest, blobs in kept.items() if blobs and not (needs(digest) and digest in named_by_index())]
    if lost or result.returncode != 0:
        print(f'FN_SEED={seed}: after {done}', *(f'lost: {digest}' for digest in lost), *said, sep='\n  ')
        sys.exit(1)
    return len(kept)


total = sum(one_round(seed) for seed in seeds)
if total == 0:
    sys.exit('no damage left a half that names anything')
print(f'{len(seeds)} damages, {total} images that one half still named: none was lost')
