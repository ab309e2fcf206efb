// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/landlock.hpp"
#include "sandbox/plan.hpp"
#include "sandbox/raw_syscall.hpp"
#include "sandbox/timing.hpp"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <string>
#include <vector>

namespace fn::sandbox {

// A word that processes which share memory wait on: futex(2).
class Gate {
 public:
  bool is_open() const { return word_.load(std::memory_order_acquire) != 0; }
  void open() {
    word_.store(1, std::memory_order_release);
    raw_syscall(SYS_futex, &word_, 1 /* FUTEX_WAKE */, 64);
  }
  void wait() {
    while (!is_open()) raw_syscall(SYS_futex, &word_, 0 /* FUTEX_WAIT */, 0, nullptr);
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

// All that the processes of a starting sandbox share. Made by the one that calls clone(2); while the others run it
// stays where it is and only they write to what is theirs. They allocate nothing and call nothing that could.
struct Launch {
  explicit Launch(const Plan& the_plan) : plan(the_plan) {}

  const Plan& plan;
  std::vector<char*> argv;  // with a null at the end
  std::vector<char*> envp;
  const landlock::Ruleset* ruleset = nullptr;

  int result_read = -1;  // pipe to the maker: init's EndRecord
  int result_write = -1;
  int go_read = -1;  // pipe from init to the command's process
  int go_write = -1;
  int init_image = -1;  // sealed memfd
  int handoff = -1;     // socket that descriptors are sent to the maker over
  std::array<int, 3> streams{-1, -1, -1};
  int terminal = -1;  // its slave side, once it is open

  Gate ids;                             // the id maps are written
  Gate groups;                          // `task_files` is complete
  std::vector<std::string> task_files;  // Cgroup::task_files()
  int cgroup = -1;                      // Cgroup::v2_fd()
  bool is_member = false;               // join_cgroups() was done
  Gate root;                            // the sandbox's root is everybody's root; or that failed
  std::uint64_t root_device = 0;        // of stat("/") since then
  std::uint64_t root_inode = 0;
  std::atomic<bool> inside{false};  // init has closed itself up, and the command is about to be executed

  bool proc_refused = false;                                // the substitute is in place
  std::array<std::atomic<bool>, wall_names.size()> fell{};  // walls that an optional step could not put up
  Failure failure;
  std::atomic<bool> failed{false};
  std::atomic<bool> failing{false};  // somebody writes it

  Stamps init_times;     // of the first process
  Stamps command_times;  // of the command's

  long umask = 0;                 // of the maker, for the command
  bool has_command = false;       // start_command() was called
  char* command_stack = nullptr;  // top of the second process's stack
  bool dies_with_maker = false;   // the command has no init above it that would
  bool pooled_network = false;    // its network namespace was prepared
  bool has_ids = false;           // the user namespace too, id maps and all

  // Writes the failure and ends this process.
  [[noreturn]] void give_up(const Failure& why);
  // The outcome of an operation: 0, or -errno.
  void judge(const Operation& operation, long result);
};

// All signals wait while processes that share our memory, and our handlers, have not yet taken theirs off.
class SignalsBlocked {
 public:
  SignalsBlocked();
  SignalsBlocked(const SignalsBlocked&) = delete;
  ~SignalsBlocked();

 private:
  sigset_t before_{};
};

// What exec wants: pointers into `strings`, then a null.
std::vector<char*> string_pointers(const std::vector<std::string>& strings);
// What a failure means to the user.
Error explain(const Failure& failure, const Plan& plan);

// Bodies of the processes.
void first_process(void* launch);
void command_process(void* launch);

// Starts the first process with a stack of its own; it is born into launch.cgroup. With CLONE_PARENT among `flags` it
// sends the signal that our own process sends. Its pid, or -errno.
long start_first_process(Launch& launch, unsigned long flags, void* stack_top, int& pidfd);
// Makes the calling process a member of the groups of version 1, once they are there. 0 or -errno.
long join_cgroups(Launch& launch);
// Waits for ids and control groups, enters a cgroup namespace, and starts the process that becomes the command if there
// is one.
void start_command(Launch& launch);
// All of Plan::opening and Plan::setup, and the command's process as soon as that can be.
void build(Launch& launch);

// Carries out an operation of Plan::opening or Plan::setup in the first process. 0 or -errno.
long set_up(Launch& launch, const Operation& operation);
// Carries out an operation of Plan::lockdown. 0 or -errno; does not come back from Step::execute if that succeeds.
long lock_down(Launch& launch, const Operation& operation);

}  // namespace fn::sandbox
