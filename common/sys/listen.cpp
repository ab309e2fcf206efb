// SPDX-License-Identifier: Apache-2.0
#include "sys/listen.hpp"

#include "base/text.hpp"

#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace fn::sys {
namespace {

constexpr int backlog = 1024;

template <typename Address>
Fd listen_at(const Address& address, const std::string& name) {
  sockaddr generic;
  static_assert(sizeof address >= sizeof generic);
  std::memcpy(&generic, &address, sizeof generic);
  Fd fd(check(socket(generic.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
              "cannot create a socket for '{}'", name));
  if (generic.sa_family != AF_UNIX) {
    const int yes = 1;
    check(setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes), "cannot set up a socket for '{}'", name);
  } else {
    // The mode of the file is that of the socket; there is no moment at which others could connect.
    check(fchmod(fd.get(), 0600), "cannot set the mode of '{}'", name);
  }
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
    const int saved = errno;
    if (saved == EADDRINUSE) fail(Kind::busy, "cannot listen on '{}': address already in use", name);
    if (saved == EACCES && generic.sa_family != AF_UNIX)
      fail_hint(Kind::unsupported,
                "use a port of 1024 or more: those below are for root (net.ipv4.ip_unprivileged_port_start)",
                "cannot listen on '{}': this user may not use the port", name);
    fail_errno(saved, fmt::format("cannot listen on '{}'", name));
  }
  check(listen(fd.get(), backlog), "cannot listen on '{}'", name);
  return fd;
}

}  // namespace

Fd listen_tcp(const std::string& address, std::uint16_t port) {
  const std::string name = fmt::format("{}:{}", printable(address), port);
  sockaddr_in ipv4 = {};
  ipv4.sin_family = AF_INET;
  ipv4.sin_port = htons(port);
  if (inet_pton(AF_INET, address.c_str(), &ipv4.sin_addr) == 1) return listen_at(ipv4, name);
  sockaddr_in6 ipv6 = {};
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_port = htons(port);
  if (inet_pton(AF_INET6, address.c_str(), &ipv6.sin6_addr) == 1) return listen_at(ipv6, name);
  fail_hint(Kind::usage, "give a numeric address, such as 127.0.0.1 or ::1", "'{}' is not an IP address",
            printable(address));
}

std::uint16_t local_port(int socket) {
  sockaddr_in6 address = {};
  socklen_t size = sizeof address;
  check(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size), "cannot get the port of a socket");
  // The port stands at the same place in sockaddr_in.
  return ntohs(address.sin6_port);
}

Fd listen_unix(int dir, const std::string& name) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  // The directory is reached by its descriptor: 108 bytes are too few for many a path.
  const std::string path = fmt::format("/proc/self/fd/{}/{}", dir, name);
  if (name.empty() || name.find('/') != std::string::npos || path.size() >= sizeof address.sun_path)
    fail(Kind::usage, "'{}' cannot be the name of a socket", printable(name));
  path.copy(address.sun_path, path.size());
  return listen_at(address, printable(name));
}

}  // namespace fn::sys
