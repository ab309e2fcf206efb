// SPDX-License-Identifier: Apache-2.0
// The janitor removes control groups after a maker that no longer can: one that was killed, or that left early. It is
// a process in the maker's memory which never execs (child/janitor_process.cpp). It waits for the end of a pipe whose
// other end the maker alone holds; the maker closes it when it is done, or the kernel does when the maker dies. Then
// it kills the sandbox's first process, waits until that and so all others are gone, and removes the directories.
//
// It may run longer than the maker, so what it reads must not be in the maker's heap: its duty lies at the top of its
// stack, the paths beside the stacks (ChildMemory::keep).
#include "sandbox/janitor.hpp"

#include "sandbox/child/janitor_process.hpp"
#include "sys/raw_syscall.hpp"

#include <sched.h>
#include <sys/wait.h>

namespace fn::sandbox {

using sys::raw_clone3;
using sys::raw_syscall;

namespace {

constexpr std::size_t duty_space = 64;  // of the stack; a multiple of 16, by which stacks are aligned

}  // namespace

Janitor::Janitor(ChildMemory& child_memory, int init_pidfd, const std::vector<std::string>& directories) {
  sys::Pipe pipe = sys::make_pipe();
  // Above the stack, which grows downwards from there, and not in the heap, which may be gone before the janitor is.
  static_assert(sizeof(JanitorDuty) <= duty_space);
  char* const stack = child_memory.janitor_stack() - duty_space;
  auto* const duty = reinterpret_cast<JanitorDuty*>(stack);
  *duty = {child_memory.keep(directories), pipe.read.get(), init_pidfd};
  clone_args arguments{};
  arguments.flags = CLONE_VM;
  const long pid = raw_clone3(arguments, stack, janitor_process, duty);
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
