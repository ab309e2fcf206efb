#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../lib.sh"

mkdir -p base/usr/bin base/etc app/srv
printf 12345 >base/usr/bin/tool && chmod 4755 base/usr/bin/tool && ln base/usr/bin/tool base/usr/bin/tool2
ln -s usr/bin base/bin && echo old >base/etc/conf && echo gone >base/etc/gone
echo code >app/srv/$'two\nlines' && echo x >app/srv/$'\xff'
"$FN" build -q -t app:v1 --layer base=base --layer app=app --remove app=etc/gone >/dev/null

t 'as ls shows it, with the layer that brought each file'
expect_exit 0 "$FN" files app:v1
grep -Eq '^-rwsr-xr-x  0:0 +5  1970-01-01T00:00:00Z  base +usr/bin/tool$' out
expect_stdout_has 'bin -> usr/bin' 'usr/bin/tool2 link to usr/bin/tool' 'srv/two\nlines' 'srv/\xff'
if grep -q gone out; then die "a deleted file is listed"; fi

t 'a path is one file or what is below a directory, through links too'
expect_exit 0 "$FN" files app:v1 -q /bin/tool
expect_stdout usr/bin/tool
expect_exit 0 "$FN" files app:v1 -q usr
expect_stdout $'usr/bin\nusr/bin/tool\nusr/bin/tool2'
expect_exit 0 "$FN" files app:v1 -q bin
expect_stdout bin
expect_exit 0 "$FN" files app:v1 -q bin/
expect_stdout $'usr/bin/tool\nusr/bin/tool2'
expect_exit 4 "$FN" files app:v1 usr/bin/tol
expect_stderr_has "'usr/bin/tol' is not in the image" "did you mean 'usr/bin/tool'?"

t 'a layer as it is, by name or number, with what it deletes'
expect_exit 0 "$FN" files app:v1 -q --layer app etc
expect_stdout_has etc/.wh.gone
expect_exit 0 "$FN" files app:v1 -q --layer 0 etc/conf
expect_stdout etc/conf
expect_exit 4 "$FN" files app:v1 --layer bse
expect_stderr_has "no layer 'bse'" "did you mean 'base'?"

t 'the document'
expect_exit 0 "$FN" files app:v1 --json
expect_same mode "$(json '.files[] | select(.path == "usr/bin/tool") | "\(.type) \(.mode) \(.size) \(.layer)"')" \
  'file 4755 5 base'
expect_same link "$(json '.files[] | select(.path == "bin") | .link')" usr/bin
expect_same bytes "$(json '.files[] | select(.path_b64) | .path_b64' | base64 -d)" $'srv/\xff'
