// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/fd.hpp"

#include <cstddef>
#include <span>
#include <string_view>
#include <sys/types.h>
#include <vector>

// Descriptors that go over a unix(7) socket together with bytes (SCM_RIGHTS).
namespace fn::sys {

// Per message.
inline constexpr std::size_t max_passed_fds = 3;

// One sendmsg(2), with MSG_NOSIGNAL and `flags`. The receiver gets copies of `fds`; they travel with the first byte, so
// there must be one. Returns how many bytes were sent, or -1 and errno. Throws internal for more than max_passed_fds.
ssize_t send_with_fds(int socket, std::string_view bytes, std::span<const int> fds, int flags = 0);

struct ReceivedWithFds {
  ssize_t size = -1;      // bytes in the buffer; 0 at the end of the stream; -1: see `error`
  int error = 0;          // errno of recvmsg(2)
  bool is_whole = false;  // no byte of the message and no descriptor was lost
  std::vector<Fd> fds;    // close-on-exec
};

// One recvmsg(2). At most `most` descriptors, itself at most max_passed_fds, are kept; any others are closed, and
// `is_whole` is then false. Other control messages are ignored.
ReceivedWithFds receive_with_fds(int socket, std::span<char> buffer, std::size_t most);

}  // namespace fn::sys
