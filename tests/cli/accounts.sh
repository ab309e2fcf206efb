#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# --accounts: /etc/passwd, group and os-release, where scripts of packages would have made them.
. "$(dirname "$0")/../lib.sh"
need jq jq
need dpkg-deb dpkg
mkdir -p src && echo hi >src/app
build() { expect_exit 0 "$FN" build -t "$@"; }

t 'an image without any gets the least that programs ask for'
build bare:1 --layer code=src --accounts
expect_same files "$("$FN" files -q bare:1 | paste -sd' ')" 'app etc etc/group etc/os-release etc/passwd'
expect_same layers "$("$FN" inspect --json bare:1 | jq -r '[.layers[].name] | join(" ")')" 'code accounts'
expect_same root "$("$FN" cat bare:1 etc/passwd | head -1)" 'root:x:0:0:root:/root:/sbin/nologin'
expect_same id "$("$FN" cat bare:1 etc/os-release | grep ^ID=)" ID=linux
expect_same times "$("$FN" files --json bare:1 | jq -r '[.files[].mtime] | unique | join(" ")')" 1970-01-01T00:00:00Z
build bare:1 --layer code=src --accounts
expect_same reused "$(grep -c reused out)" 2

t 'the user of the config has an account'
build user:1 --layer code=src --accounts --user app:web
expect_same passwd "$("$FN" cat user:1 etc/passwd | tail -1)" 'app:x:1000:1000::/:/sbin/nologin'
expect_same group "$("$FN" cat user:1 etc/group | tail -1)" 'web:x:1000:'
for user in root nobody 1000 1000:1000; do
  build "user:2" --layer code=src --accounts --user "$user"
  expect_same "accounts with $user" "$("$FN" cat user:2 etc/passwd | wc -l)" 2
done

t "Debian's own, if its packages are there"
mkdir -p deb/DEBIAN deb/usr/share/base-passwd deb/usr/lib && printf 'NAME="Debian"\nID=debian\n' >deb/usr/lib/os-release
printf 'root:*:0:0:root:/root:/bin/bash\ndaemon:*:1:1::/usr/sbin:/x\n' >deb/usr/share/base-passwd/passwd.master
printf 'root:*:0:\ndaemon:*:1:\n' >deb/usr/share/base-passwd/group.master
printf 'Package: base-passwd\nVersion: 1\nArchitecture: all\nMaintainer: me\nDescription: x\n' >deb/DEBIAN/control
dpkg-deb --root-owner-group -b deb base.deb >/dev/null
build debian:1 --layer runtime=base.deb --accounts
"$FN" cat debian:1 etc/passwd | cmp - deb/usr/share/base-passwd/passwd.master
"$FN" cat debian:1 etc/group | cmp - deb/usr/share/base-passwd/group.master
"$FN" cat debian:1 etc/os-release | cmp - deb/usr/lib/os-release
"$FN" files debian:1 etc/os-release >out
expect_stdout_has ' etc/os-release -> ../usr/lib/os-release'
rm deb/usr/lib/os-release && dpkg-deb --root-owner-group -b deb base.deb >/dev/null
build debian:2 --layer runtime=base.deb --accounts
expect_same id "$("$FN" cat debian:2 etc/os-release | grep ^ID=)" ID=debian

mkdir more && echo >more/x && "$FN" build -q -t part:1 --from bare:1 --layer code2=more \
  --remove code2=etc/group --accounts >/dev/null
expect_same 'of two' "$("$FN" inspect --json part:1 | jq -r '.layers[-1].name')" accounts-2

t 'what is there stays, of the base too'
mkdir -p own/etc && echo 'me:x:7:7::/:/bin/sh' >own/etc/passwd
build own:1 --layer code=own
build own:2 --from own:1 --layer more=src --accounts
expect_same passwd "$("$FN" cat own:2 etc/passwd)" 'me:x:7:7::/:/bin/sh'
build own:3 --from own:2 --layer again=src --accounts
expect_stderr_has 'none are added'
printf 'tag = "file:1"\naccounts = true\n[[layer]]\nname = "code"\nfrom = "src"\n' >fnimg.toml
expect_exit 0 "$FN" build -n --json
expect_same plan "$(json '[.layers[].name] | join(" ")')" 'code accounts'
expect_exit 2 "$FN" build -t x:1 --layer accounts=src --accounts
expect_stderr_has "layer 'accounts'"
