// SPDX-License-Identifier: Apache-2.0
// The socket by which an instance is reached. Its name is in the instance's directory, and both sides reach it through
// a descriptor of that directory (/proc/self/fd/N/control): a path of any length, and no other directory that took the
// name meanwhile. Who connects, and who listens, must belong to us or to root, whatever the modes of the files say; the
// instance runs commands in the function's sandbox for whoever it believes.
#include "instance/control.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace fn::instance {
namespace {

constexpr int backlog = 128;

sockaddr_un address_in(int dir) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = fmt::format("/proc/self/fd/{}/control", dir);
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

// SO_PEERCRED, unix(7): of the process that called connect() or listen().
bool is_trusted(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return false;
  return peer.uid == 0 || peer.uid == geteuid();
}

}  // namespace

sys::Fd listen_control(int dir) {
  sys::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sys::check(socket.get(), "cannot create the control socket");
  const sockaddr_un address = address_in(dir);
  // Nobody can connect before listen(), so the mode is in place in time; the directory is ours alone anyway.
  sys::check(bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
             "cannot create the control socket");
  sys::check(chmod(address.sun_path, 0600), "cannot create the control socket");
  sys::check(listen(socket.get(), backlog), "cannot create the control socket");
  return socket;
}

std::optional<sys::Fd> accept_control(int listener) {
  sys::Fd socket(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket || !is_trusted(socket.get())) return std::nullopt;
  return socket;
}

sys::Fd connect_control(int dir) {
  sys::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sys::check(socket.get(), "cannot create a socket");
  constexpr timeval patience{.tv_sec = supervisor_patience.count(), .tv_usec = 0};
  // unix(7): holds for connect() too.
  sys::check(setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience), "cannot set up a socket");
  const sockaddr_un address = address_in(dir);
  int result = 0;
  while ((result = connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address)) < 0 &&
         errno == EINTR)
    continue;
  if (result < 0 && (errno == ECONNREFUSED || errno == ENOENT)) fail(Kind::not_found, "the instance has ended");
  if (result < 0 && errno == EAGAIN) fail(Kind::timeout, "the instance does not respond");
  sys::check(result, "cannot connect to the instance");
  if (!is_trusted(socket.get())) fail(Kind::unsupported, "the control socket belongs to another user's process");
  return socket;
}

}  // namespace fn::instance
