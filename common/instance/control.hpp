// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/fd.hpp"

#include <chrono>
#include <optional>

namespace fn::instance {

// The control socket of an instance: `control` in its folder, a unix stream socket, mode 0600. It is reached through
// the folder's descriptor, so that FN_HOME may be of any length (unix(7): 108 bytes for a path).

// For a supervisor, which takes connections and requests at once and does at once what it is asked, beside the end of a
// sandbox that has much memory to give back. One that was stopped (SIGSTOP) does not.
inline constexpr std::chrono::seconds supervisor_patience{15};

// Listens, non-blocking. Throws failure.
sys::Fd listen_control(int dir);
// The next connection, non-blocking; nothing if there is none, or if its process belongs to neither us nor root.
std::optional<sys::Fd> accept_control(int listener);
// A blocking connection; a write blocks for at most supervisor_patience. Throws not_found if nobody listens,
// unsupported if another user's process does, timeout if the supervisor does not accept.
sys::Fd connect_control(int dir);

}  // namespace fn::instance
