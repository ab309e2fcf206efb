// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

namespace fn::sandbox {

// The input and output of a process that makes namespaces for the pool. It shares its maker's memory and descriptors.
struct MakeNamespaces {
  bool with_user = false;          // it was created in a user namespace of its own: open that, too
  bool loopback = false;           // set lo up
  std::array<char, 32> uid_map{};  // lines of /proc/PID/uid_map and gid_map, if with_user
  std::array<char, 32> gid_map{};
  // Output: the descriptors, the last step, and its errno or 0.
  long net = -1;
  long user = -1;
  const char* step = "";
  long error = 0;
};

// The body of that process, which was made in the new namespaces. `making` is a MakeNamespaces.
void make_namespaces_process(void* making);

}  // namespace fn::sandbox
