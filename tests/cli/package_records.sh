#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Layers made of packages carry what package managers would have noted, so that all that asks for packages sees them.
. "$(dirname "$0")/../lib.sh"
need jq jq
need dpkg-deb dpkg
need ar binutils
deb() { # NAME VERSION FIELD.. : builds NAME_VERSION.deb
  local root="root-$1-$2"
  mkdir -p "$root/DEBIAN" "$root/usr/share/$1"
  echo "$1 $2" >"$root/usr/share/$1/data"
  printf '%s\n' "Package: $1" "Version: $2" 'Maintainer: me <me@example.org>' 'Description: x' "${@:3}" \
    >"$root/DEBIAN/control"
  (cd "$root" && find usr -type f -exec md5sum {} + >DEBIAN/md5sums)
  dpkg-deb --root-owner-group -b "$root" "$1_$2.deb" >/dev/null
}
for version in 1.0 2.0; do deb tool $version 'Architecture: all'; done
deb lib 1:3.1-2 'Architecture: amd64' 'Multi-Arch: same'
deb extra 1 'Architecture: all' 'Description-de: ä'

t 'diff, size and budgets see the packages of a layer of .deb files'
"$FN" build -q -t app:1 --layer 'runtime=tool_1.0.deb' --layer 'runtime=lib*.deb' --layer extra=extra_1.deb >/dev/null
"$FN" build -q -t app:2 --layer 'runtime=tool_2.0.deb' --layer 'runtime=lib*.deb' >/dev/null
expect_exit 0 "$FN" diff app:1 app:2 --by package
expect_stdout_has 'tool   1.0 -> 2.0' 'extra'
expect_exit 0 "$FN" size app:1 --by package --json
expect_same sizes "$(json '[.packages[] | "\(.name) \(.version) \(.files)"] | sort | join(", ")')" \
  'extra 1 1, lib 1:3.1-2 1, tool 1.0 1'
printf '[budget]\nno_downgrade = true\nno_removed_packages = true\n' >budget.toml
expect_exit 1 "$FN" diff app:2 app:1 --budget budget.toml
expect_stdout_has "'tool' is downgraded from 2.0 to 1.0"
expect_exit 1 "$FN" diff app:1 app:2 --budget budget.toml
expect_stdout_has "'extra' was removed"

t 'the record is the control file, as other readers of such images expect it'
"$FN" unpack -q app:1 tree >/dev/null
cmp tree/var/lib/dpkg/status.d/tool root-tool-1.0/DEBIAN/control
cmp tree/var/lib/dpkg/status.d/lib.md5sums 'root-lib-1:3.1-2/DEBIAN/md5sums'
(cd tree && cat var/lib/dpkg/status.d/*.md5sums | md5sum -c --quiet)
expect_same mode "$(stat -c %a tree/var/lib/dpkg/status.d/tool tree/var/lib | paste -sd' ')" '644 755'

t 'a package above another version of itself is one package'
"$FN" build -q -t up:1 --from app:1 --layer fix=tool_2.0.deb >/dev/null
expect_exit 0 "$FN" diff app:1 up:1 --by package
expect_stdout_has 'tool  1.0 -> 2.0'

t 'who wants none leaves it out, and the same packages give the same bytes'
"$FN" build -q -t bare:1 --layer runtime=tool_1.0.deb --exclude var/lib/dpkg >/dev/null
! "$FN" files -q bare:1 | grep dpkg || die 'the record is there'
expect_same digest "$("$FN" build -q -t again:1 --home other --layer runtime=tool_1.0.deb)" \
  "$("$FN" build -q -t again:1 --layer 'runtime=tool_1*.deb' --jobs 1)"

apk() { # NAME VERSION FILE.. : builds NAME-VERSION.apk of files below root-NAME-VERSION, as abuild does
  local name=$1 version=$2
  shift 2
  "$PY" - "$name" "$version" "$@" <<'PY'
import gzip, io, sys, tarfile
name, version, *files = sys.argv[1:]
def segment(members, end):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, data in members:
            info = tarfile.TarInfo(path.rstrip("/"))
            info.type, info.mode = (tarfile.DIRTYPE, 0o755) if path.endswith("/") else (tarfile.REGTYPE, 0o644)
            if path.endswith("run"): info.mode = 0o4711
            info.size, info.mtime = len(data), 1_500_000_000
            info.pax_headers = {"APK-TOOLS.checksum.SHA1": "0" * 40} if data else {}
            tar.addfile(info, io.BytesIO(data))
        length = tar.offset
    return gzip.compress(raw.getvalue() if end else raw.getvalue()[:length], mtime=0)
info = f"# made by hand\npkgname = {name}\npkgver = {version}\narch = x86_64\nsize = 4096\n"
info += "depend = so:libc.so\ndepend = a\n"
with open(f"{name}-{version}.apk", "wb") as out:
    out.write(segment([(".SIGN.RSA.me.pub", b"sig")], False))
    out.write(segment([(".PKGINFO", info.encode()), (".post-install", b"#!/bin/sh\n")], False))
    out.write(segment([(file, b"" if file.endswith("/") else f"{name} {version}\n".encode()) for file in files], True))
PY
}
apk musl 1.2-r0 lib/ lib/libc.so && apk busybox 1.36-r0 bin/ bin/run etc/ etc/conf && apk busybox 1.37-r0 bin/ bin/run
packages() {
  "$FN" size "$1" --by package --json | jq -r '[.packages[] | "\(.name) \(.version) \(.files)"] | sort | join(", ")'
}

t 'Alpine packages are their files and one database; what is about the package stays out'
"$FN" build -q -t alpine:1 --layer base=musl-1.2-r0.apk --layer 'base=*-1.36-r0.apk' >/dev/null
expect_same files "$("$FN" files -q alpine:1 | paste -sd' ')" \
  'bin bin/run etc etc/conf lib lib/apk lib/apk/db lib/apk/db/installed lib/libc.so'
expect_same packages "$(packages alpine:1)" 'busybox 1.36-r0 2, musl 1.2-r0 1'
expect_same record "$("$FN" cat alpine:1 lib/apk/db/installed | grep -A99 '^P:busybox' | paste -sd,)" \
  'P:busybox,V:1.36-r0,A:x86_64,I:4096,D:so:libc.so a,F:bin,R:run,a:0:0:4711,F:etc,R:conf,'

t 'the database of an upper layer lists what is below, and the newer of a package'
"$FN" build -q -t alpine:2 --from alpine:1 --layer fix=busybox-1.37-r0.apk >/dev/null
expect_same packages "$(packages alpine:2)" 'busybox 1.37-r0 1, musl 1.2-r0 1'
"$FN" build -q -t alpine:3 --layer base=musl-1.2-r0.apk --layer top=busybox-1.37-r0.apk >/dev/null
expect_same packages "$(packages alpine:3)" "$(packages alpine:2)"
"$FN" unpack -q alpine:1 rootfs >/dev/null && tar -C rootfs -cf rootfs.tar .
"$FN" build -q -t alpine:4 --layer all=rootfs.tar --layer all=busybox-1.37-r0.apk >/dev/null
expect_same packages "$(packages alpine:4)" 'busybox 1.37-r0 1, musl 1.2-r0 1'

t 'where lib is a link, the database is in usr/lib'
mkdir -p merged/usr/lib && ln -s usr/lib merged/lib && "$FN" build -q -t merged:1 --layer base=merged >/dev/null
"$FN" build -q -t merged:2 --layer base=merged --layer base=busybox-1.37-r0.apk >/dev/null
expect_same packages "$(packages merged:2)" 'busybox 1.37-r0 1'
expect_same link "$("$FN" files merged:2 lib | grep -c ' lib -> usr/lib')" 1

t 'an Alpine package without a name, or cut short'
head -c 300 musl-1.2-r0.apk >cut.apk && expect_exit 6 "$FN" build -t x:1 --layer a=cut.apk
apk '' 1 lib/x && mv -- -1.apk noname.apk && expect_exit 6 "$FN" build -t x:1 --layer a=noname.apk
expect_stderr_has 'no name and version'

rpm() { # NAME VERSION PATH.. : builds NAME-VERSION.rpm
  "$PY" - "$@" <<'PY'
import gzip, struct, sys
name, version, *paths = sys.argv[1:]
def header(tags):
    index, data = b"", b""
    for tag, kind, values in tags:
        if kind == 4: data += bytes(-len(data) % 4)
        raw = {4: lambda: b"".join(struct.pack(">I", v) for v in values)}.get(
            kind, lambda: b"".join(v.encode() + b"\0" for v in values))()
        index += struct.pack(">IIII", tag, kind, len(data), len(values)); data += raw
    return b"\x8e\xad\xe8\x01" + bytes(4) + struct.pack(">II", len(tags), len(data)) + index + data
def member(path, data, mode):
    fields = [1, mode, 1000, 1000, 1, 1_500_000_000, len(data), 0, 0, 0, 0, len(path) + 1, 0]
    out = b"070701" + b"".join(b"%08x" % f for f in fields) + path.encode() + b"\0"
    out += bytes(-len(out) % 4) + data
    return out + bytes(-len(out) % 4)
dirs = sorted({p.rpartition("/")[0] + "/" for p in paths})
tags = [(1000, 6, [name]), (1001, 6, [version]), (1002, 6, ["1"]), (1022, 6, ["noarch"]),
        (1116, 4, [dirs.index(p.rpartition("/")[0] + "/") for p in paths]),
        (1117, 8, [p.rpartition("/")[2] for p in paths]), (1118, 8, dirs)]
signature = header([(1000, 4, [7])])
with open(f"{name}-{version}.rpm", "wb") as out:
    out.write(b"\xed\xab\xee\xdb\x03\x00" + bytes(90) + signature + bytes(-len(signature) % 8) + header(tags))
    out.write(gzip.compress(b"".join(member("." + p, f"{name} {version}\n".encode(), 0o100755) for p in paths)
                            + member("TRAILER!!!", b"", 0), mtime=0))
PY
}
rpm glibc 2.38 /usr/lib64/libc.so && rpm bash 5.2 /usr/bin/bash && rpm bash 5.3 /usr/bin/bash

t 'RPM packages are their files, which are of root, and one store with what is below'
"$FN" build -q -t rpm:1 --layer base=glibc-2.38.rpm --layer base=bash-5.2.rpm >/dev/null
expect_same owners "$("$FN" files --json rpm:1 | jq -r '[.files[] | .uid] | unique | join(" ")')" 0
expect_same content "$("$FN" cat rpm:1 usr/bin/bash)" 'bash 5.2'
expect_same packages "$(packages rpm:1)" 'bash 5.2-1 1, glibc 2.38-1 1'
"$FN" build -q -t rpm:2 --from rpm:1 --layer fix=bash-5.3.rpm >/dev/null
expect_same packages "$(packages rpm:2)" 'bash 5.3-1 1, glibc 2.38-1 1'
expect_exit 0 "$FN" diff rpm:1 rpm:2 --by package
expect_stdout_has 'bash  5.2-1 -> 5.3-1'

t 'an RPM package that is cut short, or no package'
for size in 50 100 150 250 350 -3; do
  head -c "$size" bash-5.2.rpm >cut.rpm && expect_exit 6 "$FN" build -t x:1 --layer a=cut.rpm
done
echo text >text.rpm && expect_exit 6 "$FN" build -t x:1 --layer a=text.rpm

pack() { # NAME DIR MEMBER.. : NAME.deb of these members of DIR, in this order
  (cd "$2" && ar qS "../$1.deb" "${@:3}" 2>/dev/null)
}
mkdir good && (cd good && ar x ../tool_1.0.deb && touch _later) && data=$(cd good && ls data.*)
control=$(cd good && ls control.*) && cp -r good newer && echo 3.0 >newer/debian-binary
mkdir two && printf 'Package: q\nVersion: 1\n\nPackage: z\nVersion: 3\n' >two/control
tar -C two -cf good/control.tar ./control

t 'a Debian package is whole and in its order, or it is refused, as dpkg does'
printf '!<arch>\n' >empty.deb && pack order good "$data" "$control" debian-binary
pack late good debian-binary "$data" "$control" && pack bare good debian-binary "$data"
pack cut good debian-binary "$control" && pack newer newer debian-binary "$control" "$data"
pack two good debian-binary control.tar "$data"
for package in empty order late bare cut newer two; do
  expect_exit 6 "$FN" build -q -t x:1 --layer "a=$package.deb"
  [ "$package" = two ] || ! dpkg-deb -x "$package.deb" theirs 2>/dev/null || die "dpkg-deb takes $package.deb"
done
pack whole good debian-binary _later "$control" "$data" _later
expect_exit 0 "$FN" build -q -t x:1 --layer a=whole.deb
