// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/fd.hpp"

#include <string>

namespace fn::rootfs {

// flock(2) on layer directories themselves: shared by who uses one, exclusive by who makes or removes it. All of these
// take `store`, the directory that has them, and return none if there is no directory `name` (any more).

// Waits. Interrupted by signals (sys::check_interrupt()).
sys::Fd lock_shared(int store, const std::string& name);
sys::Fd lock_exclusive(int store, const std::string& name);
// None as well if somebody else has a lock.
sys::Fd try_lock_exclusive(int store, const std::string& name);

}  // namespace fn::rootfs
