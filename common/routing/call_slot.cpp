// SPDX-License-Identifier: Apache-2.0
// What the records of instances say comes too late for calls that begin at once, when none of them has an instance yet,
// and says nothing of calls without a supervisor. So each call locks a byte of a file of its function, FN_HOME/spool/
// FUNCTION.calls, which stays empty: F_OFD_SETLK locks bytes that are not there. fcntl(2)
#include "routing/call_slot.hpp"

#include "base/text.hpp"
#include "sys/file.hpp"

#include <cerrno>
#include <fcntl.h>

namespace fn::routing {

std::optional<CallSlot> CallSlot::take(const std::string& home, const std::string& function, std::uint64_t limit) {
  sys::make_directories(home + "/spool");
  const std::string path = fmt::format("{}/spool/{}.calls", home, function);
  sys::Fd file = sys::open_file(path, O_RDWR | O_CREAT, 0600);
  for (std::uint64_t n = 0; n < limit; ++n) {
    struct flock byte {};
    byte.l_type = F_WRLCK;
    byte.l_whence = SEEK_SET;
    byte.l_start = static_cast<off_t>(n);
    byte.l_len = 1;
    if (fcntl(file.get(), F_OFD_SETLK, &byte) == 0) return CallSlot(std::move(file));
    if (errno != EAGAIN && errno != EACCES) sys::fail_errno(errno, fmt::format("cannot lock '{}'", printable(path)));
  }
  return std::nullopt;
}

}  // namespace fn::routing
