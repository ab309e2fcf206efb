// SPDX-License-Identifier: Apache-2.0
#include "sandbox/child/install_filter.hpp"
#include "sandbox/seccomp/compile.hpp"
#include "sandbox/seccomp/seccomp.hpp"
#include "sandbox/seccomp/seccomp_profile.hpp"
#include "sandbox_child.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <linux/sched.h>
#include <netinet/in.h>
#include <pty.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <thread>
#include <vector>

using namespace fn;
using namespace fn::sandbox;

namespace {

// What `body` returns in a child under the filter.
template <typename Body>
int under_policy(const seccomp::Policy& policy, const Body& body) {
  const seccomp::Filter filter = seccomp::compile(policy);
  return in_child([&] {
    const int installed = install_filter(filter.program.data(), static_cast<unsigned short>(filter.program.size()));
    return installed == 0 ? body() : 255;
  });
}

// errno of one system call under the default profile.
template <typename... Args>
int error_under_default(long number, Args... args) {
  return under_policy(seccomp::default_profile(), [=] { return error_number(syscall(number, args...)); });
}

int run_under(const seccomp::Policy& policy, std::vector<std::string> argv) {
  return under_policy(policy, [&] {
    std::vector<char*> pointers;
    for (std::string& word : argv) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(null, 1);
    dup2(null, 2);
    execv(pointers[0], pointers.data());
    return 254;
  });
}

}  // namespace

TEST_CASE("seccomp in the kernel: what the default profile refuses") {
  CHECK(error_under_default(SYS_unshare, CLONE_NEWUSER) == EPERM);
  CHECK(error_under_default(SYS_unshare, CLONE_NEWNS) == EPERM);
  CHECK(error_under_default(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, nullptr) == EPERM);
  CHECK(error_under_default(SYS_clone3, nullptr, 0) == ENOSYS);
  CHECK(error_under_default(SYS_io_uring_setup, 1, nullptr) == EPERM);
  CHECK(error_under_default(SYS_keyctl, 0, 0) == EPERM);
  CHECK(error_under_default(SYS_bpf, 0, nullptr, 0) == EPERM);
  CHECK(error_under_default(SYS_userfaultfd, 0) == EPERM);
  CHECK(error_under_default(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0) == EPERM);
  CHECK(error_under_default(SYS_mount, nullptr, nullptr, nullptr, 0, nullptr) == EPERM);
  CHECK(error_under_default(SYS_socket, AF_ALG, SOCK_SEQPACKET, 0) == EPERM);
  CHECK(error_under_default(SYS_socket, AF_VSOCK, SOCK_STREAM, 0) == EPERM);
  CHECK(error_under_default(SYS_socket, AF_NETLINK, SOCK_RAW, 12) == EPERM);
  CHECK(error_under_default(SYS_mknodat, AT_FDCWD, "/tmp/fn-unit-no-such-node", S_IFBLK | 0600, 0) == EPERM);
  CHECK(error_under_default(9999) == ENOSYS);
  CHECK(error_under_default(-1) == ENOSYS);
#ifdef __x86_64__
  CHECK(error_under_default(0x40000000 + SYS_getpid) == ENOSYS);
#endif
}

TEST_CASE("seccomp in the kernel: nothing is typed into the terminal of somebody else") {
  int master = -1;
  int slave = -1;
  REQUIRE(openpty(&master, &slave, nullptr, nullptr, nullptr) == 0);
  const auto type = [&] {
    setsid();
    ioctl(slave, TIOCSCTTY, 0);
    char letter = 'x';
    return error_number(ioctl(slave, TIOCSTI, &letter));
  };
  // Also with junk in the upper half of the register (CVE-2019-10063).
  const auto type_with_junk = [&] {
    char letter = 'x';
    return error_number(syscall(SYS_ioctl, slave, TIOCSTI | 0xdead00000000L, &letter));
  };
  CHECK(under_policy(seccomp::default_profile(), type) == EPERM);
  CHECK(under_policy(seccomp::default_profile(), type_with_junk) == EPERM);
  CHECK(under_policy(seccomp::strict_profile(), type) == EPERM);
  CHECK(under_policy(seccomp::default_profile(), [&] {
          int bytes = 0;
          return error_number(ioctl(slave, FIONREAD, &bytes));
        }) == 0);
  close(master);
  close(slave);
}

TEST_CASE("seccomp in the kernel: what programs do still works") {
  CHECK(under_policy(seccomp::default_profile(), [] {
          int answer = 0;
          std::thread([&] { answer = 6; }).join();
          const pid_t child = fork();
          if (child == 0) _exit(7);
          int status = 0;
          waitpid(child, &status, 0);
          char text[8] = "";
          std::snprintf(text, sizeof text, "%d%d", answer, WEXITSTATUS(status));
          return (text[0] - '0') * 10 + text[1] - '0';
        }) == 67);
  CHECK(under_policy(seccomp::strict_profile(), [] {
          int answer = 0;
          std::thread([&] { answer = 6; }).join();
          if (fork() >= 0 || errno != EPERM) return 1;
          return answer;
        }) == 6);
  const std::vector<std::vector<std::string>> programs{{"/bin/sh", "-c", "echo $(ls / | wc -l)"},
                                                       {"/bin/ls", "-l", "/"},
                                                       {"/usr/bin/python3", "-c", "import os; print(os.getpid())"}};
  for (const auto& program : programs) {
    if (!std::filesystem::exists(program.front())) continue;
    CAPTURE(program.front());
    CHECK(run_under(seccomp::default_profile(), program) == 0);
  }
  CHECK(run_under(seccomp::strict_profile(), {"/bin/ls", "-l", "/"}) == 0);
  CHECK(run_under(seccomp::strict_profile(), {"/bin/sh", "-c", "ls / | wc"}) != 0);  // would start a second program
}

TEST_CASE("seccomp in the kernel: a debugger's profile lets a parent trace its child") {
  const auto trace = [] {
    const pid_t child = fork();
    if (child == 0) {
      ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
      raise(SIGSTOP);
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, WUNTRACED);
    const bool traced = ptrace(PTRACE_CONT, child, nullptr, nullptr) == 0;
    if (!traced) kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return traced ? 1 : 0;
  };
  CHECK(under_policy(seccomp::default_profile({.allow_ptrace = true}), trace) == 1);
  CHECK(under_policy(seccomp::default_profile(), trace) == 0);
}

TEST_CASE("seccomp in the kernel: a second filter may be put on the first") {
  const seccomp::Filter strict = seccomp::compile(seccomp::strict_profile());
  CHECK(under_policy(seccomp::default_profile(), [&] {
          const auto length = static_cast<unsigned short>(strict.program.size());
          if (install_filter(strict.program.data(), length) != 0) return 1;
          return error_number(syscall(SYS_setuid, getuid()));
        }) == EPERM);
}

TEST_CASE("seccomp in the kernel: a policy that kills, and a program that the kernel refuses") {
  const seccomp::Policy deadly{seccomp::allow, seccomp::allow, 500, {{SYS_getppid, seccomp::kill_process, {}}}};
  CHECK(under_policy(deadly, [] { return static_cast<int>(syscall(SYS_getppid)); }) == 256 + SIGSYS);
  const sock_filter endless{BPF_JMP | BPF_JA, 0, 0, 5};
  CHECK(in_child([&] { return -install_filter(&endless, 1); }) == EINVAL);
}
