// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/fd.hpp"

#include <optional>

namespace fn::instance {

// The control socket of an instance: `control` in its folder, a unix stream socket, mode 0600. It is reached through
// the folder's descriptor, so that FN_HOME may be as long as it likes (unix(7): 108 bytes for a path).

// Listens, non-blocking. Throws failure.
sys::Fd listen_control(int folder);
// The next connection, non-blocking; nothing if there is none, or if its process belongs to neither us nor root.
std::optional<sys::Fd> accept_control(int listener);
// A blocking connection. Throws not_found if nobody listens, unsupported if it is somebody else who does.
sys::Fd connect_control(int folder);

}  // namespace fn::instance
