// SPDX-License-Identifier: Apache-2.0
// The helper's one thread: accept, look whether the client is the same user, read one request, answer, close; the
// next. It waits at most 5 ms for what a client has to say and never for the stock: a client that gets nothing makes
// its namespaces itself, so a fast "no" is better than a slow "yes".
//
// One server has a directory: it holds the directory's lock as long as it lives, and whoever gets the lock may remove
// the socket, which a server that was killed leaves behind. No namespace is given twice: it leaves the stock before
// it is sent, and what a client no longer takes is closed by the kernel.
#include "sandbox/pool_server.hpp"

#include "base/text.hpp"
#include "sys/fd_passing.hpp"
#include "sys/file.hpp"

#include <array>
#include <cstring>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

namespace fn::sandbox {
namespace {

constexpr int backlog = 64;
constexpr timeval client_timeout{0, 5000};  // a client sends at once what it has to say

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
    fail_hint(Kind::usage, "run chmod 700 on it, or choose another one",
              "the pool's directory '{}' is accessible to other users", printable(directory));
  if (!locked_at_last(directory_)) fail(Kind::busy, "a pool is already running in '{}'", printable(directory));
  unlinkat(directory_.fd(), pool_socket, 0);  // of one that was killed
  listener_ = sys::Fd(sys::check(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), "cannot create a socket"));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  std::memcpy(address.sun_path, directory_.socket_path().data(), directory_.socket_path().size());
  // The mode of the file is that of the socket (unix(7)), less the umask.
  sys::check(fchmod(listener_.get(), 0600), "cannot set the mode of the socket");
  sys::check(bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
             "cannot create the pool's socket in '{}'", printable(directory));
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
  setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &client_timeout, sizeof client_timeout);
  const ssize_t got = recv(client.get(), &request, sizeof request, MSG_TRUNC);
  if (got != ssize_t(sizeof request) || request.version != PoolRequest::expected_version) return true;
  std::optional<PooledNamespaces> pooled;
  if (request.command == PoolRequest::Command::take) {
    pooled = stock.take(request.key);
    ++(pooled ? given_ : refused_);
  }
  reply(client.get(), pooled ? &*pooled : nullptr, stock);
  if (request.command != PoolRequest::Command::stop) return true;
  last_ = std::move(client);
  return false;
}

void PoolServer::reply(int client, const PooledNamespaces* pooled, const PoolStock& stock) const {
  const PoolReply reply{.pid = getpid(),
                        .ready = static_cast<std::uint32_t>(pooled != nullptr ? 0 : stock.ready()),
                        .given = given_,
                        .refused = refused_};
  std::vector<int> fds;
  if (pooled != nullptr) fds.push_back(pooled->net.get());
  if (pooled != nullptr && pooled->user) fds.push_back(pooled->user.get());
  // One that gave up waiting loses what it would have been given, and that is gone.
  sys::send_with_fds(client, {reinterpret_cast<const char*>(&reply), sizeof reply}, fds, MSG_DONTWAIT);
}

}  // namespace fn::sandbox
