// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/child_memory.hpp"
#include "sys/fd.hpp"

#include <string>
#include <sys/types.h>
#include <vector>

namespace fn::sandbox {

// A process that removes a sandbox's control groups when the sandbox is gone, however its maker ended. It shares the
// maker's memory (making it costs no copy) and outlives it by some milliseconds.
class Janitor {
 public:
  Janitor() = default;
  // `init_pidfd` is the sandbox's first process. The janitor's stack is in `child_memory`, which must be abandoned, not
  // unmapped, if the janitor is to outlive this process.
  Janitor(ChildMemory& child_memory, int init_pidfd, const std::vector<std::string>& directories);
  Janitor(Janitor&& other) noexcept = default;
  Janitor& operator=(Janitor&& other) noexcept = default;
  ~Janitor() = default;

  // Tells it to start, and returns when it is done.
  void finish();
  // Tells it to start, without waiting.
  void leave() { lifeline_.reset(); }

 private:
  sys::Fd lifeline_;  // closed when this process ends, however that happens
  pid_t pid_ = 0;
};

}  // namespace fn::sandbox
