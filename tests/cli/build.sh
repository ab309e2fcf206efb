#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Images from every kind of source, and all that a config can say.
. "$(dirname "$0")/../lib.sh"
need jq jq
need zip zip
need umoci umoci
mkdir -p src/bin && echo 'echo hi' >src/bin/run && chmod 755 src/bin/run && echo data >src/data

t 'a directory'
expect_exit 0 "$FN" build -t dir:1 --layer code=src
[ ! -s err ] || die "stderr is not silent: $(cat err)"
expect_exit 0 "$FN" files -q dir:1
expect_stdout $'bin\nbin/run\ndata'

t 'the same files from a tar, compressed or not, a zip, a deb and stdin'
tar -C src -cf a.tar . && tar -C src -czf a.tar.gz . && tar -C src -cJf a.tar.xz . && (cd src && zip -qr ../a.zip .)
zstd -q a.tar -o a.tar.zst
mkdir -p deb/DEBIAN && cp -r src/* deb/ &&
  printf 'Package: a\nVersion: 1\nArchitecture: all\nMaintainer: me\nDescription: x\n' >deb/DEBIAN/control
dpkg-deb --root-owner-group -b deb a.deb >/dev/null
for source in a.tar a.tar.gz a.tar.xz a.tar.zst a.zip a.deb; do
  expect_exit 0 "$FN" build -q -t "${source//./-}:1" --layer "code=$source"
  expect_exit 0 "$FN" files -q "${source//./-}:1" bin
  expect_stdout bin/run
  expect_same "the program in $source" "$("$FN" cat "${source//./-}:1" bin/run)" 'echo hi'
done
expect_exit 0 sh -c 'tar -C src -c . | "$FN" build -q -t stdin:1 --layer code=-'
expect_exit 0 sh -c '"$FN" build -q -t stdin:2 --layer code=- <a.tar'
expect_same 'stdin as a pipe and as a file' "$("$FN" files stdin:1 | awk '{print $1, $NF}')" \
  "$("$FN" files stdin:2 | awk '{print $1, $NF}')"

t 'several sources in one layer: the later one wins'
mkdir over && echo newer >over/data
expect_exit 0 "$FN" build -q -t two:1 --layer code=src --layer code=over
expect_same data "$("$FN" cat two:1 data)" newer
expect_exit 0 "$FN" build -q -t glob:1 --layer 'code=a.t*r'
expect_exit 4 "$FN" build -q -t glob:1 --layer 'code=*.rpm'

t 'on a base, and a layer of another image: blobs are taken as they are'
expect_exit 0 "$FN" build -q -t upper:1 --from dir:1 --layer more=over
expect_same data "$("$FN" cat upper:1 data)" newer
expect_exit 0 "$FN" build --json -t parts:1 --layer base=image:dir:1 --layer top=image:upper:1#more
expect_same 'all reused' "$(json '[.layers[].reused] | all')" true
expect_same 'the digest of the layer' "$(json '.layers[0].digest')" \
  "$("$FN" inspect --json dir:1 | jq -r '.layers[0].digest')"
expect_exit 0 "$FN" build -q -t flat:1 --layer all=image:upper:1
expect_exit 0 "$FN" inspect --json flat:1
expect_same 'layers' "$(json '.layers | length')" 1
expect_same data "$("$FN" cat flat:1 data)" newer
expect_exit 0 "$FN" inspect --json upper:1
expect_same 'base.digest' "$(json '.manifest.annotations["org.opencontainers.image.base.digest"]')" \
  "$("$FN" inspect --json dir:1 | jq -r .digest)"

t 'a layer that follows a channel says so in the image and in the state'
expect_exit 0 "$FN" build -q -t follow:1 --layer runtime=over --layer code=src --follow runtime=python3
expect_exit 0 "$FN" inspect --json follow:1
expect_same annotation "$(json '.manifest.layers[0].annotations["dev.fn.layer.follow"]')" python3
sql="SELECT follows FROM image_layer WHERE reference = 'follow:1' AND name = 'runtime'"
expect_same row "$(sqlite3 "$FN_HOME/state.db" "$sql")" python3
expect_exit 2 "$FN" build -t follow:1 --layer runtime=over --follow runtme=python3
expect_stderr_has "did you mean 'runtime'?"

t 'the config'
expect_exit 0 "$FN" build -q -t config:1 --layer a=src --entrypoint /bin/run --entrypoint=-v --cmd x \
  --env A=1 --env B=a=b --workdir /srv --user 7:8 --port 80 --port 53/udp --volume /data --stop-signal SIGINT \
  --author me --label k=v --annotation org.x=y --platform linux/arm/v7
expect_exit 0 "$FN" inspect --json config:1
expect_same config "$(json '.config.config | [.Entrypoint, .Cmd, .Env, .WorkingDir, .User,
  (.ExposedPorts | keys), (.Volumes | keys), .StopSignal, .Labels] | tojson')" \
  '[["/bin/run","-v"],["x"],["A=1","B=a=b"],"/srv","7:8",["53/udp","80/tcp"],["/data"],"SIGINT",{"k":"v"}]'
expect_same platform "$(json '.config | [.os, .architecture, .variant, .author] | tojson')" '["linux","arm","v7","me"]'
expect_same annotation "$(json '.manifest.annotations["org.x"]')" y

t 'compression'
for codec in gzip:1 gzip:12 zstd zstd:19 none; do
  expect_exit 0 "$FN" build -q -t "codec:${codec/:/-}" --layer a=src --compression "$codec"
done
expect_exit 2 "$FN" build -q -t codec:x --layer a=src --compression zsdt
expect_stderr_has "did you mean 'zstd'?"
expect_exit 0 "$FN" fsck --read-data

t 'files for scripts'
expect_exit 0 "$FN" build -q -t dir:1 --layer code=src --digest-file digest
expect_stdout "$(cat digest)"

t 'what is wrong is said'
expect_exit 2 "$FN" build --layer a=src
expect_stderr_has 'the image has no name'
expect_exit 2 "$FN" build -t x:1
expect_exit 4 "$FN" build -t x:1 --layer a=nowhere
expect_stderr_has "'nowhere'" 'hint: '
expect_exit 4 "$FN" build -t x:1 --from dri:1 --layer a=src
expect_stderr_has "did you mean 'dir:1'?"
expect_exit 2 "$FN" build -t UPPER --layer a=src
expect_exit 6 sh -c 'head -c 100 a.tar.xz | "$FN" build -t x:1 --layer a=-'
cp src/data broken.zip && expect_exit 6 "$FN" build -t x:1 --layer a=broken.zip
expect_exit 4 "$FN" inspect x:1

t 'the root is nothing that a layer can delete'
for root in '' / ./; do
  expect_exit 2 "$FN" build -t x:1 --layer a="$WORK" --remove a=$root
  expect_stderr_has "layer 'a' cannot delete the root"
done

t 'layers fit on each other, or nothing is named'
mkdir file deep && echo 1 >file/data && mkdir deep/data && echo 2 >deep/data/x
tar -C deep -cf below.tar data/x && tar -C deep -cf whole.tar data
expect_exit 0 "$FN" build -q -t file:1 --layer a=file
expect_exit 6 "$FN" build -q -t x:1 --from file:1 --layer b=below.tar
expect_stderr_has "layer 'b': 'data' is not a directory, but the layer has entries below it"
expect_exit 4 "$FN" inspect x:1
expect_exit 0 "$FN" build -q -t whole:1 --from file:1 --layer b=whole.tar
expect_exit 0 "$FN" build -q -t gone:1 --from file:1 --layer b=below.tar --remove b=data
expect_same 'in the place of the file' "$("$FN" cat whole:1 data/x)$("$FN" cat gone:1 data/x)" 22
# A layer of another tool with a link to a file of the layer below.
ln file/data file/name && tar -C file -cf link.tar data name && tar --delete -f link.tar data
tar -C file -cf file.tar data && umoci init --layout linked && umoci new --image linked:1
umoci raw add-layer --image linked:1 file.tar && umoci raw add-layer --image linked:1 link.tar
expect_exit 0 "$FN" import linked -t linked:1
expect_exit 0 "$FN" build -q -t again:1 --from file:1 --layer "b=image:linked:1#1"
expect_exit 6 "$FN" build -q -t x:1 --layer one=whole.tar --layer "b=image:linked:1#1"
expect_stderr_has "layer 'b': 'name': a hard link to 'data', which is a directory"
expect_exit 4 "$FN" inspect x:1
