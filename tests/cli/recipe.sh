#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# fnimg.toml holds what the flags hold, flags win, and a mistake in it is found with its line.
. "$(dirname "$0")/../lib.sh"
need jq jq
mkdir -p project/src/data project/extra
echo 'print(1)' >project/src/app.py && echo x >project/src/notes.md && echo 1 >project/src/data/one &&
  echo gone >project/extra/old
cat >project/fnimg.toml <<'END'
tag = "app:v1"
platform = "linux/arm64"
compression = "zstd:3"
[config]
entrypoint = ["/usr/bin/python3", "/srv/app.py"]
env = { LANG = "C.UTF-8" }
workdir = "/srv"
labels = { team = "pictures" }
[annotations]
"org.opencontainers.image.source" = "https://example.org"
[[layer]]
name = "base"
from = "extra"
follow = "python3"
[[layer]]
name = "code"
from = ["src"]
into = "srv"
include = ["*.py", "data/**"]
remove = ["old"]
[[layer.rule]]
match = "*.py"
mode = "0755"
owner = "10:20"
END

t 'sources are found beside the file, from anywhere'
expect_exit 0 "$FN" build -f project/fnimg.toml
expect_exit 0 "$FN" files --json app:v1
expect_same files "$(json '[.files[].path] | join(" ")')" 'srv srv/app.py srv/data srv/data/one'
expect_same rule "$(json '.files[] | select(.path == "srv/app.py") | [.mode, .uid, .gid] | tojson')" '["0755",10,20]'
expect_exit 0 "$FN" inspect --json app:v1
expect_same config "$(json '[.config.architecture, .config.config.Entrypoint[1], .config.config.Env[0],
  .config.config.Labels.team] | join(" ")')" \
  'arm64 /srv/app.py LANG=C.UTF-8 pictures'
expect_same follows "$(json '.layers[0].follows')" python3
expect_same 'media type' "$(json '.manifest.layers[1].mediaType')" application/vnd.oci.image.layer.v1.tar+zstd

t 'flags win'
expect_exit 0 "$FN" build -f project/fnimg.toml -t other:v2 --compression gzip --workdir /tmp \
  --layer base=project/src/data
expect_exit 4 "$FN" inspect app:v2
expect_exit 0 "$FN" inspect --json other:v2
expect_same workdir "$(json '.config.config.WorkingDir')" /tmp
expect_same 'the layer of that name' "$("$FN" cat other:v2 one)" 1

t 'the same by flags is the same image'
expect_exit 0 "$FN" build -q -t flags:1 --layer code=project/src --exclude '*.md'
printf '[[layer]]\nname = "code"\nfrom = "src"\nexclude = ["*.md"]\n' >project/small.toml
expect_same digest "$("$FN" build -q -f project/small.toml -t file:1)" "$("$FN" inspect --json flags:1 | jq -r .digest)"

mistake() { # EXPECTED.. : the file on stdin is refused, and these are said
  cat >project/bad.toml
  expect_exit 2 "$FN" build -t bad:1 -f project/bad.toml
  expect_stderr_has "project/bad.toml" "$@"
}
t 'mistakes'
printf 'tag = "a:1"\ncompresion = "zstd"\n' | mistake 'line 2' "unknown key 'compresion'" "did you mean 'compression'?"
printf '[[layer]]\nfrom = "src"\n' | mistake 'line 1' "needs 'name'"
printf '[[layer]]\nname = 5\n' | mistake 'line 2' 'must be a string'
printf '[[layer]]\nname = "a"\nfrom = "src"\n[[layer]]\nname = "a"\nfrom = "src"\n' |
  mistake "two layers have the name 'a'"
printf '[[layer]]\nname = "a"\nfrom = "src"\nowner = "root"\n' | mistake "'root'"
printf 'tag = "a\n' | mistake 'line 1'
printf '[=]\n' | mistake 'starts with an invalid character'
expect_exit 4 "$FN" build -t bad:1 -f nowhere.toml
