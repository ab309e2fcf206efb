#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Foreign archives: what fn-archive makes of each format, what it refuses, that it works behind a wall, and that fnimg
# believes it only when it has ended well. The contract is at the top of tools/libexec/fn_archive.cpp.
. "$(dirname "$0")/../lib.sh"
need zip zip
need strace strace
HELPER=$BUILD/tools/libexec/fn-archive

convert() { "$HELPER" <"$1" >"$1.out" || die "$1: exit $?"; } # FILE
unpack() { rm -rf "$2" && mkdir "$2" && convert "$1" && tar -xpf "$1.out" -C "$2"; } # FILE DIRECTORY
list() { convert "$1" && tar -tf "$1.out"; } # FILE
# FILE CODE MESSAGE: the message is all that is on stderr
refuses() {
  expect_exit "$2" sh -c '"$1" <"$2" >/dev/null' sh "$HELPER" "$1"
  expect_same "the message for $1" "$(cat err)" "$3"
}
# FROM TO EXPRESSION
change() {
  "$PY" -c 'import sys; data = open(sys.argv[1], "rb").read(); open(sys.argv[2], "wb").write(eval(sys.argv[3]))' "$@"
}

mkdir -p src/ä/b src/empty
printf 'hello\n' >src/ä/b/日本
head -c 300000 /dev/urandom >src/big
: >src/nothing
ln -s ä/b/日本 src/link
chmod 4755 src/big && chmod 700 src/empty
find src -exec touch -hd '2021-03-04T05:06:07Z' {} +

t 'a tar goes through byte for byte, whatever it is compressed with, from a file and from a pipe'
tar -cf a.tar src
gzip -k a.tar && xz -k a.tar && zstd -q a.tar && xz -k --format=lzma a.tar
! command -v bzip2 >/dev/null || bzip2 -k a.tar
for file in a.tar*; do
  convert "$file"
  cmp a.tar "$file.out"
  # shellcheck disable=SC2002 # a pipe is the point
  cat "$file" | "$HELPER" | cmp a.tar -
done
(cat a.tar.xz && xz -c <a.tar) >two.xz
[ "$("$HELPER" <two.xz | wc -c)" = $((2 * $(wc -c <a.tar))) ] || die 'a second xz stream is lost'

t 'a tar from before POSIX'
tar -cf v7.tar --format=v7 src/big
convert v7.tar && cmp v7.tar v7.tar.out

t 'zip: names, modes, links and times'
zip -qry a.zip src
unpack a.zip x
same_tree src x/src --ignore dirmtime,linkmtime,owner --seconds

t 'zip: Unicode names as UTF-8, other names as their bytes, times of no zone'
"$PY" - <<'PY'
import zipfile
with zipfile.ZipFile("py.zip", "w") as z:
    z.writestr(zipfile.ZipInfo("plain.txt", (2020, 1, 2, 3, 4, 6)), "x")
    z.writestr(zipfile.ZipInfo("\u65e5/\u00e4.txt", (2020, 7, 2, 3, 4, 6)), "y")
PY
change py.zip raw.zip 'data.replace(b"plain.txt", b"pl\xff\xe9n.txt")'
expect_same names "$(list raw.zip)" $'pl\\377\\351n.txt\n日/ä.txt'
convert py.zip
cp py.zip.out utc.tar
for zone in America/New_York Asia/Tokyo; do TZ=$zone "$HELPER" <py.zip | cmp utc.tar -; done
expect_same time "$(tar -tvf utc.tar --full-time | awk '/plain/ {print $4, $5}')" '2020-01-02 03:04:06'
change py.zip lie.zip 'data.replace("\u65e5".encode(), b"\xff\xfe\xfd")'
refuses lie.zip 6 'pathname cannot be converted from UTF-8 to current locale'

t 'paths are not cleaned: that is for the client to refuse'
change py.zip up.zip 'data.replace(b"plain.txt", b"../../x.y")'
expect_same names "$(list up.zip 2>/dev/null | sed -n 1p)" ../../x.y

t 'cpio: owners, devices, and a file with several names whose content stands with the last'
"$PY" - <<'PY'
def member(name, mode, data=b"", ino=0, nlink=1, rdev=(0, 0), uid=0, gid=0):
    fields = (ino, mode, uid, gid, nlink, 1600000000, len(data), 0, 0, *rdev, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name + b"\0"
    return head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4)

END = member(b"TRAILER!!!", 0)
links = dict(mode=0o100640, ino=7, nlink=3, uid=70000, gid=8)
with open("a.cpio", "wb") as file:
    file.write(member(b"first", **links) + member(b"second", **links) + member(b"between", 0o100600, b"x", ino=9)
               + member(b"third", data=b"content\n", **links) + member(b"null", 0o20666, rdev=(1, 3))
               + member(b"e1", 0o100600, ino=11, nlink=2) + member(b"e2", 0o100600, ino=11, nlink=2)
               + member(b"raw\xff", 0o100600, b"r") + END)
open("socket.cpio", "wb").write(member(b"s\x1b[2J", 0o140777) + END)
open("behind.cpio", "wb").write(member(b"a", 0o100600, b"a") + END + member(b"b", 0o100600, b"b") + END)
open("padded.cpio", "wb").write(member(b"a", 0o100600, b"a") + END + bytes(1000))
open("cut.cpio", "wb").write(member(b"a", 0o100600, b"abcdefgh" * 100)[:-100])
PY
convert a.cpio
expect_same members "$(tar --numeric-owner -tvf a.cpio.out | awk '{print $1, $2, $3, $6, $7, $8, $9}' |
  sed 's/ *$//')" \
  "-rw------- 0/0 1 between
-rw-r----- 70000/8 8 third
hrw-r----- 70000/8 0 first link to third
hrw-r----- 70000/8 0 second link to third
crw-rw-rw- 0/0 1,3 null
-rw------- 0/0 1 raw\\377
-rw------- 0/0 0 e1
hrw------- 0/0 0 e2 link to e1"
expect_same content "$(tar -xOf a.cpio.out third)" content
gzip -k a.cpio && convert a.cpio.gz && cmp a.cpio.out a.cpio.gz.out
expect_same padded "$(list padded.cpio)" a
refuses socket.cpio 6 "entry 's\\x1b[2J': of a type that cannot be stored in a tar"
refuses behind.cpio 6 'has data after the end of the archive'
refuses cut.cpio 6 "entry 'a': corrupt or truncated"

t 'a Debian package is the record of it, and what its data.tar holds'
mkdir -p deb/DEBIAN deb/usr/bin && echo tool >deb/usr/bin/tool
printf 'Package: a\nVersion: 1\nArchitecture: all\nMaintainer: me\nDescription: x\n' >deb/DEBIAN/control
(cd deb && md5sum usr/bin/tool >DEBIAN/md5sums)
for codec in none gzip xz zstd; do
  dpkg-deb --root-owner-group "-Z$codec" -b deb "$codec.deb" >/dev/null 2>&1 || continue # old ones have no zstd
  convert "$codec.deb"
  dpkg-deb --fsys-tarfile "$codec.deb" >data.tar && tail -c "$(wc -c <data.tar)" "$codec.deb.out" | cmp - data.tar
  expect_same record "$(tar -tf "$codec.deb.out" | paste -sd' ')" \
    'var/ var/lib/ var/lib/dpkg/ var/lib/dpkg/status.d/ var/lib/dpkg/status.d/a var/lib/dpkg/status.d/a.md5sums '"$(
      tar -tf data.tar | paste -sd' ')"
  tar -xOf "$codec.deb.out" var/lib/dpkg/status.d/a | cmp - deb/DEBIAN/control
done
echo 2.0 >debian-binary && echo no tar >data.tar.gz && cp data.tar.gz other && ar x none.deb control.tar
ar rc empty.deb debian-binary control.tar && refuses empty.deb 6 'a Debian package without a data.tar'
ar rc text.deb debian-binary control.tar data.tar.gz && refuses text.deb 6 'data.tar.gz: not a tar'
xz <a.tar >data.tar.xz && xz <a.tar >data.tar
ar rc twice.deb debian-binary control.tar data.tar.xz data.tar &&
  refuses twice.deb 6 'a Debian package with more than one data.tar'
head -c 20000 data.tar.xz >data.tar.gz
ar rc cut.deb debian-binary control.tar data.tar.gz && refuses cut.deb 6 'data.tar.gz: truncated compressed data'

t 'a record that lies is refused; a list that no reader takes is left out'
control() { # FILE CONTROL MD5SUMS : a package with these control files
  printf %b "$2" >control && printf %b "$3" >md5sums && tar -cf control.tar ./control ./md5sums &&
    tar -cf data.tar deb/usr
  rm -f "$1" && ar rc "$1" debian-binary control.tar data.tar
}
lie='control.tar: a Debian package whose control file has no name and version'
for name in ../x a/b '' .a A 'a b' a:b; do
  control lie.deb "Package: $name\nVersion: 1\n" '' && refuses lie.deb 6 "$lie"
done
control lie.deb 'Package: a\nDescription: x\n Version: 1\n' '' && refuses lie.deb 6 "$lie"
for sums in 'text' "$(printf '%032d' 1) one blank" 'D41D8CD98F00B204E9800998ECF8427E  a'; do
  control list.deb 'package: a-1+b\nVERSION:\t1\n' "$sums" && convert list.deb
  expect_same 'without a list' "$(tar -tf list.deb.out | grep status.d/.)" var/lib/dpkg/status.d/a-1+b
done
rm control control.tar && echo none >control.tar && ar rc no.deb debian-binary control.tar data.tar
refuses no.deb 6 'control.tar: not a tar'

t 'an ar is its members, without the table of symbols'
echo 'int answer(void) { return 42; }' >answer.c && cc -c answer.c && ar rcs lib.a answer.o other
expect_same members "$(list lib.a)" $'answer.o\nother'
tar -xOf lib.a.out answer.o | cmp - answer.o

t 'what is damaged, cut short or no archive'
refuses /dev/null 6 'the archive is empty'
: | xz >none.xz && refuses none.xz 6 'empty or corrupt xz data'
: | gzip >none.gz && refuses none.gz 6 'the compressed archive is empty'
echo 'just text' >text && refuses text 6 'corrupt, or not an archive of a known format'
head -c 50000 a.tar.xz >cut.xz && refuses cut.xz 6 'truncated compressed data'
head -c 50000 a.tar.zst >cut.zst && refuses cut.zst 6 'truncated zstd input'
change a.tar.xz flip.xz 'data[:40000] + bytes([data[40000] ^ 1]) + data[40001:]'
refuses flip.xz 6 'lzma library error: Corrupted input data'
change a.tar.gz sum.gz 'data[:-6] + bytes([data[-6] ^ 1]) + data[-5:]' # libarchive doesn't look
refuses sum.gz 6 'corrupt gzip stream: wrong checksum or length'
change py.zip crc.zip 'data.replace(b"y" + b"PK", b"z" + b"PK")'
expect_exit 6 sh -c '"$1" <crc.zip >/dev/null' sh "$HELPER"
expect_stderr_has "entry '日/ä.txt': ZIP bad CRC"
zip -qe -P secret secret.zip text
refuses secret.zip 6 "entry 'text': passphrase required for this entry"
for size in 1 4 20 100 1000 5000 100000 200000; do
  for file in a.tar.gz a.tar.xz a.tar.zst a.zip none.deb xz.deb; do
    [ "$size" -lt "$(wc -c <"$file")" ] || continue
    head -c "$size" "$file" >part
    expect_exit 6 sh -c '"$1" <part >/dev/null' sh "$HELPER"
    expect_same "lines about $size bytes of $file" "$(wc -l <err)" 1
  done
done

t 'a bomb'
head -c 500000000 /dev/zero | bzip2 >bomb.bz2
refuses bomb.bz2 6 'expands to more than 32768 times its size'

t 'usage, read and write errors'
expect_exit 2 "$HELPER" --help </dev/null
expect_exit 2 sh -c 'cat a.zip | "$1" >/dev/null' sh "$HELPER"
expect_same message "$(cat err)" "a zip archive cannot be read from a pipe: save it to a file first"
expect_exit 3 sh -c '"$1" <a.tar >/dev/full' sh "$HELPER"
expect_exit 3 sh -c '"$1" <. >/dev/null' sh "$HELPER"

t 'the wall stands before the first byte is read'
mkfifo held
"$HELPER" <held >/dev/null 2>&1 &
pid=$!
exec 9>held
for _ in $(seq 100); do grep -q '^Seccomp:.*2' "/proc/$pid/status" && break || sleep 0.05; done
expect_same wall "$(awk '/^(NoNewPrivs|Seccomp):/ {print $2}' "/proc/$pid/status" | paste -sd' ')" '1 2'
[ "$(awk '/^Max core/ {print $5}' "/proc/$pid/limits")" = 0 ] || die 'it may dump core'
exec 9>&-
wait "$pid" && die 'an empty pipe is no archive' || true
for file in a.tar.xz a.zip xz.deb a.cpio flip.xz; do
  strace -f -o trace "$HELPER" <"$file" >/dev/null 2>&1 || true
  sed '1,/SECCOMP_SET_MODE_FILTER, 0,/d' trace >after
  grep -q 'read(0' after || die "nothing is read behind the wall: $file"
  ! grep -qE '\b(open|openat|openat2|socket|connect|clone|clone3|fork|vfork|execve|ptrace|kill)\(' after ||
    die "$file: $(cat after)"
  ! sed '/SECCOMP_SET_MODE_FILTER, 0,/q' trace | grep -q '^[0-9]* *read(0' || die "$file is read before the wall"
done

t 'fnimg throws away what a helper that fails has written'
mkdir fake
# Writes a whole tar before it does what SCRIPT says; its environment is empty.
# SCRIPT
helper() { printf '#!/bin/bash\ncat %q\n%s\n' "$WORK/a.tar" "$1" >fake/fn-archive && chmod +x fake/fn-archive; }
ln -s "$BUILD/tools/libexec/fnimg-verbs" fake/
build() { FN_LIBEXEC=$WORK/fake "$FN" build -t x:1 --layer a=a.tar.xz; }
export -f build
helper true
expect_exit 0 bash -c build
expect_exit 0 "$FN" rm x:1
helper 'echo "no good" >&2; exit 6'
expect_exit 6 bash -c build
expect_stderr_has "'a.tar.xz': no good"
expect_exit 4 "$FN" inspect x:1
t 'a helper that the wall stops, that dies, that says nothing, that says too much'
helper 'kill -SYS $$'
expect_exit 3 bash -c build
expect_stderr_has "'a.tar.xz': the archive helper was stopped by its sandbox" 'hint: '
helper 'kill -SEGV $$'
expect_exit 3 bash -c build
expect_stderr_has "'a.tar.xz': the archive helper was killed by signal 11"
helper 'exit 70'
expect_exit 3 bash -c build
expect_stderr_has "'a.tar.xz': the archive helper failed with exit code 70"
helper 'head -c 3000000 /dev/zero | tr "\0" "\033" >&2; exit 6'
expect_exit 6 timeout 60 bash -c build
expect_stderr_has '\x1b\x1b'
[ "$(wc -c <err)" -lt 40000 ] || die 'all of it is repeated'
expect_exit 4 "$FN" inspect x:1

t 'what needs another writer: 7z, and the filters that are left'
need bsdtar libarchive-tools
bsdtar -cf a.7z --format=7zip src
unpack a.7z x
same_tree src x/src --ignore dirmtime,linkmtime,owner --seconds
for filter in compress lz4 lzip; do
  bsdtar -c "--$filter" -f "a.$filter" @a.tar 2>/dev/null || continue # an option of how it was built
  expect_same "members in $filter" "$(list "a.$filter" | sort)" "$(tar -tf a.tar | sort)"
done
for format in odc bin; do
  bsdtar -cf "a.$format" "--format=$format" src/big src/link
  expect_same "members in $format" "$(list "a.$format")" $'src/big\nsrc/link'
done
