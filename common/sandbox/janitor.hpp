// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/nursery.hpp"
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
  // `init` is the sandbox's first process. `nursery` has the janitor's stack; if the janitor outlives this process so
  // must the nursery.
  Janitor(Nursery& nursery, int init_pidfd, const std::vector<std::string>& directories);
  Janitor(Janitor&& other) noexcept = default;
  Janitor& operator=(Janitor&& other) noexcept = default;
  ~Janitor() = default;

  // Tells it to begin, and returns when it is done.
  void finish();
  // Tells it to begin, and goes on.
  void leave() { lifeline_.reset(); }

 private:
  sys::Fd lifeline_;  // closed with this process, whatever ends it
  pid_t pid_ = 0;
};

}  // namespace fn::sandbox
