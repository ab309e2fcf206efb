// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "ordinary_user.hpp"
#include "scratch.hpp"
#include "sys/listen.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

using namespace fn;

TEST_CASE("a port that only root may use") {
  const OrdinaryUser user;
  if (sys::read_file("/proc/sys/net/ipv4/ip_unprivileged_port_start", KiB) < "1") return;
  CHECK(error_of([] { sys::listen_tcp("127.0.0.1", 1); })
            .starts_with("unsupported: cannot listen on '127.0.0.1:1': this user may not use the port (use a port of "
                         "1024 or more"));
}

TEST_CASE("listening sockets") {
  const Scratch scratch;
  CHECK(error_of([] { sys::listen_tcp("localhost", 0); }) ==
        "usage: 'localhost' is not an IP address (give a numeric address, such as 127.0.0.1 or ::1)");
  const sys::Fd first = sys::listen_tcp("127.0.0.1", 0);
  const std::uint16_t port = sys::local_port(first.get());
  CHECK(error_of([&] { sys::listen_tcp("127.0.0.1", port); }) ==
        fmt::format("busy: cannot listen on '127.0.0.1:{}': address already in use", port));
  const sys::Fd dir = sys::open_file(scratch.path(), O_RDONLY | O_DIRECTORY);
  const sys::Fd unix_socket = sys::listen_unix(dir.get(), "api");
  struct stat status {};
  REQUIRE(stat(scratch.path("api").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600);
  CHECK(error_of([&] { sys::listen_unix(dir.get(), "api"); }) ==
        "busy: cannot listen on 'api': address already in use");
  CHECK(error_of([&] { sys::listen_unix(dir.get(), "a/b"); }) == "usage: 'a/b' cannot be the name of a socket");
}
