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

void set_address(const sockaddr_storage& address, __be16& port, __be32 (&number)[4]) {
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    port = v6.sin6_port;
    std::memcpy(number, &v6.sin6_addr, sizeof v6.sin6_addr);
  } else {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    port = v4.sin_port;
    number[0] = v4.sin_addr.s_addr;
  }
}

Query query_for(const sockaddr_storage& local, const sockaddr_storage& remote) {
  Query query{};
  query.header.nlmsg_len = sizeof query;
  query.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  query.header.nlmsg_flags = NLM_F_REQUEST;
  query.socket.sdiag_family = local.ss_family == AF_INET6 ? AF_INET6 : AF_INET;
  query.socket.sdiag_protocol = IPPROTO_TCP;
  query.socket.idiag_states = ~0U;
  set_address(local, query.socket.id.idiag_sport, query.socket.id.idiag_src);
  set_address(remote, query.socket.id.idiag_dport, query.socket.id.idiag_dst);
  query.socket.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  query.socket.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return query;
}

sockaddr_storage stored(const sockaddr_in& address) {
  sockaddr_storage storage{};
  std::memcpy(&storage, &address, sizeof address);
  return storage;
}

// A query for one socket has one answer, and that is there when the query was sent.
std::optional<inet_diag_msg> ask(int netlink, const sockaddr_storage& local, const sockaddr_storage& remote) {
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

Fd open_netlink() {
  return Fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
}

}  // namespace

TcpPeers::TcpPeers(int listener) : netlink_(open_netlink()) {
  socklen_t size = sizeof listener_;
  check(getsockname(listener, reinterpret_cast<sockaddr*>(&listener_), &size), "cannot get the address of a socket");
  struct stat status {};
  check(fstat(listener, &status), "cannot look at a socket");
  // The kernel has the same error for a socket that it doesn't find and for a query that it doesn't know. The listener
  // is there, so that a failure means the latter.
  const auto ourselves = netlink_ ? ask(netlink_.get(), stored(listener_), stored({})) : std::nullopt;
  if (!ourselves || ourselves->idiag_inode != status.st_ino)
    fail_hint(Kind::unsupported, "'modprobe tcp_diag' as root may help, else use another network than the host's",
              "this kernel does not tell whose connection is whose (CONFIG_INET_DIAG)");
}

std::optional<TcpPeers::Socket> TcpPeers::find(const sockaddr& from) const {
  if (from.sa_family != AF_INET) return std::nullopt;
  sockaddr_in peer;
  std::memcpy(&peer, &from, sizeof peer);
  const auto found = ask(netlink_.get(), stored(peer), stored(listener_));
  // Where nothing is connected, a socket that listens on that port is found instead.
  if (!found || found->idiag_state == TCP_LISTEN || found->id.idiag_sport != peer.sin_port ||
      found->id.idiag_dport != listener_.sin_port || found->idiag_inode == 0)
    return std::nullopt;
  return Socket{found->idiag_inode, found->idiag_uid};
}

bool is_peer_gone(int connection) {
  sockaddr_storage ours{};
  sockaddr_storage theirs{};
  socklen_t size = sizeof ours;
  if (getsockname(connection, reinterpret_cast<sockaddr*>(&ours), &size) < 0) return true;
  size = sizeof theirs;
  if (getpeername(connection, reinterpret_cast<sockaddr*>(&theirs), &size) < 0) return true;
  const Fd netlink = open_netlink();
  const auto found = netlink ? ask(netlink.get(), theirs, ours) : std::nullopt;
  return found && found->idiag_state != TCP_LISTEN && found->idiag_inode == 0;
}

}  // namespace fn::sys
