// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/seccomp/seccomp.hpp"

#include <span>

namespace fn::sandbox::seccomp {

struct ProfileOptions {
  // ptrace, process_vm_readv and their like, and a personality without address randomisation: for debuggers. They reach
  // processes of the same user only, which in a pid namespace are those of the sandbox.
  bool allow_ptrace = false;
};

// Allows what ordinary programs, shells and language runtimes use. What administers the machine (mounts, modules,
// clocks, namespaces) and what most kernel exploits need (io_uring, bpf, perf, keyrings, userfaultfd) is EPERM; clone3
// is ENOSYS, since its flags are behind a pointer, and libc falls back to clone; so are numbers that this list does not
// know.
Policy default_profile(const ProfileOptions& options = {});
// compile(default_profile()).
std::span<const sock_filter> default_filter();

// For functions that only compute: files, memory, threads, clocks, signals, pipes, unix and internet sockets. The
// program can become another one (execve), since a filter is installed before that, but cannot start one beside it; it
// changes no owner, mode or user. Everything else that this list knows is EPERM, newer calls are ENOSYS.
Policy strict_profile();

}  // namespace fn::sandbox::seccomp
