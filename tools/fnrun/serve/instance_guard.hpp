// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/fd.hpp"

#include <string>
#include <sys/types.h>

namespace fn::serve {

// A process beside ours that briefly outlives us: when we end, even by SIGKILL, it ends the remaining instances.
class InstanceGuard {
 public:
  // Forks, so it must be created before any thread. `home` is FN_HOME.
  explicit InstanceGuard(const std::string& home);
  InstanceGuard(const InstanceGuard&) = delete;
  ~InstanceGuard();

  // Thread-safe.
  void add(const std::string& id) { tell('+', id); }
  void remove(const std::string& id) { tell('-', id); }

 private:
  void tell(char what, const std::string& id);

  sys::Fd to_;
  pid_t pid_ = -1;
};

}  // namespace fn::serve
