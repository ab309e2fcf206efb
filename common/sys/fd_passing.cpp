// SPDX-License-Identifier: Apache-2.0
#include "sys/fd_passing.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/uio.h>

namespace fn::sys {
namespace {

using Control = std::array<char, CMSG_SPACE(max_passed_fds * sizeof(int))>;

// All of them are ours from now on, wanted or not.
void take_fds(msghdr& message, std::vector<Fd>& fds) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS || header->cmsg_len < CMSG_LEN(0)) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    fds.reserve(fds.size() + count);
    for (std::size_t n = 0; n < count; ++n) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + n * sizeof fd, sizeof fd);
      fds.emplace_back(fd);
    }
  }
}

}  // namespace

ssize_t send_with_fds(int socket, std::string_view bytes, std::span<const int> fds, int flags) {
  if (fds.size() > max_passed_fds) fail(Kind::internal, "{} descriptors are too many for one message", fds.size());
  iovec content{const_cast<char*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) Control control{};
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(fds.size_bytes());
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
  }
  return sendmsg(socket, &message, flags | MSG_NOSIGNAL);
}

ReceivedWithFds receive_with_fds(int socket, std::span<char> buffer, std::size_t most) {
  iovec content{buffer.data(), buffer.size()};
  alignas(cmsghdr) Control control{};
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ReceivedWithFds received;
  received.size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (received.size < 0) {
    received.error = errno;
    return received;
  }
  take_fds(message, received.fds);
  received.is_whole = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0 && received.fds.size() <= most;
  if (received.fds.size() > most) received.fds.resize(most);
  return received;
}

}  // namespace fn::sys
