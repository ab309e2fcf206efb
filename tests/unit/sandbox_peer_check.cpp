// SPDX-License-Identifier: Apache-2.0
#include "forked.hpp"
#include "sandbox/peer_check.hpp"
#include "sys/file.hpp"
#include "sys/listen.hpp"
#include "tcp_client.hpp"

#include <doctest/doctest.h>
#include <sched.h>
#include <thread>
#include <unistd.h>

using namespace fn;
using sandbox::PeerCheck;

namespace {

// The first process of a pid namespace of its own, which does what `body` says of a port.
template <typename Body>
auto in_new_namespace(std::uint16_t port, const Body& body) {
  return [port, body] {
    if (unshare(geteuid() == 0 ? CLONE_NEWPID : CLONE_NEWPID | CLONE_NEWUSER) != 0) return 77;
    const pid_t init = fork();
    if (init == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      _exit(body(port));
    }
    int status = 0;
    waitpid(init, &status, 0);
    return WEXITSTATUS(status);
  };
}

pid_t child_of(pid_t pid) {
  const std::string path = fmt::format("/proc/{0}/task/{0}/children", pid);
  for (;;) {
    const std::string children = sys::read_file(path, 4 * KiB);
    if (!children.empty()) return std::stoi(children);
    usleep(1000);
  }
}

struct Host {
  sys::Fd listener = sys::listen_tcp("127.0.0.1", 0);
  std::uint16_t port = sys::local_port(listener.get());
};

int connect_and_wait(std::uint16_t port) {
  const TcpClient client(port, false);
  pause();
  return 0;
}

}  // namespace

TEST_CASE_FIXTURE(Host, "a socket belongs to whoever holds it, not to who made it") {
  const PeerCheck check(getpid(), listener.get());  // our own pid namespace stands for the sandbox
  for (const bool mapped : {false, true}) {
    CAPTURE(mapped);
    TcpClient client(port, mapped);
    const sockaddr& peer = client.accept(listener.get());
    CHECK(check.is_inside(peer));
    {
      const Forked child([] { return pause(); });
      client.socket.reset();
      CHECK(check.is_inside(peer));  // inherited
    }
    CHECK_FALSE(check.is_inside(peer));
  }
}

TEST_CASE_FIXTURE(Host, "a thread may have descriptors of its own") {
  const PeerCheck check(getpid(), listener.get());
  sys::Pipe done = sys::make_pipe();
  sys::Pipe begun = sys::make_pipe();
  std::thread thread([&] {
    if (unshare(CLONE_FILES) == 0) {
      const TcpClient client(port, false);
      (void)!write(begun.write.get(), "x", 1);
      char byte = 0;
      (void)!read(done.read.get(), &byte, 1);
    }
  });
  char byte = 0;
  REQUIRE(read(begun.read.get(), &byte, 1) == 1);
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  const sys::Fd other(accept(listener.get(), reinterpret_cast<sockaddr*>(&peer), &size));
  const bool inside = check.is_inside(reinterpret_cast<const sockaddr&>(peer));
  (void)!write(done.write.get(), "x", 1);
  thread.join();
  CHECK(inside);
}

TEST_CASE_FIXTURE(Host, "who is in another pid namespace is outside, in both directions") {
  const Forked other(in_new_namespace(port, connect_and_wait));
  const pid_t init = child_of(other.pid());
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  sys::Fd theirs;
  do theirs = sys::Fd(accept(listener.get(), reinterpret_cast<sockaddr*>(&peer), &size));
  while (!theirs && errno == EAGAIN);
  REQUIRE(theirs);
  const auto& address = reinterpret_cast<const sockaddr&>(peer);
  const PeerCheck check(init, listener.get());
  CHECK(check.is_inside(address));
  CHECK_FALSE(PeerCheck(getpid(), listener.get()).is_inside(address));
  TcpClient ours(port, false);
  CHECK_FALSE(check.is_inside(ours.accept(listener.get())));
  // Gone with its namespace: nobody is inside any more.
  kill(init, SIGKILL);
  int tries = 0;
  while (check.is_inside(address) && ++tries < 1000) usleep(1000);
  CHECK(tries < 1000);
}
