#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Python takes the bytecode of an image as it is, whatever times the files had where they came from.
. "$(dirname "$0")/../lib.sh"
need strace strace
mkdir -p src/pkg && echo 'X = 1' >src/mod.py && echo 'Y = 22' >src/pkg/y.py && echo 'Z = 3' >src/pkg/z.py
compile() { # TIME [FLAG..]: all sources get the time, and are compiled again
  find src -name '*.py' -print0 | xargs -0 touch -d "$1"
  find src -name '*.pyc' -delete
  "$PY" -m compileall -q "${@:2}" src && "$PY" -O -m compileall -q "${@:2}" src && sleep 0.03
}
build() { "$FN" build -q -t py:1 --layer "code=${from:-src}" "$@"; }
# Python's own judgement: the paths of sources that it would compile again.
stale() { # [FLAG..]
  rm -rf tree
  "$FN" build -t py:1 --layer "code=${from:-src}" --digest-file digest "$@" >log 2>note || return
  "$FN" unpack -q py:1 tree >/dev/null || return
  "$PY" - <<'PY'
import glob, importlib._bootstrap_external as b, os
for pyc in sorted(glob.glob("tree/**/*.pyc", recursive=True)):
    source = b.source_from_cache(pyc) if "__pycache__" in pyc else pyc[:-1]
    data, status = open(pyc, "rb").read(), os.stat(source)
    try:
        if b._classify_pyc(data, pyc, {}) == 0:
            b._validate_timestamp_pyc(data, int(status.st_mtime), status.st_size, pyc, {})
    except ImportError:
        print(pyc)
PY
}

t 'as pip leaves it: each file and optimisation is valid, and it is said once'
compile 2024-01-02T03:04:05Z
before=$(tree src | sha256sum)
expect_same stale "$(stale)" ''
grep -q "'--bytecode keep' leaves it" note || die 'nothing was said'
expect_same source "$(tree src | sha256sum)" "$before"
first=$(cat digest)
t 'a rebuild says nothing, opens no file and gives the digest of a cold build'
strace -f -qq -o trace -e trace=openat2 "$FN" build -t py:1 --layer code=src --digest-file digest >log 2>note
expect_same rebuild "$(cat digest) $(cat note)" "$first "
case $(stat -f -c %T .) in ext2/ext3 | xfs | btrfs) expect_same opened "$(grep -c 'O_NONBLOCK' trace || true)" 0 ;; esac
expect_same cold "$(build --home other 2>/dev/null)" "$first"
expect_same 'the files by diff' "$("$FN" diff -q py:1 src)" ''

t 'other times of the sources give the same digest'
compile 2025-06-07T08:09:10.5Z
expect_same 'other times' "$(stale) $(cat digest)" " $first"
t 'and with an edit the digest of a cold build'
echo 'X = 2' >src/mod.py && compile 2025-06-07T08:09:11Z
expect_same edited "$(build 2>/dev/null)" "$(build --home other2 2>/dev/null)"

t 'kept: as it is'
expect_same kept "$(stale --bytecode keep | wc -l) $(cat note)" '6 '
diff -r src tree
expect_same 'matched again' "$(stale)" ''
printf 'tag = "py:1"\n[[layer]]\nname = "code"\nfrom = "src"\nbytecode = "keep"\n' >fnimg.toml
kept=$(build --bytecode keep)
expect_same 'in the file' "$("$FN" build -q -f fnimg.toml)" "$kept"
expect_same 'the flag wins' "$("$FN" build -q -f fnimg.toml --bytecode match 2>/dev/null)" "$(build 2>/dev/null)"
printf '[[layer]]\nname = "code"\nfrom = "src"\nbytecode = "hash"\n' >bad.toml
expect_exit 2 "$FN" build -t py:1 -f bad.toml
expect_stderr_has "'bytecode' must be"

t 'a time of the layer, an epoch, kept times, an archive'
expect_same time "$(stale --time code=315532800)" ''
expect_same 'in zip' "$(cd tree && "$PY" -c 'import zipfile; zipfile.ZipFile("../z.zip", "w").write("mod.py")' 2>&1)" ''
expect_same epoch "$(SOURCE_DATE_EPOCH=1600000000 stale)" ''
expect_same kept "$(stale --times keep) $(cat note)" ' '
tar -C src -cf src.tar .
expect_same archive "$(from=src.tar SOURCE_DATE_EPOCH=5 stale)" ''
expect_same 'archive as recorded' "$(from=src.tar stale) $(cat note)" ' '

t 'legacy places, hashes, sources that are not there, and stale files'
compile 2024-01-02T03:04:05Z -b
expect_same beside "$(stale)" ''
compile 2024-01-02T03:04:05Z --invalidation-mode checked-hash
expect_same hashes "$(stale) $(cat note)" ' '
compile 2024-01-02T03:04:05Z && touch -d 2024-02-02 src/mod.py && rm src/pkg/z.py
rm src/pkg/__pycache__/z.*
expect_same 'stale stays stale' "$(stale | wc -l)" 2

t 'a layer keeps its digest from commit to commit'
layer() { "$FN" inspect --json py:1 | jq -r '.layers[0].digest'; }
SOURCE_DATE_EPOCH=4000000000 build >/dev/null 2>&1 && old=$(layer)
SOURCE_DATE_EPOCH=4100000000 build >/dev/null 2>&1
expect_same 'files that are older' "$(layer)" "$old"
SOURCE_DATE_EPOCH=1500000000 build --time code=1400000000 --remove code=etc/x >/dev/null 2>&1 && old=$(layer)
find src -exec touch {} + # as a new checkout has it
SOURCE_DATE_EPOCH=1600000000 build --time code=1400000000 --remove code=etc/x --exclude '*.pyc' >/dev/null 2>&1
new=$(layer)
SOURCE_DATE_EPOCH=1700000000 build --time code=1400000000 --remove code=etc/x --exclude '*.pyc' >/dev/null 2>&1
expect_same 'a time of its own' "$(layer)" "$new"
expect_exit 2 "$FN" build -t py:1 --layer code=src --time code=yesterday
expect_stderr_has "'yesterday' is not a time" 'hint: '
