// SPDX-License-Identifier: Apache-2.0
#include "sandbox/pool_server.hpp"

#include "base/text.hpp"
#include "sys/file.hpp"

#include <array>
#include <cstring>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace fn::sandbox {
namespace {

constexpr int backlog = 64;
constexpr timeval client_patience{0, 5000};  // a client sends at once what it has to say

const std::string& made(const std::string& directory) {
  sys::make_directories(directory.substr(0, directory.rfind('/')));
  sys::make_directories(directory, 0700);
  return directory;
}

// A client that clears up after a helper which was killed holds the lock for a moment.
bool locked_at_last(const PoolDirectory& directory) {
  for (int attempt = 0; attempt < 20; ++attempt) {
    if (directory.lock()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

bool is_same_user(int client) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

}  // namespace

PoolServer::PoolServer(const std::string& directory) : directory_(made(directory)) {
  if (!directory_)
    fail_hint(Kind::usage, "chmod 700 it, or take another one", "the directory '{}' of the pool is not ours alone",
              printable(directory));
  if (!locked_at_last(directory_)) fail(Kind::busy, "there is a pool in '{}' already", printable(directory));
  unlinkat(directory_.fd(), pool_socket, 0);  // of one that was killed
  listener_ = sys::Fd(sys::check(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), "cannot make a socket"));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  std::memcpy(address.sun_path, directory_.socket_path().data(), directory_.socket_path().size());
  // The mode of the file is that of the socket (unix(7)), less the umask.
  sys::check(fchmod(listener_.get(), 0600), "cannot make the socket private");
  sys::check(bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
             "cannot make the socket of the pool in '{}'", printable(directory));
  sys::check(listen(listener_.get(), backlog), "cannot listen");
}

PoolServer::~PoolServer() {
  unlinkat(directory_.fd(), pool_socket, 0);
}

void PoolServer::serve(const Settings& settings, int stop_fd) {
  PoolStock stock(settings.size);
  std::array<pollfd, 2> watched{pollfd{listener_.get(), POLLIN, 0}, pollfd{stop_fd, POLLIN, 0}};
  for (;;) {
    const int ready = poll(watched.data(), watched.size(), static_cast<int>(settings.idle.count()));
    if (ready < 0 && errno == EINTR) continue;
    sys::check(ready, "cannot wait for requests");
    if (ready == 0 || watched[1].revents != 0 || !answer(stock)) return;
  }
}

// False: it is time to leave.
bool PoolServer::answer(PoolStock& stock) {
  sys::Fd client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  PoolRequest request;
  if (!client || !is_same_user(client.get())) return true;
  setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &client_patience, sizeof client_patience);
  const ssize_t got = recv(client.get(), &request, sizeof request, MSG_TRUNC);
  if (got != ssize_t(sizeof request) || request.version != PoolRequest::expected_version) return true;
  std::optional<Pooled> pooled;
  if (request.what == PoolRequest::What::take) {
    pooled = stock.take(request.key);
    ++(pooled ? given_ : refused_);
  }
  reply(client.get(), pooled ? &*pooled : nullptr, stock);
  if (request.what != PoolRequest::What::leave) return true;
  last_ = std::move(client);
  return false;
}

void PoolServer::reply(int client, const Pooled* pooled, const PoolStock& stock) const {
  PoolReply reply{.pid = getpid(),
                  .ready = static_cast<std::uint32_t>(pooled != nullptr ? 0 : stock.ready()),
                  .given = given_,
                  .refused = refused_};
  iovec content{&reply, sizeof reply};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(2 * sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  if (pooled != nullptr) {
    const std::array<int, 2> fds{pooled->net.get(), pooled->user.get()};
    const std::size_t count = pooled->user ? 2 : 1;
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    std::memcpy(CMSG_DATA(header), fds.data(), count * sizeof(int));
  }
  // One that gave up waiting loses what it would have been given, and that is gone.
  sendmsg(client, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace fn::sandbox
