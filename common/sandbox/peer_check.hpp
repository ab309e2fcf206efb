// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/fd.hpp"
#include "sys/tcp_peers.hpp"

#include <sys/socket.h>
#include <sys/types.h>

namespace fn::sandbox {

// Tells the processes of one sandbox from all others of the host by their connections to a listener: for a sandbox with
// the host's network, where everybody can connect.
class PeerCheck {
 public:
  // `init` is the sandbox's first process; `listener` as in TcpPeers. Throws unsupported.
  PeerCheck(pid_t init, int listener);

  // A process of the sandbox holds the socket that connected from `from`. Also false if that can't be told: the process
  // is gone, has a pid namespace of its own, or hides from us.
  bool is_inside(const sockaddr& from) const;

 private:
  sys::TcpPeers peers_;
  sys::Fd init_;  // its folder in /proc
};

}  // namespace fn::sandbox
