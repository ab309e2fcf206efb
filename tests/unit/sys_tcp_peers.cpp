// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "sys/listen.hpp"
#include "sys/tcp_peers.hpp"
#include "tcp_client.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace fn;

namespace {

std::uint32_t inode_of(const sys::Fd& socket) {
  struct stat status {};
  REQUIRE(fstat(socket.get(), &status) == 0);
  return std::uint32_t(status.st_ino);
}

}  // namespace

TEST_CASE("the kernel names the socket at the other end of a connection") {
  const sys::Fd listener = sys::listen_tcp("127.0.0.1", 0);
  const sys::TcpPeers peers(listener.get());
  for (const bool mapped : {false, true}) {
    CAPTURE(mapped);
    TcpClient client(sys::local_port(listener.get()), mapped);
    const auto found = peers.find(client.accept(listener.get()));
    REQUIRE(found);
    CHECK(found->inode == inode_of(client.socket));
    CHECK(found->user == geteuid());
    // One that said all it had to say is still there.
    shutdown(client.socket.get(), SHUT_WR);
    CHECK(peers.find(client.address()));
    client.socket.reset();
    CHECK_FALSE(peers.find(client.address()));
  }
}

TEST_CASE("an end that is closed is gone, one that only has no more to send is not") {
  for (const char* address : {"127.0.0.1", "::1"}) {
    CAPTURE(address);
    const sys::Fd listener = sys::listen_tcp(address, 0);
    sockaddr_storage to{};
    socklen_t size = sizeof to;
    REQUIRE(getsockname(listener.get(), reinterpret_cast<sockaddr*>(&to), &size) == 0);
    sys::Fd client(socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(connect(client.get(), reinterpret_cast<const sockaddr*>(&to), size) == 0);
    const sys::Fd connection(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    CHECK_FALSE(sys::is_peer_gone(connection.get()));
    shutdown(client.get(), SHUT_WR);
    CHECK_FALSE(sys::is_peer_gone(connection.get()));
    client.reset();
    CHECK(sys::is_peer_gone(connection.get()));
  }
}

TEST_CASE("who is not connected to this listener is nobody's peer") {
  const sys::Fd listener = sys::listen_tcp("127.0.0.1", 0);
  const sys::Fd other = sys::listen_tcp("127.0.0.1", 0);
  const sys::TcpPeers peers(listener.get());
  TcpClient client(sys::local_port(other.get()), false);
  CHECK_FALSE(peers.find(client.accept(other.get())));
  // A port on which somebody listens, and one on which nobody does.
  sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  for (const std::uint16_t port : {sys::local_port(listener.get()), sys::local_port(other.get()), std::uint16_t{1}}) {
    address.sin_port = htons(port);
    CHECK_FALSE(peers.find(reinterpret_cast<const sockaddr&>(address)));
  }
  address.sin_family = AF_INET6;
  CHECK_FALSE(peers.find(reinterpret_cast<const sockaddr&>(address)));
}

TEST_CASE("without an answer about the listener itself there is none to trust") {
  const sys::Fd bound(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  CHECK(error_of([&] { sys::TcpPeers peers(bound.get()); }) ==
        "unsupported: this kernel does not tell whose connection is whose (CONFIG_INET_DIAG) ('modprobe tcp_diag' as "
        "root may help, else use another network than the host's)");
}
