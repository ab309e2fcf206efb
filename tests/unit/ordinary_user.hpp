// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/prctl.h>
#include <unistd.h>

namespace fn {

// For tests of permissions, which root wouldn't notice: the process acts as nobody until the end of the scope.
class OrdinaryUser {
 public:
  OrdinaryUser() { become(65534); }
  ~OrdinaryUser() { become(0); }
  OrdinaryUser(const OrdinaryUser&) = delete;
  OrdinaryUser& operator=(const OrdinaryUser&) = delete;

 private:
  void become(uid_t user) const {
    if (!is_root_ || seteuid(user) < 0) return;
    // A process that changed its user may not look at its own /proc/self/fd.
    prctl(PR_SET_DUMPABLE, 1);
  }

  bool is_root_ = getuid() == 0;
};

}  // namespace fn
