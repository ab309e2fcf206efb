// SPDX-License-Identifier: Apache-2.0
// The first process of a sandbox, after the exec that ends child/first_process.cpp. A static program without a C
// library, a few pages large; it runs from a sealed memfd, so nothing inside can change it (CVE-2019-5736). One thread:
//
//   close_up       nobody with the same uid reads or traces it, and it has no capabilities
//   open_signals   every signal is blocked and read from a descriptor
//   go             one byte into a pipe: the command, which waits for it, may be executed
//   loop           passes signals on to the command, reaps whatever ends, looks at the time if that is limited
//
// When the command ends it writes how (EndRecord) into the result pipe. It exits when nobody is left at the other end
// of that pipe, or a second after the record; the kernel then kills all others in the namespace. It must never run
// anything of the image, and never end while someone waits for the record.
#include "sandbox/child/init_protocol.hpp"
#include "sys/raw_syscall.hpp"

#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>

namespace {

using fn::sandbox::EndRecord;
using fn::sys::raw_syscall;

[[noreturn]] void leave(int code) {
  for (;;) raw_syscall(SYS_exit_group, code);
}

std::uint64_t microseconds(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1000000U + static_cast<std::uint64_t>(time.tv_usec);
}

// Neither the command nor anybody else with its uid reads or traces this process.
void close_up() {
  raw_syscall(SYS_prctl, PR_SET_DUMPABLE, 0L);
  raw_syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
  raw_syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1L);
  raw_syscall(SYS_prctl, PR_SET_NAME, "fn-init");
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2] = {};
  raw_syscall(SYS_capset, &header, none);
  // When the command ends we are woken up, and so is the tool by us: it has the processor, not we.
  const sched_param no_priority{0};
  raw_syscall(SYS_sched_setscheduler, 0, SCHED_BATCH, &no_priority);
}

int open_signals() {
  const std::uint64_t all = ~std::uint64_t{0};
  raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, nullptr, sizeof all);
  return static_cast<int>(raw_syscall(SYS_signalfd4, -1, &all, sizeof all, SFD_NONBLOCK | SFD_CLOEXEC));
}

// Reaps all that have ended. Ends with the command; in a sandbox without one the second process builds the root, and
// only its failure is the end.
void reap(bool idle) {
  for (;;) {
    int status = 0;
    rusage used{};
    const long pid = raw_syscall(SYS_wait4, -1, &status, WNOHANG | __WALL, &used);
    if (pid <= 0) return;
    if (pid != fn::sandbox::command_pid || (idle && status == 0)) continue;
    const EndRecord record{.status = status,
                           .max_rss_kib = static_cast<std::uint32_t>(used.ru_maxrss),
                           .user_us = microseconds(used.ru_utime),
                           .system_us = microseconds(used.ru_stime)};
    raw_syscall(SYS_write, fn::sandbox::init_result_fd, &record, sizeof record);
    // To take the namespaces down costs the kernel much; the return of the tool does not compete with that.
    pollfd maker{fn::sandbox::init_result_fd, 0, 0};
    const timespec patience{1, 0};
    raw_syscall(SYS_ppoll, &maker, 1, &patience, nullptr, 0);
    leave(0);
  }
}

void take_signals(int signals, bool idle) {
  signalfd_siginfo info;
  while (raw_syscall(SYS_read, signals, &info, sizeof info) == sizeof info)
    if (info.ssi_signo != SIGCHLD && !idle) raw_syscall(SYS_kill, fn::sandbox::command_pid, info.ssi_signo);
  reap(idle);
}

std::uint64_t now_ms() {
  timespec time{};
  raw_syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1000U + static_cast<std::uint64_t>(time.tv_nsec) / 1000000U;
}

// What is left until `end`; none: no limit. Does not come back when it is over.
const timespec* left_until(std::uint64_t end, timespec& left) {
  if (end == 0) return nullptr;
  const std::uint64_t now = now_ms();
  if (now >= end) leave(1);
  left = {static_cast<time_t>((end - now) / 1000), static_cast<long>((end - now) % 1000 * 1000000)};
  return &left;
}

[[noreturn]] void run(bool idle, std::uint64_t time_ms) {
  const std::uint64_t end = time_ms > 0 ? now_ms() + time_ms : 0;
  close_up();
  const int signals = open_signals();
  if (signals < 0) leave(1);
  raw_syscall(SYS_write, fn::sandbox::init_go_fd, "", 1);
  raw_syscall(SYS_close, fn::sandbox::init_go_fd);
  // What ended before the descriptor was there has left no signal in it.
  reap(idle);
  for (;;) {
    pollfd watched[2] = {{signals, POLLIN, 0}, {fn::sandbox::init_result_fd, 0, 0}};
    timespec left{};
    raw_syscall(SYS_ppoll, watched, 2, left_until(end, left), nullptr, 0);
    // Nobody is left to tell: the maker is gone, and was gone perhaps before PR_SET_PDEATHSIG.
    if ((watched[1].revents & (POLLERR | POLLHUP)) != 0) leave(1);
    if ((watched[0].revents & POLLIN) != 0) take_signals(signals, idle);
  }
}

}  // namespace

extern "C" [[noreturn]] void fn_init_main(const long* stack) {
  const auto* const argv = reinterpret_cast<const char* const*>(stack + 1);
  const char* word = stack[0] > 1 ? argv[1] : "";
  const bool idle = *word == fn::sandbox::init_idle[0];
  std::uint64_t time_ms = 0;
  for (; *word >= '0' && *word <= '9'; ++word) time_ms = time_ms * 10 + static_cast<std::uint64_t>(*word - '0');
  run(idle, time_ms);
}

#if defined(__x86_64__)
asm(".globl _start\n_start:\n\txorl %ebp, %ebp\n\tmovq %rsp, %rdi\n\tandq $-16, %rsp\n\tcall fn_init_main\n\thlt\n");
#elif defined(__aarch64__)
asm(".globl _start\n_start:\n\tmov x29, xzr\n\tmov x0, sp\n\tbl fn_init_main\n\tbrk #0\n");
#endif

// The compiler makes calls of these of its own accord.
extern "C" void* memset(void* to, int value, unsigned long size) {
  volatile char* bytes = static_cast<char*>(to);
  for (unsigned long i = 0; i < size; ++i) bytes[i] = static_cast<char>(value);
  return to;
}
extern "C" void* memcpy(void* to, const void* from, unsigned long size) {
  volatile char* bytes = static_cast<char*>(to);
  const char* source = static_cast<const char*>(from);
  for (unsigned long i = 0; i < size; ++i) bytes[i] = source[i];
  return to;
}
