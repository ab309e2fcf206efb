// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/fd.hpp"

#include <string>

namespace fn::rootfs {

// flock(2) on layer directories themselves: shared for users of one, exclusive for creating or removing it. These
// functions take `store`, the directory that contains them, and return none if the directory `name` does not exist (any
// more).

// Waits. Interrupted by signals (sys::check_interrupt()).
sys::Fd lock_shared(int store, const std::string& name);
sys::Fd lock_exclusive(int store, const std::string& name);
// Does not wait; none as well if someone else holds a lock.
sys::Fd try_lock_exclusive(int store, const std::string& name);

}  // namespace fn::rootfs
