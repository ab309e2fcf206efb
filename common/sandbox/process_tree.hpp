// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"

#include <cstdint>
#include <sys/types.h>
#include <vector>

namespace fn::sandbox {

// What /proc shows of the processes below one, at this moment. Processes that start or end meanwhile may be missing or
// already gone.

// The first child of `pid`; 0 if it has none.
pid_t child_of(pid_t pid);
// All processes of the pid namespace whose first process is `init`, a child of ours, without `init`.
std::vector<pid_t> descendants_of(pid_t init);

// Of a process or of several together.
struct Footprint {
  Bytes resident = 0;
  std::uint64_t activity = 0;  // the same at two looks: nothing ran in between, and no memory was taken
};
// Nothing of a process that is gone.
Footprint footprint_of(pid_t pid);

}  // namespace fn::sandbox
