// SPDX-License-Identifier: Apache-2.0
#include "sandbox/child/join_pooled.hpp"

#include "sandbox/child/end_process.hpp"
#include "sandbox/child/first_process.hpp"
#include "sys/raw_syscall.hpp"

#include <sched.h>

namespace fn::sandbox {

using sys::raw_syscall;

void join_pooled_process(void* argument) {
  JoinPooled& joining = *static_cast<JoinPooled*>(argument);
  const auto enter = [&](int fd, unsigned long kind) {
    joining.pid = raw_syscall(SYS_setns, fd, kind);
    return joining.pid >= 0;
  };
  if (enter(joining.user, CLONE_NEWUSER) && enter(joining.net, CLONE_NEWNET)) {
    constexpr unsigned long joined = CLONE_NEWUSER;
    const unsigned long flags = (joining.launch.plan.namespaces & ~joined) | CLONE_PARENT;
    joining.pid = start_first_process(joining.launch, flags, joining.first_stack, joining.pidfd);
  }
  end_process(0);
}

}  // namespace fn::sandbox
