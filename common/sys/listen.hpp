// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/fd.hpp"

#include <cstdint>
#include <string>

namespace fn::http {

// A TCP socket that listens on `address` (IPv4 or IPv6 in numbers, no names) and `port` (0: the kernel chooses).
// Usage if the address is none; busy if another process listens there.
sys::Fd listen_tcp(const std::string& address, std::uint16_t port);

// The port that a TCP socket is bound to.
std::uint16_t local_port(int socket);

// A unix socket `name` in the open directory `dir`, mode 0600. A file of that name is never replaced: busy.
sys::Fd listen_unix(int dir, const std::string& name);

}  // namespace fn::http
