// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/fd.hpp"

#include <cstring>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace fn {

// A connection to a port of 127.0.0.1, by an IPv6 socket if it is to be `mapped`.
class TcpClient {
 public:
  TcpClient(std::uint16_t port, bool mapped)
      : socket(::socket(mapped ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in plain{
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    sockaddr_in6 wide{};
    wide.sin6_family = AF_INET6;
    wide.sin6_port = htons(port);
    wide.sin6_addr.s6_addr[10] = wide.sin6_addr.s6_addr[11] = 0xff;
    std::memcpy(&wide.sin6_addr.s6_addr[12], &plain.sin_addr, sizeof plain.sin_addr);
    const auto* address = mapped ? reinterpret_cast<const sockaddr*>(&wide) : reinterpret_cast<const sockaddr*>(&plain);
    REQUIRE(connect(socket.get(), address, mapped ? sizeof wide : sizeof plain) == 0);
  }

  // Takes the other end; the address of this one, as the listener sees it.
  const sockaddr& accept(int listener) {
    socklen_t size = sizeof address_;
    do other_ = sys::Fd(accept4(listener, reinterpret_cast<sockaddr*>(&address_), &size, SOCK_CLOEXEC));
    while (!other_ && errno == EAGAIN);
    REQUIRE(other_);
    return address();
  }
  const sockaddr& address() const { return reinterpret_cast<const sockaddr&>(address_); }

  sys::Fd socket;

 private:
  sys::Fd other_;
  sockaddr_in address_{};
};

}  // namespace fn
