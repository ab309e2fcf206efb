// SPDX-License-Identifier: Apache-2.0
#include "sandbox/janitor.hpp"

#include "sandbox/raw_syscall.hpp"

#include <cerrno>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>

namespace fn::sandbox {
namespace {

constexpr int lifeline_number = 3;
constexpr int init_number = 4;
constexpr int attempts = 4000;
constexpr std::size_t duty_space = 64;  // of the stack; a multiple of 16, by which stacks are aligned

// In the nursery, since the maker's heap may be gone.
struct Duty {
  const char* const* directories;
  int lifeline;
  int init;
};

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

void serve(void* argument) {
  const Duty& duty = *static_cast<const Duty*>(argument);
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
  for (;;) raw_syscall(SYS_exit_group, 0);
}

}  // namespace

Janitor::Janitor(Nursery& nursery, int init_pidfd, const std::vector<std::string>& directories) {
  sys::Pipe pipe = sys::make_pipe();
  // Above the stack, which grows downwards from there.
  static_assert(sizeof(Duty) <= duty_space);
  char* const stack = nursery.janitor_stack() - duty_space;
  auto* const duty = reinterpret_cast<Duty*>(stack);
  *duty = {nursery.keep(directories), pipe.read.get(), init_pidfd};
  clone_args arguments{};
  arguments.flags = CLONE_VM;
  const long pid = raw_clone3(arguments, stack, serve, duty);
  if (pid < 0) sys::fail_errno(static_cast<int>(-pid), "cannot start the process that cleans up");
  pid_ = static_cast<pid_t>(pid);
  lifeline_ = std::move(pipe.write);
}

void Janitor::finish() {
  lifeline_.reset();
  if (pid_ > 0) raw_syscall(SYS_wait4, pid_, nullptr, __WALL, nullptr);
  pid_ = 0;
}

}  // namespace fn::sandbox
