// SPDX-License-Identifier: Apache-2.0
#include "sandbox/child/make_sockets.hpp"

#include "sandbox/child/end_process.hpp"
#include "sys/raw_syscall.hpp"

#include <sys/socket.h>

namespace fn::sandbox {

using sys::raw_syscall;

void make_sockets_process(void* argument) {
  MakeSockets& making = *static_cast<MakeSockets*>(argument);
  making.ipv4 = making.ipv6 = raw_syscall(SYS_setns, making.init_pidfd, making.namespaces);
  if (making.ipv4 < 0) end_process(0);
  constexpr int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  making.ipv4 = raw_syscall(SYS_socket, AF_INET, type, 0);
  making.ipv6 = raw_syscall(SYS_socket, AF_INET6, type, 0);
  end_process(0);
}

}  // namespace fn::sandbox
