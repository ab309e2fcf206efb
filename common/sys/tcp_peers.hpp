// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/fd.hpp"

#include <cstdint>
#include <netinet/in.h>
#include <optional>
#include <sys/socket.h>
#include <sys/types.h>

namespace fn::sys {

// Which socket is at the other end of a connection to a listener of ours, when that end is on this host too: TCP has no
// SO_PEERCRED, but the kernel finds a socket by its two addresses (sock_diag(7)).
class TcpPeers {
 public:
  struct Socket {
    std::uint32_t inode = 0;  // its name among the descriptors of a process: "socket:[INODE]"
    uid_t user = 0;           // who made it
  };

  // `listener` is an IPv4 socket that listens on one address. Throws unsupported if this kernel does not tell.
  explicit TcpPeers(int listener);

  // The socket that connected from `from`, IPv4 or IPv6 in its mapped form. Nothing if it is not in our network
  // namespace, or if no process holds it any more.
  std::optional<Socket> find(const sockaddr& from) const;

 private:
  Fd netlink_;
  sockaddr_in listener_ = {};
};

// The other end of a TCP connection is on this host, and no process holds it any more, as after close(2). An end that
// only said that it will send no more (shutdown(2)) looks the same from here, but somebody holds it. False if that
// can't be told: the other end is on another host, or the kernel does not say.
bool is_peer_gone(int connection);

}  // namespace fn::sys
