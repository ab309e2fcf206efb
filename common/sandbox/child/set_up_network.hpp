// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace fn::sandbox {

// Brings up the interface lo of the caller's network namespace: netdevice(7). 0 or -errno. Safe in a process that
// shares its maker's memory.
long raise_loopback();

}  // namespace fn::sandbox
