# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# An image with all that a layer can hold, for comparing what peers and fnimg make of it.
#
#   rich_tree DIR        files of every type, mode, owner, time, attribute and kind of name
#   rich_image REF ARG.. builds three layers of it: the tree, changes and deletions, a type change; `rich.files` is what
#                        should come out

rich_tree() {
  mkdir -p "$1/dir/deep/deeper" "$1/opaque/old" "$1/gone" "$1/swap"
  (
    cd "$1"
    seq 2000 >file && ln file dir/hardlink && ln -s ../file dir/symlink && ln -s /nowhere dangling
    echo '#!/bin/sh' >dir/script && chmod 755 dir/script && chmod 1777 dir && chmod 0 file
    echo s >dir/setuid && chmod 6755 dir/setuid && echo x >dir/deep/deeper/x && chmod 700 dir/deep
    echo 1 >gone/one && echo 2 >gone/two && echo 3 >opaque/old/three && echo 4 >swap/inside && : >empty
    long=$(printf 'n%.0s' $(seq 200))
    echo l >"$long" && mkdir -p "$long-dir/$long" && echo l >"$long-dir/$long/$long" &&
      ln -s "$long-dir/$long/$long" long-link
    echo u >'umlaut-ä' && echo b >$'blank and\ttab' && mkfifo fifo
    head -c 3000000 /dev/urandom >large
    dd if=/dev/zero of=sparse bs=1 count=1 seek=5000000 status=none
    chown 1000:2000 file && chown -h 3000000:4000000 dir/symlink && chown 7:8 dir/deep
    mknod char c 1 3 && mknod block b 7 0 && chmod 640 char
    setfattr -n user.note -v 'a value' file && setcap cap_net_bind_service+ep dir/script
    find . -exec touch -h -d '2009-08-07T06:05:04Z' {} +
    touch -d '1965-01-02T03:04:05Z' empty
  )
}

rich_image() { # REF ARG..
  local ref=$1
  shift
  rich_tree rich
  mkdir -p second/opaque/new second/dir third/swap
  echo new >second/opaque/new/file && : >second/opaque/.wh..wh..opq && echo changed >second/dir/script &&
    echo again >second/gone
  : >second/.wh.empty
  echo file >third/was-dir && rm -r third/swap && ln -s dir third/swap
  tar -C second --sort=name --owner=0 --group=0 --numeric-owner --mtime=@1000000000 -cf second.tar .
  tar -C third --sort=name --owner=0 --group=0 --numeric-owner --mtime=@1000000001 -cf third.tar .
  "$FN" build -q -t "$ref" --layer first=rich --owner keep --times keep --layer second=second.tar \
    --layer third=third.tar \
    --entrypoint /bin/true --env A=b "$@"
}
