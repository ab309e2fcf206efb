// SPDX-License-Identifier: Apache-2.0
// Two steps, so that the helper works while the caller does: a PoolTicket sends its request when it is made, and
// collect() takes the answer when the sandbox is about to be started. Neither throws, and collect() waits 5 ms at
// most. No helper, a slow one, another version, a refusal: the answer is "nothing", and the sandbox makes its
// namespaces itself.
//
// What comes is looked at before it is used: the helper must run as our user, and the descriptors must be namespaces
// of the right kind that we aren't in ourselves. A sandbox must never get the host's network because a helper said
// so.
#include "sandbox/pool_client.hpp"

#include "base/text.hpp"
#include "sys/fd_passing.hpp"

#include <cerrno>
#include <cstring>
#include <linux/nsfs.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

namespace fn::sandbox {
namespace {

// A helper answers in about 20 us, but may have to wait for a processor. Beyond this time, making our own is not
// slower.
constexpr int patience_ms = 5;
constexpr int leave_patience_ms = 1000;
constexpr std::uint16_t first_free_port = 1024;  // below: CAP_NET_BIND_SERVICE in the owner of the network namespace

bool is_run_by_us(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

// A helper that was killed leaves its socket. Whoever holds the lock knows that there is none.
void tidy(const PoolDirectory& directory) {
  if (directory.lock()) unlinkat(directory.fd(), pool_socket, 0);
}

sys::Fd send_request(const std::string& path, const PoolRequest& request) {
  const PoolDirectory directory(path);
  if (!directory) return {};
  sys::Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  std::memcpy(address.sun_path, directory.socket_path().data(), directory.socket_path().size());
  if (!socket) return {};
  if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == ECONNREFUSED) tidy(directory);
    return {};
  }
  if (!is_run_by_us(socket.get()) || send(socket.get(), &request, sizeof request, MSG_NOSIGNAL) < 0) return {};
  return socket;
}

bool wait_for(int fd, int timeout_ms) {
  pollfd watched{fd, POLLIN, 0};
  return poll(&watched, 1, timeout_ms) > 0;
}

struct Answer {
  PoolReply reply;
  std::vector<sys::Fd> given;
};

std::optional<Answer> receive(int socket) {
  Answer answer;
  sys::ReceivedWithFds received =
      sys::receive_with_fds(socket, {reinterpret_cast<char*>(&answer.reply), sizeof answer.reply}, 2);
  if (received.size != ssize_t(sizeof answer.reply) || !received.is_whole) return std::nullopt;
  if (answer.reply.version != PoolRequest::expected_version) return std::nullopt;
  answer.given = std::move(received.fds);
  return answer;
}

// A namespace of that type, and not the one we are in: a sandbox in ours would see the host's network.
bool is_fresh(const sys::Fd& fd, unsigned long type, const char* own) {
  struct stat status {};
  struct stat ours {};
  return fd && ioctl(fd.get(), NS_GET_NSTYPE) == int(type) && fstat(fd.get(), &status) == 0 && stat(own, &ours) == 0 &&
         status.st_ino != ours.st_ino;
}

std::optional<PoolReply> ask(const std::string& directory, PoolRequest::Command command, sys::Fd& socket) {
  socket = send_request(directory, {.command = command, .key = {}});
  if (!socket) return std::nullopt;
  if (!wait_for(socket.get(), leave_patience_ms))
    fail_hint(Kind::busy,
              fmt::format("it may be stopped; to end it: pkill -KILL -f 'fn-pool {}'", printable(directory)),
              "the pool in '{}' does not answer", printable(directory));
  const auto answer = receive(socket.get());
  return answer ? std::optional(answer->reply) : std::nullopt;
}

}  // namespace

std::optional<PoolKey> pool_key(const Plan& plan) {
  if ((plan.namespaces & CLONE_NEWNET) == 0) return std::nullopt;
  PoolKey key{.with_user = plan.deny_setgroups ? 1U : 0U, .loopback = plan.spec.network == Network::loopback ? 1U : 0U};
  if (key.with_user != 0) {
    key.uid = plan.spec.identity.uid;
    key.gid = plan.spec.identity.gid;
  } else if (plan.spec.listen_port.value_or(first_free_port) < first_free_port) {
    return std::nullopt;
  }
  return key;
}

PoolTicket::PoolTicket(const std::string& directory, const PoolKey& key)
    : key_(key), socket_(send_request(directory, {.command = PoolRequest::Command::take, .key = key})) {}

std::optional<PooledNamespaces> PoolTicket::collect() {
  if (in_hand_) return std::exchange(in_hand_, std::nullopt);
  const sys::Fd socket = std::move(socket_);
  if (!socket || !wait_for(socket.get(), patience_ms)) return std::nullopt;
  auto answer = receive(socket.get());
  if (!answer || answer->given.empty()) return std::nullopt;
  PooledNamespaces pooled{.user = {}, .net = std::move(answer->given[0])};
  if (answer->given.size() > 1) pooled.user = std::move(answer->given[1]);
  if (!is_fresh(pooled.net, CLONE_NEWNET, "/proc/thread-self/ns/net")) return std::nullopt;
  if (key_.with_user != 0 && !is_fresh(pooled.user, CLONE_NEWUSER, "/proc/self/ns/user")) return std::nullopt;
  return pooled;
}

std::optional<PoolReply> pool_status(const std::string& directory) {
  sys::Fd socket;
  return ask(directory, PoolRequest::Command::status, socket);
}

std::optional<PoolReply> stop_pool(const std::string& directory) {
  sys::Fd socket;
  const auto reply = ask(directory, PoolRequest::Command::stop, socket);
  // It closes its end when its socket is removed.
  if (reply) wait_for(socket.get(), leave_patience_ms);
  return reply;
}

}  // namespace fn::sandbox
