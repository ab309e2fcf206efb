// SPDX-License-Identifier: Apache-2.0
#include "sandbox/child/set_up_network.hpp"

#include "sys/raw_syscall.hpp"

#include <cstring>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace fn::sandbox {

using sys::raw_syscall;

long raise_loopback() {
  const long fd = raw_syscall(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return fd;
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", 3);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  const long raised = raw_syscall(SYS_ioctl, fd, SIOCSIFFLAGS, &request);
  raw_syscall(SYS_close, fd);
  return raised;
}

}  // namespace fn::sandbox
