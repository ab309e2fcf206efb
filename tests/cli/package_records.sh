#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Layers made of packages carry what package managers would have noted, so that all that asks for packages sees them.
. "$(dirname "$0")/../lib.sh"
need jq jq
need dpkg-deb dpkg
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
