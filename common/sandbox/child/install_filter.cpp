// SPDX-License-Identifier: Apache-2.0
#include "sandbox/child/install_filter.hpp"

#include "sys/raw_syscall.hpp"

#include <linux/seccomp.h>

namespace fn::sandbox {

int install_filter(const sock_filter* program, unsigned short length) {
  const sock_fprog description{length, const_cast<sock_filter*>(program)};
  return static_cast<int>(sys::raw_syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &description));
}

}  // namespace fn::sandbox
