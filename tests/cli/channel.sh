#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
. "$(dirname "$0")/../lib.sh"
need jq jq

mkdir -p runtime/lib code
echo 1 >runtime/lib/version
echo app >code/app

t 'no channels yet'
expect_exit 0 "$FN" channel ls
expect_stdout ''
expect_exit 4 "$FN" channel show python3

t 'a version is published once: the same again is nothing, other bytes are refused'
expect_exit 0 "$FN" channel publish python3 runtime --version 1.0
expect_stdout_has 'published python3 1.0'
expect_exit 0 "$FN" channel publish python3 runtime --version 1.0 --json
expect_same published "$(json '.published | tostring')" false
first=$(json .digest)
echo 2 >runtime/lib/version
expect_exit 2 "$FN" channel publish python3 runtime --version 1.0
expect_stderr_has "channel 'python3' has another image as version '1.0'"
expect_exit 0 "$FN" channel publish python3 runtime -n
expect_stdout 'would publish python3 from runtime'
expect_exit 0 "$FN" channel publish python3 runtime
expect_stdout_has 'published python3 2'
expect_exit 0 "$FN" channel ls --json
expect_same channels "$(json '.channels[0] | [.name, .newest, .versions, .images] | join(" ")')" 'python3 2 2 0'

t 'a version is an image that every verb reads'
expect_exit 0 "$FN" cat channel:python3@1.0 lib/version
expect_stdout 1
expect_exit 0 "$FN" cat channel:python3 lib/version
expect_stdout 2
expect_exit 1 "$FN" diff channel:python3@1.0 channel:python3 --exit-code
expect_same digest "$("$FN" inspect -q channel:python3@1.0)" "$first"
expect_exit 0 "$FN" export channel:python3@1.0 -o version.tar
expect_exit 0 "$FN" import version.tar -t imported:1
expect_same imported "$("$FN" inspect -q imported:1)" "$first"
expect_exit 2 "$FN" rm channel:python3@1.0

t 'a layer may be a version, and follow its channel; the version is known by its files'
expect_exit 0 "$FN" build -q -t app:1 --layer runtime=channel:python3@1.0 --layer code=code --follow runtime=python3
expect_exit 0 "$FN" build -q -t elsewhere:1 --layer runtime=code
expect_exit 0 "$FN" channel show python3 --json
expect_same images "$(json '[.versions[] | .version + "=" + (.images | join(","))] | join(" ")')" '1.0=app:1 2='
expect_exit 0 "$FN" channel follow app:1 code=python3
expect_exit 0 "$FN" channel show python3 --json
expect_same other "$(json '.images_of_no_version[0]')" app:1
expect_exit 0 "$FN" channel follow app:1 code=

t 'layers are designated by name, number or range; what does not exist comes with what may be meant'
expect_exit 0 "$FN" channel follow app:1 0-1=python3
expect_stdout "layer '0-1' of app:1 follows python3"
expect_exit 0 "$FN" channel follow app:1 1= runtime=python3 -n
expect_exit 0 "$FN" channel follow app:1 1=
expect_exit 0 "$FN" ls --json
expect_same follows "$(json '.images[0].follows | map(.layer + "=" + .channel) | join(" ")')" runtime=python3
expect_exit 4 "$FN" channel follow app:1 runtme=python3
expect_stderr_has "did you mean 'runtime'?"
expect_exit 4 "$FN" channel follow app:1 runtime=pyhton3
expect_stderr_has "did you mean 'python3'?"
expect_exit 4 "$FN" channel follow app:1 0-7=python3
expect_exit 2 "$FN" channel follow app:1 1-0=python3
expect_exit 2 "$FN" channel follow "$first" 0=python3

t 'pin and hold, and both undone'
expect_exit 0 "$FN" channel pin python3 1.0
expect_same pinned "$("$FN" cat channel:python3 lib/version)" 1
expect_exit 2 "$FN" channel rm python3@1.0
expect_exit 4 "$FN" channel pin python3 3.0
expect_exit 2 "$FN" channel pin python3
expect_exit 0 "$FN" channel hold python3
expect_exit 0 "$FN" channel ls
expect_stdout_has 'pinned to 1.0, held'
expect_exit 0 "$FN" channel pin python3 --off
expect_exit 0 "$FN" channel hold python3 --off
expect_same newest "$("$FN" cat channel:python3 lib/version)" 2

t 'all layers of an image, or one of them; an index is for one platform at a time'
expect_exit 0 "$FN" channel publish whole image:app:1 --json
expect_same digest "$(json .digest)" "$("$FN" inspect -q app:1)"
expect_same layers "$(json .layers)" 2
expect_exit 0 "$FN" channel publish one image:app:1#code --json
expect_same layers "$(json .layers)" 1
expect_exit 4 "$FN" channel publish one image:nope
expect_exit 4 "$FN" channel publish one nowhere
expect_exit 2 "$FN" channel publish Python runtime

t 'versions keep their blobs; what is removed is left to gc, and images keep what they have'
expect_exit 0 "$FN" rm imported:1
expect_exit 0 "$FN" gc
expect_exit 0 "$FN" cat channel:python3@1.0 lib/version
expect_exit 0 "$FN" channel rm python3@2
expect_exit 0 "$FN" channel rm python3
expect_stdout_has 'still following it: app:1'
expect_exit 0 "$FN" gc
expect_exit 0 "$FN" fsck --read-data
expect_same runtime "$("$FN" cat app:1 lib/version)" 1

t 'completion knows the channels'
expect_exit 0 "$FN" --generate channels
expect_stdout $'one\nwhole'

t 'a layer of another image whose blob is not what it says is no version'
blob=$FN_HOME/blobs/sha256/$("$FN" inspect --json app:1 | jq -r '.layers[1].digest[7:]')
size=$(stat -c %s "$blob")
rm "$blob"
head -c "$size" /dev/zero >"$blob"
expect_exit 6 "$FN" channel publish one image:app:1#code --version damaged
expect_stderr_has 'is missing or corrupt'
