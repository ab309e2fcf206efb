// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace fn::sandbox {

// Sets the interface lo of the caller's network namespace up: netdevice(7). 0 or -errno. Fit for a process that shares
// its maker's memory.
long raise_loopback();

}  // namespace fn::sandbox
