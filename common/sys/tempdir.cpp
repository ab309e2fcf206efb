// SPDX-License-Identifier: Apache-2.0
#include "sys/tempdir.hpp"

#include "base/text.hpp"
#include "sys/file.hpp"
#include "sys/root.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <utility>

namespace fn::sys {

TempDir::TempDir(const std::string& parent, const std::string& prefix)
    : parent_(open_file(parent, O_RDONLY | O_DIRECTORY)) {
  std::string name = random_name(prefix);
  while (mkdirat(parent_.get(), name.c_str(), 0700) < 0) {
    if (errno != EEXIST) fail_errno(errno, fmt::format("cannot create a directory in '{}'", printable(parent)));
    name = random_name(prefix);
  }
  path_ = parent + '/' + name;
  name_ = std::move(name);
}

TempDir::TempDir(TempDir&& other) noexcept
    : parent_(std::move(other.parent_)), path_(std::move(other.path_)), name_(std::exchange(other.name_, {})) {}

TempDir::~TempDir() {
  if (name_.empty()) return;
  try {
    remove_tree(parent_.get(), name_);
  } catch (...) {
    // Its name says that it is temporary, and the error on the way out, if there is one, matters more.
  }
}

std::string temporary_directory() {
  const char* set = std::getenv("TMPDIR");
  return set && *set ? set : "/tmp";
}

}  // namespace fn::sys
