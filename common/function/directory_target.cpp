// SPDX-License-Identifier: Apache-2.0
// Apart from target.cpp, since who runs a directory needs nothing of the state.
#include "base/error.hpp"
#include "base/text.hpp"
#include "function/target.hpp"
#include "sys/fd.hpp"

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <sys/stat.h>

namespace fn::function {

Target directory_target(const std::string& text) {
  char absolute[PATH_MAX];
  if (realpath(text.c_str(), absolute) == nullptr) {
    if (errno == ENOENT || errno == ENOTDIR)
      fail_hint(Kind::not_found, "a word with '/' or './' before it is a directory; 'fnimg ls' lists images",
                "directory '{}' not found", printable(text));
    sys::fail_errno(errno, fmt::format("cannot use '{}' as the root", printable(text)));
  }
  struct stat status {};
  if (stat(absolute, &status) != 0 || !S_ISDIR(status.st_mode))
    fail(Kind::usage, "'{}' is not a directory", printable(text));
  Target target;
  target.name = text;
  target.root.directory = absolute;
  return target;
}

}  // namespace fn::function
