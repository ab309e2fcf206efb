// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/raw_syscall.hpp"

namespace fn::sandbox {

// Ends the calling process, of one thread. Its filter may refuse to let it exit; no filter stops the fault of an
// instruction that does not exist.
[[noreturn]] inline void end_process(int code) {
  sys::raw_syscall(SYS_exit_group, code);
  sys::raw_syscall(SYS_exit, code);
  __builtin_trap();
}

}  // namespace fn::sandbox
