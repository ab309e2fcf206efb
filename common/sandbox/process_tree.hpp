// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"

#include <sys/types.h>
#include <vector>

namespace fn::sandbox {

// What /proc tells of the processes below one, at this moment. Processes that come or go meanwhile may be missed or be
// gone.

// The first child of `pid`; 0 if it has none.
pid_t child_of(pid_t pid);
// All processes of the pid namespace that `init` is the first of, without itself.
std::vector<pid_t> descendants_of(pid_t init);
// Resident set of a process; 0 if it is gone.
Bytes resident_bytes(pid_t pid);

}  // namespace fn::sandbox
