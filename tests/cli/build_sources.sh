#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Where files come from and where they go: single files, a place in the image, a recipe that is found or piped in.
. "$(dirname "$0")/../lib.sh"
need jq jq
need zip zip
mkdir -p src/sub && echo one >src/sub/one
echo 'print(1)' >src/app.py && chmod 640 src/app.py && ln src/app.py src/twin
build() { expect_exit 0 "$FN" build -t "$@"; }
files() { "$FN" files "$1" | awk 'NR > 1 { print $1, $NF }' | paste -sd,; }

t 'a file is a layer of one file, with its name and mode; a link is what it leads to'
build one:1 --layer a=src/app.py
expect_same files "$(files one:1)" '-rw-r----- app.py'
ln -s ../src/sub/one src/link
build link:1 --layer a=src/link --owner 5:6
expect_same content "$("$FN" cat link:1 link)" one
expect_same owner "$("$FN" files --json link:1 | jq -c '.files[0] | [.path, .uid, .gid, .mtime]')" \
  '["link",5,6,"1970-01-01T00:00:00Z"]'
build several:1 --layer 'a=src/[al]*' --into a=lib//x/
expect_same files "$("$FN" files -q several:1 | paste -sd' ')" 'lib lib/x lib/x/app.py lib/x/link'
build reused:1 --layer a=src/app.py
expect_stdout_has reused
mkfifo pipe && tar -C src -c . >pipe &
build piped:1 --layer a=pipe
expect_same 'a pipe is an archive' "$("$FN" cat piped:1 sub/one)" one

t 'what is an archive by its name or content is taken apart, and nothing else'
(cd src && zip -qr ../code.zip . && tar -cf ../noending . && tar -czf ../packed .)
cat /bin/true code.zip >tool && chmod 755 tool && cp code.zip app.jar && cp code.zip Wheel.WHL
for source in code.zip noending packed Wheel.WHL; do
  build archive:1 --layer "a=$source"
  expect_same "the file in $source" "$("$FN" cat archive:1 sub/one)" one
done
for source in tool app.jar; do
  build whole:1 --layer "a=$source"
  "$FN" cat whole:1 "$source" | cmp - "$source"
done
echo broken >broken.tar.xz
expect_exit 6 "$FN" build -t broken:1 --layer a=broken.tar.xz

t '--into is the place of a layer in the image, and messages name it'
build into:1 --layer code=src --into code=/srv/app --entrypoint /srv/app/app.py --layer top=src/sub/one
expect_same silent "$(cat err)" ''
expect_same files "$("$FN" files -q into:1 | paste -sd' ')" \
  'one srv srv/app srv/app/app.py srv/app/link srv/app/sub srv/app/sub/one srv/app/twin'
expect_exit 4 "$FN" build -t x:1 --layer code=src:/srv/app
expect_stderr_has "--into NAME=/srv/app"
build note:1 --layer code=src --entrypoint /srv/app/app.py
expect_stderr_has "no layer has the entrypoint '/srv/app/app.py'; '--into code=/srv/app' would put 'app.py' there"
expect_exit 2 "$FN" build -t x:1 --layer code=src --into cod=/srv
expect_stderr_has "no layer 'cod'" "did you mean 'code'?"
expect_exit 2 "$FN" build -t x:1 --layer code=src --into code=../up

t 'fnimg.toml is found where one stands, if no flag says what the image is made of'
printf 'tag = "found:1"\n[[layer]]\nname = "code"\nfrom = "src"\ninto = "srv"\n' >fnimg.toml
expect_exit 0 "$FN" build
expect_stderr_has 'building what fnimg.toml says'
expect_exit 0 "$FN" build -q -t found:2 --into code=opt
expect_same files "$("$FN" files -q found:2 opt/sub | paste -sd' ')" opt/sub/one
expect_exit 2 "$FN" build --layer a=src
expect_stderr_has 'the image has no name'
(cd src && expect_exit 2 "$FN" build -t x:1)
expect_stderr_has 'the image has no layers' 'fnimg.toml'

t 'a recipe on stdin; but stdin is one thing'
expect_exit 0 sh -c 'sed s/found/piped/ fnimg.toml | "$FN" build -q -f -'
expect_same 'digest' "$(cat out)" "$("$FN" inspect --json found:1 | jq -r .digest)"
printf 'tag = "a\n' >bad.toml
expect_exit 2 sh -c '"$FN" build -f - <bad.toml'
expect_stderr_has "'stdin'" 'line 1'
expect_exit 2 sh -c '"$FN" build -f - --layer a=- <fnimg.toml'
expect_stderr_has "'-' is given more than once"

t 'a source without a layer, and verbs of other tools, are known'
expect_exit 2 "$FN" build -t app:v2 ./src
expect_stderr_has "unexpected argument './src'" '--layer NAME=./src'
expect_exit 2 "$FN" push
expect_stderr_has "'skopeo copy oci:$FN_HOME:NAME:TAG docker://"
for verb in push pull save load run exec images list rmi delete prune extract show verify version; do
  expect_exit 2 "$FN" "$verb" app:v1
  expect_stderr_has "unknown verb '$verb'" "hint: run '"
done
