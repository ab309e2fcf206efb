// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/fd.hpp"

namespace fn::sandbox {

// TCP sockets of ours in the network of a sandbox, not connected and not blocking: what is 127.0.0.1 for its processes
// is so for these. They keep its network alive, and give its processes nothing.
struct InsideSockets {
  sys::Fd ipv4;
  sys::Fd ipv6;  // none if the kernel has no IPv6
};

// For the sandbox of that first process, with these namespaces (CLONE_NEW*) of its own. Throws not_found if it is gone,
// failure, unsupported.
InsideSockets make_inside_sockets(int init_pidfd, unsigned long namespaces);

}  // namespace fn::sandbox
