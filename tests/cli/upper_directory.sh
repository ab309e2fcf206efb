#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An upper directory of overlayfs as a source: the layer over the image is what overlayfs shows.
. "$(dirname "$0")/../lib.sh"
need_root
need jq jq
need setfattr attr

mkdir -p base/{keep,gone/deep,opaque,swap} && echo 1 >base/keep/a && echo 2 >base/keep/b && echo 3 >base/gone/deep/f
echo 4 >base/opaque/old && echo 5 >base/file && echo 6 >base/swap/x && chmod 750 base/keep
"$FN" build -q -t base:1 --layer a=base >made
paths() { jq -r '[.files[] | select(.type != "directory") | .path] | join(" ")' "$@"; }

t 'marks as root and as an ordinary user have them: devices and attributes, of both prefixes'
for prefix in trusted user; do
  mkdir -p up-$prefix/{keep,opaque} && mknod up-$prefix/gone c 0 0 && ln up-$prefix/gone up-$prefix/keep/b
  : >up-$prefix/file && setfattr -n $prefix.overlay.whiteout -v '' up-$prefix/file
  echo new >up-$prefix/opaque/new && setfattr -n $prefix.overlay.opaque -v y up-$prefix/opaque
  setfattr -n $prefix.overlay.opaque -v x up-$prefix/keep && setfattr -n $prefix.overlay.origin -v o up-$prefix/keep
  expect_exit 0 "$FN" build -q -t up:1 --from base:1 --layer fix=up-$prefix
  expect_exit 0 "$FN" files up:1 --json
  expect_same "files over the image, $prefix" "$(paths out)" 'keep/a opaque/new swap/x'
  ! grep -q 'overlay\|char' out || die 'a mark of overlayfs is in the image'
  expect_exit 0 "$FN" build -q -t alone:1 --layer fix=up-$prefix
  expect_exit 0 "$FN" inspect alone:1 --json
  layers+=("$(json '.layers[0].digest')")
done
expect_same 'the two' "${layers[0]}" "${layers[1]}"

t 'in an archive of it as well, and whatever is left out'
for tar in up-trusted.tar up-user.tar; do
  tar -C ${tar%.tar} --xattrs --xattrs-include='*' -cf $tar .
  expect_exit 0 "$FN" build -q -t up:2 --from base:1 --layer fix=$tar
  expect_exit 0 "$FN" files up:2 --json
  expect_same "files over the image, $tar" "$(paths out)" 'keep/a opaque/new swap/x'
  ! grep -q 'overlay\|char' out || die 'a mark of overlayfs is in the image'
done

t 'a part of a file is none'
mkdir part && echo 1 >part/f && setfattr -n trusted.overlay.metacopy -v '' part/f
expect_exit 7 "$FN" build -q -t no:1 --layer fix=part
expect_stderr_has "'f': overlayfs has only a part of it here (metacopy)" 'delta:DIR'
rm part/f && mkdir part/d && setfattr -n user.overlay.redirect -v /other part/d
expect_exit 7 "$FN" build -q -t no:1 --layer fix=part
expect_stderr_has "'d': overlayfs has only a part of it here (redirect)"

t 'what overlayfs itself writes and shows'
mkdir lower upper work merged && cp -a base/. lower
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work,redirect_dir=off,metacopy=off merged 2>said ||
  skip "the marks by hand are right; no overlay can be mounted here: $(cat said)"
at_exit "umount '$WORK/merged'"
(
  cd merged
  rm -r gone && rm keep/a && echo more >>file && rm -r swap && echo now >swap && chmod 700 keep
  rm -r opaque && mkdir opaque && echo new >opaque/new && mkdir -p fresh/dir && ln -s ../file fresh/dir/link
  ln file fresh/hard
)
cp -a merged shown
expect_exit 0 "$FN" build -q -t up:3 --from base:1 --layer fix=upper
expect_exit 0 "$FN" unpack -q up:3 result
same_tree shown result --ignore root,mtime

t 'the difference to the image: of the upper directory the same as of what is shown, without what was only copied up'
touch merged/keep/b && chmod 750 merged/swap && chmod 644 merged/swap
for tree in upper merged shown; do
  expect_exit 0 "$FN" build -q -t delta:1 --from base:1 --layer fix=delta:$tree
  digests+=("$("$FN" inspect delta:1 --json | jq -r '.layers[-1].digest')")
  rm -rf result
  expect_exit 0 "$FN" unpack -q delta:1 result
  same_tree shown result --ignore root,mtime
done
[ "$(printf '%s\n' "${digests[@]}" | sort -u | wc -l)" = 1 ] || die "digests: ${digests[*]}"
expect_exit 0 "$FN" files delta:1 keep/b --json
expect_same 'the layer of what was copied up' "$(json '.files[0].layer')" a
