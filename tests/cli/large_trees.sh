#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# alone
# Trees that are large in one way: memory stays bounded, and the second build is as right as the first. Prints what it
# measured.
. "$(dirname "$0")/../lib.sh"
need /usr/bin/time time

limit_mb=256
measured() { # WHAT FLAG..
  local what=$1
  shift
  /usr/bin/time -o time -f '%e %M' "$FN" build -q -t large:1 "$@" >out
  awk -v what="$what" '{ printf "%-55s %6.2f s %5d MB\n", what, $1, $2 / 1024 }' time
  awk -v limit=$limit_mb '{ exit $2 / 1024 > limit }' time || die "$what took more than $limit_mb MB"
}

t '200,000 entries in one directory'
mkdir flat
"$PY" - <<'EOF'
for n in range(200_000):
    with open(f'flat/entry-{n:06}', 'w') as file:
        file.write(str(n))
EOF
sleep 0.1
measured '200,000 files, cold' --layer a=flat --compression zstd:1
cold=$(cat out)
measured '200,000 files, nothing changed' --layer a=flat --compression zstd:1
expect_same digest "$(cat out)" "$cold"
echo more >>flat/entry-100000
measured '200,000 files, one changed' --layer a=flat --compression zstd:1
expect_same digest "$(cat out)" "$("$FN" --home other build -q -t large:1 --layer a=flat --compression zstd:1)"

t 'a sparse file of 4 GB'
mkdir sparse && truncate -s 4G sparse/file &&
  printf end | dd of=sparse/file bs=1 seek=3000000000 conv=notrunc status=none
sleep 0.1
measured '4 GB sparse, cold' --layer a=sparse --compression zstd:1
cold=$(cat out)
measured '4 GB sparse, nothing changed' --layer a=sparse --compression zstd:1
expect_same digest "$(cat out)" "$cold"
