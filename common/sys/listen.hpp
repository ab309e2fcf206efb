// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/fd.hpp"

#include <cstdint>
#include <string>

namespace fn::sys {

// A TCP socket that listens on `address` (IPv4 or IPv6 in numbers, no names) and `port` (0: the kernel chooses).
// Throws usage for an invalid address; busy if another process listens there.
Fd listen_tcp(const std::string& address, std::uint16_t port);

// The port that a TCP socket is bound to.
std::uint16_t local_port(int socket);

// A unix socket `name` in the open directory `dir`, mode 0600. Throws busy if a file of that name exists; it is never
// replaced.
Fd listen_unix(int dir, const std::string& name);

}  // namespace fn::sys
