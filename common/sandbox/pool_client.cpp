// SPDX-License-Identifier: Apache-2.0
#include "sandbox/pool_client.hpp"

#include <algorithm>
#include <array>
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

namespace fn::sandbox {
namespace {

// A helper answers in some 20 us, but it may have to wait for a processor. Past it we are no slower on our own.
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

bool wait_for(int fd, int milliseconds) {
  pollfd watched{fd, POLLIN, 0};
  return poll(&watched, 1, milliseconds) > 0;
}

// All descriptors of the message, whatever is wrong with it, are taken into ownership.
std::optional<PoolReply> receive(int socket, std::array<sys::Fd, 2>& given) {
  PoolReply reply;
  iovec content{&reply, sizeof reply};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(2 * sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (got < 0) return std::nullopt;
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
    const std::size_t count = std::min((header->cmsg_len - CMSG_LEN(0)) / sizeof(int), given.size());
    for (std::size_t n = 0; n < count; ++n) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + n * sizeof fd, sizeof fd);
      given.at(n) = sys::Fd(fd);
    }
  }
  const bool is_whole = got == ssize_t(sizeof reply) && (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
  return is_whole && reply.version == PoolRequest::expected_version ? std::optional(reply) : std::nullopt;
}

// A namespace of that type, and not the one we are in: a sandbox in ours would see the host's network.
bool is_fresh(const sys::Fd& fd, unsigned long type, const char* own) {
  struct stat status {};
  struct stat ours {};
  return fd && ioctl(fd.get(), NS_GET_NSTYPE) == int(type) && fstat(fd.get(), &status) == 0 && stat(own, &ours) == 0 &&
         status.st_ino != ours.st_ino;
}

std::optional<PoolReply> ask(const std::string& directory, PoolRequest::What what, sys::Fd& socket) {
  socket = send_request(directory, {.what = what, .key = {}});
  std::array<sys::Fd, 2> none;
  if (!socket || !wait_for(socket.get(), leave_patience_ms)) return std::nullopt;
  return receive(socket.get(), none);
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
    : key_(key), socket_(send_request(directory, {.what = PoolRequest::What::take, .key = key})) {}

std::optional<Pooled> PoolTicket::collect() {
  if (in_hand_) return std::exchange(in_hand_, std::nullopt);
  const sys::Fd socket = std::move(socket_);
  std::array<sys::Fd, 2> given;
  if (!socket || !wait_for(socket.get(), patience_ms) || !receive(socket.get(), given)) return std::nullopt;
  Pooled pooled{.user = std::move(given[1]), .net = std::move(given[0])};
  if (!is_fresh(pooled.net, CLONE_NEWNET, "/proc/thread-self/ns/net")) return std::nullopt;
  if (key_.with_user != 0 && !is_fresh(pooled.user, CLONE_NEWUSER, "/proc/self/ns/user")) return std::nullopt;
  return pooled;
}

std::optional<PoolReply> look_at_pool(const std::string& directory) {
  sys::Fd socket;
  return ask(directory, PoolRequest::What::look, socket);
}

std::optional<PoolReply> stop_pool(const std::string& directory) {
  sys::Fd socket;
  const auto reply = ask(directory, PoolRequest::What::leave, socket);
  // It closes its end when its socket is removed.
  if (reply) wait_for(socket.get(), leave_patience_ms);
  return reply;
}

}  // namespace fn::sandbox
