// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace fn::sandbox {

// The input and output of a process that makes sockets in the network of a running sandbox. It shares its maker's
// memory and descriptors.
struct MakeSockets {
  int init_pidfd = -1;           // of the sandbox's first process
  unsigned long namespaces = 0;  // CLONE_NEWNET, and CLONE_NEWUSER if it has one of its own
  // Output: descriptors of TCP sockets that do not block, or -errno.
  long ipv4 = -1;
  long ipv6 = -1;
};

// The body of that process: a socket belongs for ever to the network of the process that makes it, whoever uses it.
// `making` is a MakeSockets.
void make_sockets_process(void* making);

}  // namespace fn::sandbox
