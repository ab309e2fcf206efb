#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# common/sandbox/child is the code between clone and exec. Its README says what such code may do; this says it to those
# who don't read it.
. "$(dirname "$0")/../lib.sh"

child=$REPO/common/sandbox/child

t 'no source allocates, throws, locks or looks at errno'
forbidden='fmt::|\bthrow\b|\btry\b|\bcatch\b|\bnew\b|\bdelete\b|\bmalloc\b|\bfree\(|\berrno\b|'
forbidden+='\bfail(_errno|_hint)?\(|\bError\b|printf\(|'
forbidden+='std::(string|vector<[^>]*>|deque<[^>]*>|map<[^>]*>)[ ({]|'
forbidden+='std::(to_string|function|format|unique_ptr|shared_ptr|make_unique|make_shared)|'
forbidden+='mutex|lock_guard|unique_lock|condition_variable|call_once|std::thread|pthread_|'
forbidden+='^ *static [^_c]|thread_local|sys::(check|Fd|Pipe)\b'
for file in "$child"/*.cpp; do # without comments and literals
  sed 's,//.*,,;s,"[^"]*",,g' "$file" | grep -nE "$forbidden" | sed "s,^,${file#"$REPO"/}:," || true
done >found
[ ! -s found ] || die "the README there forbids: $(cat found)"

t 'no object refers to anything that could'
# Functions of the C library that look at bytes or copy them, in their fortified form too; ends of a process that has a
# bug; accessors that were not inlined; what noexcept becomes if nothing is optimized.
allowed='(__)?(mem(cpy|set|move|chr|cmp)|str(len|chr|cat|ncpy|ncat))(_chk)?|_GLOBAL_OFFSET_TABLE_|'
allowed+='__stack_chk_(fail|guard)|std::__glibcxx_assert_fail\(.*|'
allowed+='std::__(cxx11::)?basic_string<.*>::(c_str|size|data|empty)\(\) const|'
allowed+='__gxx_personality_v0|__cxa_begin_catch|std::terminate\(\)'
# Not all that lie there: a build of another kind may have left some.
grep -oE '[^ "]*/fn_sandbox_child\.dir/[^ "]*\.o' "$BUILD/compile_commands.json" | sort -u | sed "s,^,$BUILD/," >objects
[ -s objects ] || die 'there are no objects of fn_sandbox_child'
# shellcheck disable=SC2046 # one word a line
nm -C $(cat objects) | sed -nE 's/^[0-9a-f]+ +[A-TV-Za-tv-z] //p' | sort -u >defined
# shellcheck disable=SC2046
nm -C --undefined-only $(cat objects) | sed -nE 's/^ +[UwW] //p' | sort -u | comm -23 - defined >needed
grep -qx strlen needed || die 'strlen is not called: the objects were not read'
! grep -vxE "$allowed" needed || die 'code between clone and exec refers to that'

t 'between the folders of sandbox'
while IFS=: read -r folder may; do
  for file in "$REPO/common/sandbox/$folder"/*.?pp; do
    while read -r used; do
      [[ " $folder $may " == *" $used "* ]] || die "${file#"$REPO"/} includes sandbox/$used/"
    done < <(sed -nE 's,^#include "sandbox/(([a-z]+)/)?[a-z_]+\.hpp".*,\2,p' "$file" | sed 's/^$/./' | sort -u)
  done
done <<'END'
cgroup:
seccomp:
plan: cgroup
child: plan
END
