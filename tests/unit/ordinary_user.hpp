// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace fn {

// For tests of permissions, which root wouldn't notice: the process has no privilege until the end of the scope, only
// what the owner of a file may do.
class OrdinaryUser {
 public:
  OrdinaryUser() {
    syscall(SYS_capget, &header_, before_.data());
    auto without = before_;
    for (auto& half : without) half.effective = 0;
    syscall(SYS_capset, &header_, without.data());
  }
  ~OrdinaryUser() { syscall(SYS_capset, &header_, before_.data()); }
  OrdinaryUser(const OrdinaryUser&) = delete;
  OrdinaryUser& operator=(const OrdinaryUser&) = delete;

 private:
  __user_cap_header_struct header_{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> before_{};
};

}  // namespace fn
