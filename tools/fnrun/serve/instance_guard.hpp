// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/fd.hpp"

#include <string>
#include <sys/types.h>

namespace fn::serve {

// A process beside ours that outlives us, if only for a moment: when we are gone, by SIGKILL too, it ends the instances
// that are left.
class Guard {
 public:
  // Forks: to be made before there are threads. `home` is FN_HOME.
  explicit Guard(const std::string& home);
  Guard(const Guard&) = delete;
  ~Guard();

  // Threads may call these.
  void add(const std::string& id) { tell('+', id); }
  void remove(const std::string& id) { tell('-', id); }

 private:
  void tell(char what, const std::string& id);

  sys::Fd to_;
  pid_t pid_ = -1;
};

}  // namespace fn::serve
