// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/child/stamps.hpp"
#include "sandbox/plan/landlock.hpp"
#include "sandbox/plan/plan.hpp"
#include "sys/raw_syscall.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <string>
#include <vector>

namespace fn::sandbox {

// A word in shared memory that processes wait on: futex(2).
class FutexLatch {
 public:
  bool is_open() const { return word_.load(std::memory_order_acquire) != 0; }
  void open() {
    word_.store(1, std::memory_order_release);
    sys::raw_syscall(SYS_futex, &word_, 1 /* FUTEX_WAKE */, 64);
  }
  void wait() {
    while (!is_open()) sys::raw_syscall(SYS_futex, &word_, 0 /* FUTEX_WAIT */, 0, nullptr);
  }
  // Once, for that long at most. Whether it is open.
  bool wait_for(std::chrono::milliseconds patience) {
    const timespec time{patience.count() / 1000, patience.count() % 1000 * 1000000};
    if (!is_open()) sys::raw_syscall(SYS_futex, &word_, 0 /* FUTEX_WAIT */, 0, &time);
    return is_open();
  }

 private:
  std::atomic<std::uint32_t> word_{0};
};

// Why a process of a sandbox gave up before the command began.
struct Failure {
  const Operation* operation = nullptr;  // none: a step between the operations
  const char* step = "";
  int error = 0;  // errno
  // Of Step::execute: why nothing was found.
  enum class Program : std::uint8_t {
    other,
    missing,
    not_executable,
    no_interpreter,
    wrong_format
  } program = Program::other;
};

// Everything that the processes of a starting sandbox share. Created by the process that calls clone(2); while the
// others run it is not moved, and each field is written only by its owner. They allocate nothing and call nothing that
// could.
struct Launch {
  explicit Launch(const Plan& the_plan) : plan(the_plan) { init_times.wanted = command_times.wanted = plan.spec.timed; }

  const Plan& plan;
  std::vector<char*> argv;  // null-terminated
  std::vector<char*> envp;
  const landlock::Ruleset* ruleset = nullptr;

  int result_read = -1;  // pipe to the maker: init's EndRecord
  int result_write = -1;
  int go_read = -1;  // pipe from init to the command's process
  int go_write = -1;
  int init_image = -1;    // sealed memfd
  std::string init_time;  // of init_protocol.hpp; empty: no limit
  int handoff = -1;       // socket over which descriptors are sent to the maker
  std::array<int, 3> streams{-1, -1, -1};
  int terminal = -1;  // the slave side, once it is open

  FutexLatch ids;                       // the id maps are written
  std::uint64_t ignored_signals = 0;    // that the maker ignores: bit N - 1 for signal N
  FutexLatch groups;                    // `ignored_signals` and `task_files` are complete
  std::vector<std::string> task_files;  // Cgroup::task_files()
  int cgroup = -1;                      // Cgroup::v2_fd()
  FutexLatch beside;                    // Plan::beside is done
  unsigned long made_beside = 0;        // CLONE_NEW* of the namespaces that were made there
  FutexLatch inside;                    // init has closed itself up, and the command is about to be executed

  bool proc_refused = false;                                // the substitute is in place
  std::array<std::atomic<bool>, wall_names.size()> fell{};  // walls that an optional step could not put up
  Failure failure;
  std::atomic<bool> failed{false};
  std::atomic<bool> failing{false};  // set by the process that writes `failure`

  Stamps init_times;     // of the first process
  Stamps command_times;  // of the command's

  char* command_stack = nullptr;  // top of the second process's stack
  bool dies_with_maker = false;   // the command has no init above it that would
  bool pooled_network = false;    // its network namespace was prepared
  bool has_ids = false;           // the user namespace too, id maps and all

  // Writes the failure and ends this process, and with the first process all others.
  [[noreturn]] void give_up(const Failure& why);
  // The outcome of an operation: 0, or -errno.
  void judge(const Operation& operation, long result);
};

}  // namespace fn::sandbox
