// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "sys/fd_passing.hpp"
#include "sys/file.hpp"

#include <array>
#include <cstring>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

using namespace fn;

namespace {

struct Ends {
  explicit Ends(int type = SOCK_STREAM) {
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) == 0);
    one = sys::Fd(ends[0]);
    other = sys::Fd(ends[1]);
  }
  sys::Fd one;
  sys::Fd other;
};

std::array<int, 4> some_fds() {
  static const sys::Pipe pipes[2] = {sys::make_pipe(), sys::make_pipe()};
  return {pipes[0].read.get(), pipes[0].write.get(), pipes[1].read.get(), pipes[1].write.get()};
}

int open_count() {
  int count = 0;
  for (int fd = 0; fd < 256; ++fd) count += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
  return count;
}

// As a peer would that does not use ours: any number of descriptors.
void send_raw(int socket, const std::string& bytes, int count) {
  const std::array<int, 4> fds = some_fds();
  alignas(cmsghdr) std::array<char, CMSG_SPACE(8 * sizeof(int))> control{};
  iovec content{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = CMSG_SPACE(static_cast<std::size_t>(count) * sizeof(int));
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(static_cast<std::size_t>(count) * sizeof(int));
  for (int n = 0; n < count; ++n)
    std::memcpy(CMSG_DATA(header) + static_cast<std::size_t>(n) * sizeof(int), &fds[static_cast<std::size_t>(n) % 4],
                sizeof(int));
  REQUIRE(sendmsg(socket, &message, 0) == ssize_t(bytes.size()));
}

}  // namespace

TEST_CASE("bytes and descriptors arrive together, close-on-exec") {
  const Ends ends;
  const std::array<int, 4> fds = some_fds();
  for (std::size_t count = 0; count <= sys::max_passed_fds; ++count) {
    REQUIRE(sys::send_with_fds(ends.one.get(), "hello", std::span(fds).first(count)) == 5);
    std::array<char, 16> buffer{};
    const auto received = sys::receive_with_fds(ends.other.get(), buffer, sys::max_passed_fds);
    CHECK(received.size == 5);
    CHECK(std::string(buffer.data(), 5) == "hello");
    CHECK(received.is_whole);
    REQUIRE(received.fds.size() == count);
    for (std::size_t n = 0; n < count; ++n) {
      CHECK(sys::is_same_file(received.fds[n].get(), fds.at(n)));
      CHECK((fcntl(received.fds[n].get(), F_GETFD) & FD_CLOEXEC) != 0);
    }
  }
}

TEST_CASE("descriptors beyond those that are wanted are closed, and that is told") {
  const Ends ends;
  some_fds();
  // An odd number leaves room for one more in the kernel's buffer; beyond that the kernel cuts off.
  for (const int sent : {2, 3, 4, 5, 8}) {
    const int before = open_count();
    send_raw(ends.one.get(), "x", sent);
    char byte = 0;
    auto received = sys::receive_with_fds(ends.other.get(), {&byte, 1}, 1);
    CHECK(received.size == 1);
    CHECK(byte == 'x');
    CHECK_FALSE(received.is_whole);
    CHECK(received.fds.size() == 1);
    CHECK(open_count() == before + 1);
    received.fds.clear();
    CHECK(open_count() == before);
  }
}

TEST_CASE("what comes with bytes and is no descriptor is ignored") {
  const Ends ends;
  const int on = 1;
  REQUIRE(setsockopt(ends.other.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0);
  REQUIRE(sys::send_with_fds(ends.one.get(), "x", {}) == 1);
  char byte = 0;
  const auto received = sys::receive_with_fds(ends.other.get(), {&byte, 1}, 1);
  CHECK(received.size == 1);
  CHECK(received.fds.empty());
}

TEST_CASE("a message that is longer than the buffer is not whole") {
  const Ends ends(SOCK_SEQPACKET);
  const std::array<int, 4> fds = some_fds();
  REQUIRE(sys::send_with_fds(ends.one.get(), "too long", std::span(fds).first(1)) == 8);
  std::array<char, 4> buffer{};
  const auto received = sys::receive_with_fds(ends.other.get(), buffer, 1);
  CHECK(received.size == 4);
  CHECK_FALSE(received.is_whole);
}

TEST_CASE("the end of a stream, nothing to read, and a peer that is gone") {
  Ends ends;
  char byte = 0;
  fcntl(ends.other.get(), F_SETFL, O_NONBLOCK);
  const auto nothing = sys::receive_with_fds(ends.other.get(), {&byte, 1}, 1);
  CHECK(nothing.size == -1);
  CHECK(nothing.error == EAGAIN);
  ends.one.reset();
  const auto end = sys::receive_with_fds(ends.other.get(), {&byte, 1}, 1);
  CHECK(end.size == 0);
  CHECK(end.error == 0);
  CHECK(sys::send_with_fds(ends.other.get(), "x", {}) == -1);  // and no SIGPIPE
  CHECK(errno == EPIPE);
}

TEST_CASE("more descriptors than a message takes are a mistake of the caller") {
  const Ends ends;
  const std::array<int, 4> fds = some_fds();
  CHECK(error_of([&] { sys::send_with_fds(ends.one.get(), "x", fds); }).starts_with("internal: "));
}
