// SPDX-License-Identifier: Apache-2.0
#include "sys/tcp_peers.hpp"

#include <array>
#include <cstring>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <sys/stat.h>

namespace fn::sys {
namespace {

struct Query {
  nlmsghdr header;
  inet_diag_req_v2 socket;
};

Query query_for(const sockaddr_in& local, const sockaddr_in& remote) {
  Query query{};
  query.header.nlmsg_len = sizeof query;
  query.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  query.header.nlmsg_flags = NLM_F_REQUEST;
  query.socket.sdiag_family = AF_INET;
  query.socket.sdiag_protocol = IPPROTO_TCP;
  query.socket.idiag_states = ~0U;
  query.socket.id.idiag_sport = local.sin_port;
  query.socket.id.idiag_src[0] = local.sin_addr.s_addr;
  query.socket.id.idiag_dport = remote.sin_port;
  query.socket.id.idiag_dst[0] = remote.sin_addr.s_addr;
  query.socket.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  query.socket.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return query;
}

// A query for one socket has one answer, and that is there when the query was sent.
std::optional<inet_diag_msg> ask(int netlink, const sockaddr_in& local, const sockaddr_in& remote) {
  const Query query = query_for(local, remote);
  if (send(netlink, &query, sizeof query, 0) != ssize_t(sizeof query)) return std::nullopt;
  alignas(nlmsghdr) std::array<char, 4096> buffer;
  const ssize_t size = recv(netlink, buffer.data(), buffer.size(), MSG_DONTWAIT);
  nlmsghdr header;
  inet_diag_msg found;
  if (size < ssize_t(NLMSG_HDRLEN + sizeof found)) return std::nullopt;
  std::memcpy(&header, buffer.data(), sizeof header);
  if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY) return std::nullopt;
  std::memcpy(&found, buffer.data() + NLMSG_HDRLEN, sizeof found);
  return found;
}

}  // namespace

TcpPeers::TcpPeers(int listener) : netlink_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)) {
  socklen_t size = sizeof listener_;
  check(getsockname(listener, reinterpret_cast<sockaddr*>(&listener_), &size), "cannot get the address of a socket");
  struct stat status {};
  check(fstat(listener, &status), "cannot look at a socket");
  // The kernel has the same error for a socket that it doesn't find and for a query that it doesn't know. The listener
  // is there, so that a failure means the latter.
  const auto ourselves = netlink_ ? ask(netlink_.get(), listener_, sockaddr_in{}) : std::nullopt;
  if (!ourselves || ourselves->idiag_inode != status.st_ino)
    fail_hint(Kind::unsupported, "'modprobe tcp_diag' as root may help, else use another network than the host's",
              "this kernel does not tell whose connection is whose (CONFIG_INET_DIAG)");
}

std::optional<TcpPeers::Socket> TcpPeers::find(const sockaddr& from) const {
  if (from.sa_family != AF_INET) return std::nullopt;
  sockaddr_in peer;
  std::memcpy(&peer, &from, sizeof peer);
  const auto found = ask(netlink_.get(), peer, listener_);
  // Where nothing is connected, a socket that listens on that port is found instead.
  if (!found || found->idiag_state == TCP_LISTEN || found->id.idiag_sport != peer.sin_port ||
      found->id.idiag_dport != listener_.sin_port || found->idiag_inode == 0)
    return std::nullopt;
  return Socket{found->idiag_inode, found->idiag_uid};
}

}  // namespace fn::sys
