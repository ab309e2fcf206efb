// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/fd.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fn::rootfs {

// flock(2) on layer directories themselves: shared for users of one, exclusive for creating or removing it. These
// functions take `store`, the directory that contains them, and return none if the directory `name` does not exist (any
// more).

// Waits. Interrupted by signals (sys::check_interrupt()).
sys::Fd lock_shared(int store, const std::string& name);
sys::Fd lock_exclusive(int store, const std::string& name);
// Does not wait; none as well if someone else holds a lock.
sys::Fd try_lock_exclusive(int store, const std::string& name);

// The store at `path`; none if it does not exist yet.
sys::Fd open_store(const std::string& path);
// Open directories with shared locks, in the order of `names`, of the store at `path`: they are not removed while open.
// Nothing if one is gone.
std::optional<std::vector<sys::Fd>> hold_layers(const std::string& path, const std::vector<std::string>& names);

}  // namespace fn::rootfs
