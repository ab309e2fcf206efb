#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Shows that a bare machine needs nothing but the two commands of the README: debootstrap of Debian 12 into a folder, a
# clone of this repository in it, and there examples/quickstart.sh and tests/run.sh in a chroot. Takes root, 6 GB and
# half an hour; not a part of tests/run.sh.
#
#   tests/fresh.sh [FOLDER]     apt's own settings of this machine (mirror, proxy) are used inside
set -eu -o pipefail

repo=$(cd "$(dirname "$0")/.." && pwd -P)
folder=${1:-$(mktemp -d /var/tmp/fn-fresh.XXXXXX)}
[ "$(id -u)" = 0 ] || {
  echo "fresh.sh: error: a chroot needs root" >&2
  exit 7
}
command -v debootstrap >/dev/null || apt-get -qq -y install debootstrap

# The mirror that this machine installs from.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)
debootstrap --variant=minbase --include=ca-certificates,git bookworm "$folder" "$mirror" >"$folder.log" 2>&1 || {
  tail -n 20 "$folder.log" >&2
  exit 3
}
cp -rL /etc/apt/apt.conf.d/. "$folder/etc/apt/apt.conf.d/"
cp -L /etc/resolv.conf /etc/hosts "$folder/etc/"

# The root must be a mount, as on a machine: buildah remounts it.
mount --bind "$folder" "$folder"
for mount in proc sys dev dev/shm; do
  mkdir -p "$folder/$mount"
  mount --rbind "/$mount" "$folder/$mount" 2>/dev/null || mount --bind "/$mount" "$folder/$mount"
  mount --make-rslave "$folder/$mount"
done
trap 'for mount in dev/shm dev sys proc; do umount -R -l "$folder/$mount" 2>/dev/null || true; done
  umount -l "$folder"' EXIT

git clone -q "$repo" "$folder/root/fn"
inside() {
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 CI=true chroot "$folder" sh -c "cd /root/fn && $*"
}
inside examples/quickstart.sh
inside tests/run.sh
echo "fresh.sh: both commands work on a bare Debian 12 ($folder)"
