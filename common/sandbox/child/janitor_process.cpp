// SPDX-License-Identifier: Apache-2.0
// The janitor's whole life (janitor.cpp says what it is for). It is deaf to all signals and keeps two descriptors only:
// a lifeline, whose other end the maker has, and the pidfd of the first process. When the lifeline ends, the maker is
// gone or has let go: the first process is killed, which kills all others in its pid namespace; when it has ended the
// groups are removed. That is tried for two seconds, since a group is busy until the kernel has reaped the last of its
// processes. The rules of child/ hold.
#include "sandbox/child/janitor_process.hpp"

#include "sandbox/child/end_process.hpp"
#include "sys/raw_syscall.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>

namespace fn::sandbox {

using sys::raw_syscall;

namespace {

constexpr int lifeline_number = 3;
constexpr int init_number = 4;
constexpr int attempts = 4000;

void wait_for(int fd) {
  pollfd watched{fd, POLLIN, 0};
  while (raw_syscall(SYS_ppoll, &watched, 1, nullptr, nullptr, 0) == -EINTR) continue;
}

// A group is busy until the kernel has reaped the last of its processes.
void remove(const char* directory) {
  for (int attempt = 0; attempt < attempts; ++attempt) {
    if (raw_syscall(SYS_unlinkat, AT_FDCWD, directory, AT_REMOVEDIR) != -EBUSY) return;
    const timespec pause{0, 500000};
    raw_syscall(SYS_nanosleep, &pause, nullptr);
  }
}

}  // namespace

void janitor_process(void* argument) {
  const JanitorDuty& duty = *static_cast<const JanitorDuty*>(argument);
  raw_syscall(SYS_prctl, PR_SET_NAME, "fn-janitor");
  raw_syscall(SYS_setsid);
  const std::uint64_t all = ~std::uint64_t{0};
  raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, nullptr, sizeof all);
  // The streams of the maker and the other end of the lifeline are among what is let go.
  const long lifeline = raw_syscall(SYS_fcntl, duty.lifeline, F_DUPFD_CLOEXEC, 16);
  const long init = raw_syscall(SYS_fcntl, duty.init, F_DUPFD_CLOEXEC, 16);
  raw_syscall(SYS_dup3, lifeline, lifeline_number, O_CLOEXEC);
  raw_syscall(SYS_dup3, init, init_number, O_CLOEXEC);
  raw_syscall(SYS_close_range, 0, 2, 0);
  raw_syscall(SYS_close_range, init_number + 1, ~0U, 0);
  wait_for(lifeline_number);
  raw_syscall(SYS_pidfd_send_signal, init_number, SIGKILL, nullptr, 0);
  wait_for(init_number);
  for (const char* const* directory = duty.directories; *directory != nullptr; ++directory) remove(*directory);
  end_process(0);
}

}  // namespace fn::sandbox
