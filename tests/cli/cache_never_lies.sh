#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What earlier builds left behind saves work and never changes a digest: whatever happens to files between two builds or
# during one, the second build gives what a home that knows nothing gives, or says that it can't.
# early
. "$(dirname "$0")/../lib.sh"
need strace strace
need sqlite3 sqlite3

fresh=0
cold() { # TREE [FLAG..]
  local from=$1
  shift
  fresh=$((fresh + 1))
  "$FN" --home "cold$fresh" build -q -t same:1 --layer "a=$from" --times keep "$@"
  rm -rf "cold$fresh"
}
warm() {
  local from=$1
  shift
  "$FN" build -q -t same:1 --layer "a=$from" --times keep "$@"
}
# The build that knows the past gives what one gives that doesn't.
agree() { # WHAT [TREE]
  local got
  got=$(warm "${2:-tree}")
  expect_same "$1: with a past and without" "$got" "$(cold "${2:-tree}")"
}
tick() { sleep 0.03; }
knows() { # FILES: as many is what the home knows of the tree by heart
  rm -f trace
  strace -f -qq -o trace -e trace=pread64,openat2 "$FN" build -q -t same:1 --layer a=tree --times keep >/dev/null
  expect_same 'files that are opened' "$(grep -c 'openat2.*O_RDONLY|O_NONBLOCK' trace || true)" "$1"
}

mkdir -p tree/sub tree/other
for n in $(seq 60); do seq "$n" $((n * 20)) >"tree/sub/file$n"; done
seq 400000 >tree/middle
head -c 13000000 /dev/zero | openssl enc -aes-128-ctr -K 00 -iv 00 >tree/zlarge 2>/dev/null
tick
agree 'the first'
agree 'nothing changed'
if [ "$(stat -f -c %T .)" = ext2/ext3 ] || [ "$(stat -f -c %T .)" = xfs ] || [ "$(stat -f -c %T .)" = btrfs ]; then
  t 'it does know the files: no test of a cache that is never used'
  knows 0
fi

t 'the same size, and the old time put back'
cp -p tree/sub/file5 stamp
printf X | dd of=tree/sub/file5 bs=1 seek=3 conv=notrunc status=none
touch -r stamp tree/sub/file5
agree 'touch -r'
printf X | dd of=tree/zlarge bs=1 seek=9000000 conv=notrunc status=none
touch -d '2001-01-01' tree/zlarge
agree 'in the middle of a large file'

t 'only the ctime: mode, and attributes'
chmod 4755 tree/sub/file6
agree chmod
if setfattr -n user.note -v one tree/sub/file6 2>/dev/null; then
  tick
  agree 'an attribute'
  agree 'an attribute, known'
  setfattr -n user.note -v two tree/sub/file6
  agree 'another value'
  setfattr -x user.note tree/sub/file6
  agree 'no attribute'
fi

t 'an inode that another file has now'
cp -p tree/sub/file7 stamp
rm tree/sub/file7
tr 1 2 <stamp >tree/sub/file7
touch -r stamp tree/sub/file7
agree inode
cp -p tree/sub/file8 stamp && tr 1 2 <stamp >new && touch -r stamp new && mv new tree/sub/file8
agree 'replaced by rename'

t 'hard links: a second name, the first one gone, another first'
ln tree/sub/file9 tree/alink
agree link
rm tree/sub/file9
agree 'one name gone'
ln tree/sub/file10 tree/other/a && ln tree/sub/file10 tree/a
agree 'three names'
"$FN" build -q -t part:1 --layer a=tree --exclude a >/dev/null 2>&1 || true
agree 'after a build of a part'

t 'directories change places'
mv tree/sub tree/x && mv tree/other tree/sub && mv tree/x tree/other
agree 'two names exchanged'
mv tree/other tree/sub/deeper
agree 'one into the other'
mv tree/sub/deeper tree/other

t 'in the same tick as the build before'
mkdir small && echo 0000 >small/f && touch -d 2020-01-01 stamp
for n in $(seq 200); do
  printf '%04d\n' "$n" >small/f
  touch -r stamp small/f
  got=$(warm small)
  [ "$got" != "${last:-}" ] || die "edit $n went unseen"
  last=$got
done
agree 'at the end' small

t 'a writer that maps a file, closed it, and writes on'
cat >writer.py <<'EOF'
import ctypes, os, sys, time
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
fd = os.open(sys.argv[1], os.O_RDWR)
page = (ctypes.c_char * 4096).from_address(libc.mmap(None, 4096, 3, 1, fd, 0))
os.close(fd)
first = page[0]
if sys.argv[2] == 'dirty':
    page[0] = b'D'
open('mapped', 'w').close()
while not os.path.exists('go'):
    time.sleep(0.01)
page[1] = b'E'
open('written', 'w').close()
while not os.path.exists('end'):
    time.sleep(0.01)
EOF
at_exit 'touch go end' # a writer never outlives the story
mapped_writer() { # TREE WHEN HOW
  rm -f mapped written go end
  rm -rf "$1" && mkdir "$1" && seq 2000 >"$1/file" && tick
  [ "$2" = before ] || warm "$1" >/dev/null
  "$PY" writer.py "$1/file" "$3" &
  until [ -e mapped ]; do sleep 0.01; done
  tick
  warm "$1" >/dev/null
  touch go
  until [ -e written ]; do sleep 0.01; done
  agree "mapped $2 the first build, $3" "$1"
  touch end && wait $!
  agree "and after its end" "$1"
}
places=(mapped-tree)
if [ -d /dev/shm ] && [ -w /dev/shm ] && [ "$(stat -f -c %T /dev/shm)" = tmpfs ]; then
  shm=/dev/shm/$(basename "$WORK") && mkdir "$shm" && at_exit "rm -rf '$shm'" && places+=("$shm/tree")
fi
if [ "$(id -u)" = 0 ]; then
  mkdir over over/low over/up over/work over/all
  if mount -t overlay overlay -o lowerdir=over/low,upperdir=over/up,workdir=over/work over/all 2>/dev/null; then
    at_exit "umount '$WORK/over/all'" && places+=(over/all/tree)
  fi
fi
for place in "${places[@]}"; do
  for how in dirty clean; do
    mapped_writer "$place" before $how
    mapped_writer "$place" after $how
  done
done

t 'a writer that has the file open over the first build'
exec 9<>tree/sub/a
tick
warm tree >/dev/null
printf Z >&9
agree 'open for writing'
exec 9>&-
agree 'closed'

t 'a file that is replaced while it is read'
seq 100000 >tree/victim && tick
rm -f code trace
{ strace -f -qq -o trace -e trace=pread64 -e inject=pread64:signal=STOP:when=1 -P tree/victim -P "$WORK/tree/victim" \
  "$FN" build -q -t same:1 --layer a=tree --times keep --jobs 1 >out 2>err || echo $? >code; } &
until grep -q 'stopped by SIGSTOP' trace 2>/dev/null; do sleep 0.02; done
seq 100000 | tr 1 7 >new && touch -r tree/victim new && mv new tree/victim
kill -CONT "$(grep -m 1 'stopped by SIGSTOP' trace | cut -d' ' -f1)"
wait $!
if [ -e code ]; then
  expect_same 'exit code' "$(cat code)" 3
  expect_stderr_has "tree/victim' changed while it was being read"
fi
agree 'replaced while read'

t 'names that move between directories while these are listed'
for n in $(seq 8); do
  mkdir -p "moving/d$n" && seq "$n" >"moving/d$n/here"
done
tick
want=$(cold moving)
for n in 1 2 3 4; do
  rm -f code listed
  { strace -f -qq -o listed -e trace=getdents64 -e inject=getdents64:delay_enter=60000 \
    "$FN" build -q -t same:1 --layer a=moving --times keep >out 2>err || echo $? >code; } &
  until [ -e listed ] && [ "$(grep -c getdents64 listed || true)" -ge $((n * 2)) ]; do sleep 0.005; done
  mv moving/d1/here moving/d8/moved
  wait $!
  if [ -e code ]; then
    expect_same 'exit code' "$(cat code)" 3
    expect_stderr_has ' changed while it was being read'
  else
    got=$(cat out)
    [ "$got" = "$want" ] || [ "$got" = "$(cold moving)" ] ||
      die "a digest of no state that the tree ever had (round $n)"
  fi
  mv moving/d8/moved moving/d1/here && tick
  agree 'moved back' moving
  want=$(cold moving)
done

t 'two builds at once over one home'
echo both >>tree/sub/a
warm tree >one & first=$!
warm tree --jobs 2 >two & second=$!
wait $first && wait $second
expect_same 'two at once' "$(cat one)" "$(cat two)"
expect_same 'and a cold one' "$(cat one)" "$(cold tree)"

t 'killed on the way, and run again'
for after in 5 15 25 40 60 90 130 180; do
  echo "$after" >>tree/other/file20
  printf "%s" "$after" | dd of=tree/zlarge bs=1 seek=$((after * 1000)) conv=notrunc status=none
  "$FN" build -q -t same:1 --layer a=tree --times keep >/dev/null 2>&1 &
  sleep "$(printf '0.%03d' "$after")"
  kill -9 $! 2>/dev/null || true
  wait $! 2>/dev/null || true
  agree "killed after $after ms"
done
expect_exit 0 "$FN" fsck --read-data

t 'rows of the index that were damaged: the right digest, or integrity'
sql() { sqlite3 -cmd '.timeout 5000' "$FN_HOME/state.db" "PRAGMA foreign_keys=ON; $1" >/dev/null; }
cp -a "$FN_HOME" whole
round=0
flip="CAST(substr(@, 1, 5) || x'ff' || substr(@, 7) AS BLOB)"
while read -r damage; do
  for change in nothing first last; do
    round=$((round + 1))
    rm -rf "$FN_HOME" && cp -a whole "$FN_HOME"
    case $change in
      first) echo "$round" >>tree/a ;;
      last) echo "$round" >>tree/zlarge ;;
    esac
    [ $change = nothing ] || tick
    sql "$damage"
    code=0
    got=$(warm tree 2>err) || code=$?
    if [ $code = 0 ]; then
      expect_same "after: $damage ($change changed)" "$got" "$(cold tree)"
    else
      expect_same "exit code after: $damage ($change changed)" "$code" 6
    fi
  done
done <<EOF
UPDATE layer_segment SET tar_state = ${flip//@/tar_state}
UPDATE layer_segment SET blob_state = ${flip//@/blob_state}
UPDATE layer_segment SET checksum = ${flip//@/checksum}
UPDATE layer_segment SET offset = offset + 1 WHERE position > 0
UPDATE layer_segment SET size = size - 1
UPDATE layer_segment SET size = -1
DELETE FROM layer_segment WHERE position = 1
UPDATE layer_segment SET position = position + 100
UPDATE layer SET diff_id = 'sha256:' || printf('%064d', 1)
UPDATE layer SET digest = 'sha256:' || printf('%064d', id)
UPDATE layer SET digest = 'nonsense' || id
UPDATE layer SET size = size + 1
UPDATE layer SET diff_id = 'nonsense'
UPDATE segment SET files = x'00'
UPDATE source SET files = ${flip//@/files}
UPDATE source SET files = substr(files, 1, length(files) / 2)
UPDATE source SET files = CAST(replace(hex(files), 'A', 'B') AS BLOB)
DELETE FROM layer
DELETE FROM source
EOF
rm -rf "$FN_HOME" && mv whole "$FN_HOME"

t 'an old blob with a flipped byte: the next build with a change is right'
agree 'before'
layer=$("$FN" inspect same:1 --json | json '.layers[0].digest')
"$FN" tag same:1 old:1 >/dev/null
for at in 100 1000000 11000000; do
  printf Q | dd of="$FN_HOME/blobs/sha256/${layer#sha256:}" bs=1 seek=$at conv=notrunc status=none
done
echo more >>tree/other/file20
agree 'with a change'
expect_exit 1 "$FN" fsck --read-data -q
expect_same findings "$(grep -c . out)" "$(grep -c "$layer" out)"
"$FN" unpack -q same:1 unpacked >unpack.log
diff -r tree unpacked
